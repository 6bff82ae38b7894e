import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

import fc from 'fast-check';

import { forgetKnocks, once } from '../../../../lib/jobs/knocks';
import { systemClock } from '../../../../lib/time';
import { speedUp, until } from '../../../engine/clock';
import type { LiveTrigger } from '../../../engine/webhook';
import { type Bed, makeBed } from './bed';

const JWKS = /jwks\.json/;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

let bed: Bed;
let trigger: LiveTrigger;
/** A job that has ended; its own call was made before the tests' calls, to nobody. */
let requestId: string;

beforeEach(async () => {
	bed = await makeBed();
	trigger = await bed.publish({ download: false });
	requestId = await bed.submit({ url: `${bed.sandbox.media.url}/nobody` });
	await until(() => bed.sandbox.fal.webhookTries().length > 0);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.close();
});

type Headers = Record<string, string>;

async function post(
	body: string | Uint8Array<ArrayBuffer> | FormData,
	headers: Headers = {},
	to = trigger,
) {
	const type: Headers = body instanceof FormData ? {} : { 'Content-Type': 'application/json' };
	const answer = await fetch(to.url, { method: 'POST', headers: { ...type, ...headers }, body });
	return { status: answer.status, text: await answer.text() };
}

/** fal's own webhook about a job. */
function webhook(id = requestId) {
	const body = JSON.stringify({ request_id: id, gateway_request_id: id, status: 'OK' });
	return { body, headers: bed.sandbox.fal.signer.sign(id, body) };
}

/** Calls of fal's API but for its keys; fal itself calls the media host, which is nobody. */
const askedOfFal = () =>
	bed.sandbox.calls.filter(({ service, path }) => service === 'fal' && !JWKS.test(path));

const asked = (pattern: RegExp) =>
	bed.sandbox.calls.filter(({ path }) => pattern.test(path)).length;

const passTime = (ms: number) => {
	const { now } = systemClock;
	jest.spyOn(systemClock, 'now').mockImplementation(() => now() + ms);
};

test('what fal sends starts the workflow', async () => {
	const { body, headers } = webhook();
	expect(await post(body, headers)).toMatchObject({ status: 200 });
	expect(trigger.starts.map((items) => items[0]?.json.requestId)).toEqual([requestId]);
});

describe('is refused, and nothing of the account is asked for:', () => {
	const refused = async (answer: Promise<{ status: number; text: string }>, why: RegExp) => {
		const before = askedOfFal().length;
		const { status, text } = await answer;
		expect(status).toBe(401);
		expect(text).toMatch(why);
		expect(text).not.toContain(bed.sandbox.fal.key);
		expect(trigger.starts).toEqual([]);
		expect(askedOfFal()).toHaveLength(before);
		expect(trigger.log.join()).toMatch(why);
	};

	test('a call without a signature', async () => {
		await refused(post(webhook().body), /no request/);
	});

	test.each(['Request-Id', 'User-Id', 'Timestamp', 'Signature'])('one without %s', async (name) => {
		const { body, headers } = webhook();
		const { [`X-Fal-Webhook-${name}`]: _gone, ...rest } = headers;
		await refused(post(body, rest), /names no|does not say|no signature/);
	});

	test('a forged signature', async () => {
		const { body, headers } = webhook();
		const forged = { ...headers, 'X-Fal-Webhook-Signature': 'ab'.repeat(64) };
		await refused(post(body, forged), /not of fal/);
	});

	test('a signature of another key', async () => {
		const { body, headers } = webhook();
		const at = headers['X-Fal-Webhook-Timestamp'] ?? '';
		const digest = createHash('sha256').update(body).digest('hex');
		const message = Buffer.from([requestId, 'sandbox-user', at, digest].join('\n'));
		const { privateKey } = generateKeyPairSync('ed25519');
		const signature = sign(null, message, privateKey).toString('hex');
		await refused(post(body, { ...headers, 'X-Fal-Webhook-Signature': signature }), /not of fal/);
	});

	test('a body that was changed', async () => {
		const { body, headers } = webhook();
		await refused(post(body.replace('OK', 'KO'), headers), /not of fal/);
	});

	test('the header of one job with the body of another', async () => {
		const { body } = webhook(randomUUID());
		await refused(post(body, bed.sandbox.fal.signer.sign(requestId, body)), /two requests/);
	});

	test.each([-301, 301])('one of %i seconds', async (seconds) => {
		const { body } = webhook();
		const at = Date.now() + seconds * SECOND_MS;
		await refused(post(body, bed.sandbox.fal.signer.sign(requestId, body, at)), /too long ago/);
	});

	test('a time that is none', async () => {
		const { body, headers } = webhook();
		await refused(post(body, { ...headers, 'X-Fal-Webhook-Timestamp': 'NaN' }), /when it was sent/);
	});

	test('an id that is part of an address', async () => {
		const id = '../../storage';
		const body = JSON.stringify({ request_id: id });
		await refused(post(body, bed.sandbox.fal.signer.sign(id, body)), /names no request/);
	});

	test('signed rubbish', async () => {
		const body = '{"request_id": ';
		const headers = {
			...bed.sandbox.fal.signer.sign(requestId, body),
			'Content-Type': 'text/plain',
		};
		await refused(post(body, headers), /two requests/);
	});

	test('a form, whose bytes n8n does not keep', async () => {
		const form = new FormData();
		form.append('request_id', requestId);
		await refused(post(form, webhook().headers), /not JSON/);
	});
});

test('rubbish and huge bodies are refused by n8n before the node sees them', async () => {
	expect((await post('{"request_id": ')).status).toBe(422);
	expect((await post(new Uint8Array(17 * 1024 * 1024))).status).toBe(413);
	expect(trigger.starts).toEqual([]);
});

test('a job of another account is refused, however well fal has signed its webhook', async () => {
	speedUp(20);
	const { body, headers } = webhook(randomUUID());
	const { status, text } = await post(body, headers);
	expect(status).toBe(401);
	expect(text).toMatch(
		/not among those of FASHN's endpoints on this credential's account.*another account's/,
	);
	expect(trigger.starts).toEqual([]);
});

test('a call that comes before the job has ended starts nothing', async () => {
	const { options } = bed.sandbox.fal;
	options.historyShowsRunning = true;
	options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const { body, headers } = webhook(await bed.submit(trigger));
	expect((await post(body, headers)).status).toBe(503);
	expect(trigger.starts).toEqual([]);
	expect(trigger.log.join()).toMatch(/IN_PROGRESS/);
});

describe('the same job', () => {
	test('starts the workflow once a day, also after a restart', async () => {
		const { body, headers } = webhook();
		await post(body, headers);
		expect(await post(body, headers)).toEqual({
			status: 200,
			text: expect.stringContaining('nothing new'),
		});
		forgetKnocks();
		expect((await post(body, headers)).status).toBe(200);
		expect(trigger.starts).toHaveLength(1);
		passTime(25 * 60 * MINUTE_MS);
		const tomorrow = bed.sandbox.fal.signer.sign(requestId, body, systemClock.now());
		expect((await post(body, tomorrow)).status).toBe(200);
		expect(trigger.starts).toHaveLength(2);
	});

	test('starts it once when the calls overlap; fal is told to come again meanwhile', async () => {
		const { body, headers } = webhook();
		const answers = await Promise.all(Array.from({ length: 5 }, () => post(body, headers)));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 503, 503, 503, 503]);
		expect(trigger.starts).toHaveLength(1);
	});

	test('is not lost to a call that failed', async () => {
		const unknownKey = { kind: 'answer', answer: { status: 401 } } as const;
		bed.sandbox.faults.add({ on: /by-endpoint/, fault: unknownKey });
		const { body, headers } = webhook();
		expect((await post(body, headers)).status).toBe(503);
		expect((await post(body, headers)).status).toBe(200);
		expect(trigger.starts).toHaveLength(1);
	});

	test('may start two workflows', async () => {
		const other = await bed.publish({ download: false });
		const { body, headers } = webhook();
		await post(body, headers);
		await post(body, headers, other);
		expect([trigger.starts.length, other.starts.length]).toEqual([1, 1]);
	});
});

test('a wrong key of the account starts nothing, and is told in the log without the key', async () => {
	bed.sandbox.fal.options.key = 'another:key';
	const { body, headers } = webhook();
	expect((await post(body, headers)).status).toBe(503);
	expect(trigger.starts).toEqual([]);
	expect(trigger.log.join()).toMatch(/does not accept the key/);
	expect(trigger.log.join()).not.toContain('sandbox-secret');
});

describe("fal's keys", () => {
	test('are asked for once, without the key of the account', async () => {
		for (const _ of [1, 2, 3]) {
			const { body, headers } = webhook();
			await post(body, headers);
		}
		const questions = bed.sandbox.calls.filter(({ path }) => JWKS.test(path));
		expect(questions).toHaveLength(1);
		expect(questions[0]?.headers.authorization).toBeUndefined();
	});

	test('are asked for anew when fal signs with another one', async () => {
		const first = webhook();
		await post(first.body, first.headers);
		bed.sandbox.fal.signer.changeKey();
		const id = await bed.submit({ url: `${bed.sandbox.media.url}/nobody` });
		const second = webhook(id);
		expect((await post(second.body, second.headers)).status).toBe(401);
		passTime(MINUTE_MS);
		expect((await post(second.body, second.headers)).status).toBe(200);
		expect(asked(JWKS)).toBe(2);
	});

	test('are not asked for more often than once a minute, whatever is sent', async () => {
		const { body } = webhook();
		const forge = () => {
			const headers = bed.sandbox.fal.signer.sign(requestId, body);
			return post(body, {
				...headers,
				'X-Fal-Webhook-Signature': randomUUID().slice(0, 2).repeat(64),
			});
		};
		const answers = await Promise.all(Array.from({ length: 100 }, forge));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
		expect(asked(JWKS)).toBe(1);
		passTime(MINUTE_MS);
		await Promise.all(Array.from({ length: 100 }, forge));
		expect(asked(JWKS)).toBe(2);
	});

	test('are not kept for longer than a day', async () => {
		const { body, headers } = webhook();
		await post(body, headers);
		passTime(25 * 60 * MINUTE_MS);
		bed.sandbox.faults.add({ on: JWKS, fault: { kind: 'reset' } });
		const later = bed.sandbox.fal.signer.sign(requestId, body, systemClock.now());
		expect((await post(body, later)).status).toBe(503);
		expect(asked(JWKS)).toBe(2);
	});

	test.each([
		['not reached', { kind: 'reset' } as const],
		['too many bytes', { kind: 'huge', bytes: 10 * 1024 * 1024 } as const],
		['refused', { kind: 'answer', answer: { status: 500 } } as const],
		['a web page', { kind: 'answer', answer: { status: 200, body: '<html>' } } as const],
		['no list', { kind: 'answer', answer: { status: 200, body: { keys: {} } } } as const],
		[
			'of another kind',
			{ kind: 'answer', answer: { status: 200, body: { keys: [{ kty: 'RSA' }, 7] } } } as const,
		],
	])('that are %s make fal come again, and are asked for after a pause', async (_, fault) => {
		bed.sandbox.faults.add({ on: JWKS, fault });
		const { body, headers } = webhook();
		expect((await post(body, headers)).status).toBe(503);
		expect((await post(body, headers)).status).toBe(503);
		expect(asked(JWKS)).toBe(1);
		passTime(10 * SECOND_MS);
		expect((await post(body, headers)).status).toBe(200);
	});

	test('that do not come hold a call no longer than fal waits', async () => {
		bed.sandbox.faults.add({ on: JWKS, fault: { kind: 'hang' } });
		const { body, headers } = webhook();
		const since = Date.now();
		expect((await post(body, headers)).status).toBe(503);
		expect(Date.now() - since).toBeLessThan(15 * SECOND_MS);
	});

	test('of a long list are not all tried', async () => {
		const x = Buffer.alloc(32, 1).toString('base64url');
		const keys = Array.from({ length: 400 }, () => ({ kty: 'OKP', crv: 'Ed25519', x }));
		bed.sandbox.faults.add({
			on: JWKS,
			fault: {
				kind: 'change',
				change: (answer) => ({ ...answer, body: { keys: [...keys, ...keysOf(answer.body)] } }),
			},
		});
		const { body, headers } = webhook();
		expect((await post(body, headers)).status).toBe(401);
	});
});

function keysOf(body: unknown): unknown[] {
	const keys: unknown = typeof body === 'object' && body && 'keys' in body ? body.keys : [];
	return Array.isArray(keys) ? keys : [];
}

test('as many jobs are remembered as n8n can well write down with each, the newest', async () => {
	const now = systemClock.now();
	const before = Array.from({ length: 5_000 }, (_, n): [string, number] => [`job-${n}`, now]);
	const saved = { started: Object.fromEntries(before) };
	const bell = { name: 'many', saved, clock: systemClock };
	expect(await once(bell, 'job-5000', async () => 1)).toEqual({ made: 1 });
	expect(Object.keys(saved.started)).toHaveLength(5_000);
	expect(await once(bell, 'job-4999', async () => 1)).toBe('done');
	expect(await once(bell, 'job-0', async () => 1)).toEqual({ made: 1 });
});

test('no bytes start the workflow but those that fal has signed for the job', async () => {
	const own = webhook();
	const { signer } = bed.sandbox.fal;
	const rubbish = fc.oneof(
		fc.uint8Array({ maxLength: 2000 }),
		fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
	);
	const nearlyOwn = fc
		.record({ at: fc.nat(own.body.length - 1), by: fc.integer({ min: 1, max: 255 }) })
		.map(({ at, by }) => Buffer.from(own.body).map((byte, i) => (i === at ? byte + by : byte)));
	const wildHeaders = fc.record(
		Object.fromEntries(
			Object.entries(own.headers).map(([name, value]) => [
				name,
				fc.oneof(fc.constant(value), fc.base64String({ maxLength: 200 })),
			]),
		),
	);
	const call = fc
		.oneof(
			rubbish.map((body) => ({ body, headers: signer.sign(requestId, body) })),
			fc.record({ body: fc.oneof(rubbish, nearlyOwn), headers: wildHeaders }),
		)
		.chain(({ body, headers }) =>
			fc.record({
				body: fc.constant(new Uint8Array(body)),
				headers: fc.constant(headers),
				type: fc.constantFrom('application/json', 'text/plain', 'multipart/form-data; boundary=x'),
			}),
		);
	const before = askedOfFal().length;
	await fc.assert(
		fc.asyncProperty(call, async ({ body, headers, type }) => {
			const { status, text } = await post(body, { ...headers, 'Content-Type': type });
			// n8n refuses itself what says that it is JSON, and is none.
			expect([401, 422]).toContain(status);
			expect(text).not.toContain(bed.sandbox.fal.key);
		}),
		{ numRuns: 200 },
	);
	expect(trigger.starts).toEqual([]);
	expect(askedOfFal()).toHaveLength(before);
});
