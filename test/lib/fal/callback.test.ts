import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import fc from 'fast-check';

import { TryOnError } from '../../../lib/errors';
import { type Call, checkCall, forgetKeys } from '../../../lib/fal/callback';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, fakeFal } from './fakeFal';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const newKey = () => generateKeyPairSync('ed25519');
const FALS = newKey();

/** A public key as fal publishes it. */
const published = (key: KeyObject) => ({
	...key.export({ format: 'jwk' }),
	kid: 'any',
	use: 'sig',
});

const ID = '8e5fd9cc-3a40-4d02-9f7c-d8b3b1b9a3d0';

interface Parts {
	id?: string;
	user?: string;
	/** Seconds since the epoch. */
	time: number | string;
	body?: string;
	key?: KeyObject;
}

/** A call that is signed as fal signs its webhooks (fal.ai docs, Webhooks). */
function signed({
	id = ID,
	user = 'user-1',
	time,
	body = JSON.stringify({ request_id: id, status: 'OK' }),
	key = FALS.privateKey,
}: Parts): Call & { headers: Record<string, string | string[] | undefined> } {
	const digest = createHash('sha256').update(body).digest('hex');
	const signature = sign(null, Buffer.from(`${id}\n${user}\n${time}\n${digest}`), key);
	return {
		headers: {
			'x-fal-webhook-request-id': id,
			'x-fal-webhook-user-id': user,
			'x-fal-webhook-timestamp': String(time),
			'x-fal-webhook-signature': signature.toString('hex'),
		},
		body: Buffer.from(body),
	};
}

beforeEach(forgetKeys);

/** n8n, with its clock, and what fal answers to the question for its keys. */
function receiver(keys: (index: number) => Reply | Error = () => ring(FALS.publicKey)) {
	const clock = new TestClock();
	const door = fakeFal({
		plain: (_, index) => {
			const reply = keys(index);
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	const receive = async (call: Call) => await checkCall(clientOf(door), { clock }, call);
	const seconds = () => Math.floor(clock.now() / SECOND);
	return { clock, door, receive, seconds };
}

const ring = (...keys: KeyObject[]): Reply => ({ json: { keys: keys.map(published) } });

describe("a call is fal's", () => {
	test('when it is signed with its key', async () => {
		const { receive, seconds, door } = receiver();
		expect(await receive(signed({ time: seconds() }))).toEqual({ requestId: ID });
		const url = 'https://rest.fal.ai/.well-known/jwks.json';
		expect(door.plainCalls).toEqual([
			{
				method: 'GET',
				url,
				headers: { Accept: 'application/json' },
				timeoutMs: 5_000,
				maxBytes: 65_536,
				stage: 'result',
			},
		]);
	});

	test.each([-300, 300])('up to %i seconds from now', async (offset) => {
		const { receive, seconds } = receiver();
		expect(await receive(signed({ time: seconds() + offset }))).toEqual({ requestId: ID });
	});

	test('with ids as long as they may be', async () => {
		const { receive, seconds } = receiver();
		const id = 'a'.repeat(128);
		const user = 'u'.repeat(128);
		expect(await receive(signed({ id, user, time: seconds() }))).toEqual({ requestId: id });
	});

	test('whatever its body holds beside the id', async () => {
		const { receive, seconds } = receiver();
		await fc.assert(
			fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (more) => {
				const body = JSON.stringify({ ...more, request_id: ID });
				expect(await receive(signed({ time: seconds(), body }))).toEqual({ requestId: ID });
			}),
			{ numRuns: 50 },
		);
	});
});

describe('a call is refused', () => {
	const cases: Array<[string, (time: number) => Call, string]> = [];
	const without = (name: string) => (time: number) => {
		const call = signed({ time });
		call.headers[`x-fal-webhook-${name}`] = undefined;
		return call;
	};
	const withHeader = (name: string, value: string | string[]) => (time: number) => {
		const call = signed({ time });
		call.headers[`x-fal-webhook-${name}`] = value;
		return call;
	};
	cases.push(
		['without a request', without('request-id'), 'It names no request.'],
		['of a request that is a path', (time) => signed({ id: '../x', time }), 'It names no request.'],
		['of too long an id', (time) => signed({ id: 'a'.repeat(129), time }), 'It names no request.'],
		['without a user', without('user-id'), 'It names no user.'],
		['of two users', withHeader('user-id', ['a', 'b']), 'It names no user.'],
		['of too long a user', (time) => signed({ user: 'u'.repeat(129), time }), 'It names no user.'],
		['without a time', without('timestamp'), 'It does not say when it was sent.'],
		['of a time in words', () => signed({ time: 'now' }), 'It does not say when it was sent.'],
		[
			'of a time with a sign',
			(time) => signed({ time: `+${time}` }),
			'It does not say when it was sent.',
		],
		[
			'of a time with a tail',
			(time) => signed({ time: `${time}x` }),
			'It does not say when it was sent.',
		],
		['of 13 digits', () => signed({ time: '1'.repeat(13) }), 'It does not say when it was sent.'],
		[
			'of long ago',
			(time) => signed({ time: time - 301 }),
			'It was sent too long ago, or the clock of this machine is wrong.',
		],
		[
			'of the future',
			(time) => signed({ time: time + 301 }),
			'It was sent too long ago, or the clock of this machine is wrong.',
		],
		['without a signature', without('signature'), 'It has no signature.'],
		['with half of one', withHeader('signature', 'ab'.repeat(63)), 'It has no signature.'],
		['with more than one', withHeader('signature', 'ab'.repeat(65)), 'It has no signature.'],
		['with one in other letters', withHeader('signature', 'xy'.repeat(64)), 'It has no signature.'],
		[
			'without a body',
			(time) => ({ ...signed({ time }), body: undefined }),
			'Its body is not JSON.',
		],
		[
			'with a huge body',
			(time) => ({ ...signed({ time }), body: Buffer.alloc(32 * 1024 * 1024 + 1) }),
			'Its body is too large.',
		],
	);

	test.each(cases)('%s, and nobody is asked', async (_, make, refusal) => {
		const { receive, seconds, door } = receiver();
		expect(await receive(make(seconds()))).toEqual({ refusal });
		expect(door.plainCalls).toEqual([]);
	});

	const forged: typeof cases = [
		[
			'by another key',
			(time) => signed({ time, key: newKey().privateKey }),
			'Its signature is not of fal.',
		],
		[
			'for another body',
			(time) => ({ ...signed({ time }), body: Buffer.from('{}') }),
			'Its signature is not of fal.',
		],
		['for another user', withHeader('user-id', 'user-2'), 'Its signature is not of fal.'],
		['for another request', withHeader('request-id', 'job-2'), 'Its signature is not of fal.'],
		[
			'with another id in its body',
			(time) => signed({ time, body: '{"request_id":"job-2"}' }),
			'It names two requests.',
		],
		[
			'with no JSON in its body',
			(time) => signed({ time, body: '<html>' }),
			'It names two requests.',
		],
		['with nothing in its body', (time) => signed({ time, body: '' }), 'It names two requests.'],
		['with null in its body', (time) => signed({ time, body: 'null' }), 'It names two requests.'],
	];

	test.each(forged)('that is signed %s', async (_, make, refusal) => {
		const { receive, seconds } = receiver();
		expect(await receive(make(seconds()))).toEqual({ refusal });
	});

	test('of another time, with its old signature', async () => {
		const { receive, seconds } = receiver();
		const call = signed({ time: seconds() - 1 });
		call.headers['x-fal-webhook-timestamp'] = String(seconds());
		expect(await receive(call)).toEqual({ refusal: 'Its signature is not of fal.' });
	});

	test('whatever bytes and headers it is made of', async () => {
		const { receive, seconds } = receiver();
		const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(undefined));
		const headers = fc.record({
			'x-fal-webhook-request-id': fc.oneof(fc.constant(ID), value),
			'x-fal-webhook-user-id': fc.oneof(fc.constant('user-1'), value),
			'x-fal-webhook-timestamp': fc.oneof(fc.constant(String(seconds())), value),
			'x-fal-webhook-signature': fc.oneof(fc.constant('ab'.repeat(64)), value),
		});
		const body = fc.uint8Array().map((bytes) => Buffer.from(bytes));
		await fc.assert(
			fc.asyncProperty(headers, body, async (given, bytes) => {
				expect(await receive({ headers: given, body: bytes })).toHaveProperty('refusal');
			}),
		);
	});
});

describe("fal's keys", () => {
	test('are kept for a day, and asked for again then', async () => {
		const { receive, seconds, clock, door } = receiver();
		const ask = async () => {
			expect(await receive(signed({ time: seconds() }))).toEqual({ requestId: ID });
			return door.plainCalls.length;
		};
		expect(await ask()).toBe(1);
		await clock.sleep(24 * HOUR - 1);
		expect(await ask()).toBe(1);
		await clock.sleep(1);
		expect(await ask()).toBe(2);
	});

	test('that are too old are not trusted any more', async () => {
		const { receive, seconds, clock } = receiver((index) =>
			index === 0 ? ring(FALS.publicKey) : ring(newKey().publicKey),
		);
		await receive(signed({ time: seconds() }));
		await clock.sleep(24 * HOUR);
		const refusal = 'Its signature is not of fal.';
		expect(await receive(signed({ time: seconds() }))).toEqual({ refusal });
	});

	test('are asked for by all who wait at once', async () => {
		const { receive, seconds, door } = receiver();
		const call = signed({ time: seconds() });
		const checked = await Promise.all([receive(call), receive(call), receive(call)]);
		expect(checked).toEqual(Array(3).fill({ requestId: ID }));
		expect(door.plainCalls).toHaveLength(1);
	});

	test('are asked for once a minute at most, however many signatures do not fit', async () => {
		const next = newKey();
		const { receive, seconds, clock, door } = receiver((index) =>
			index === 0 ? ring(FALS.publicKey) : ring(FALS.publicKey, next.publicKey),
		);
		await receive(signed({ time: seconds() }));
		const fresh = async () => await receive(signed({ time: seconds(), key: next.privateKey }));
		await clock.sleep(MINUTE - 1);
		expect(await fresh()).toEqual({ refusal: 'Its signature is not of fal.' });
		expect(door.plainCalls).toHaveLength(1);
		await clock.sleep(1);
		expect(await fresh()).toEqual({ requestId: ID });
		expect(door.plainCalls).toHaveLength(2);
	});

	test.each<[string, Reply | Error]>([
		['nobody answers', broken()],
		['fal is broken', { ...ring(FALS.publicKey), status: 500 }],
		['a web page', { text: '<html>' }],
		['null', { json: null }],
		['no list', { json: { keys: {} } }],
		['an empty list', { json: { keys: [] } }],
		[
			'keys of other kinds',
			{
				json: {
					keys: [null, 'x', { kty: 'RSA' }, { ...published(FALS.publicKey), crv: 'X25519' }],
				},
			},
		],
		['keys without their numbers', { json: { keys: [{ kty: 'OKP', crv: 'Ed25519' }] } }],
		['keys that are none', { json: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] } }],
		['a key of another type', { json: { keys: [{ ...published(FALS.publicKey), kty: 'EC' }] } }],
	])(
		'that cannot be learned now are trouble, asked for anew after ten seconds: %s',
		async (_, said) => {
			const { receive, seconds, clock, door } = receiver((index) =>
				index === 0 ? said : ring(FALS.publicKey),
			);
			const call = signed({ time: seconds() });
			await expect(receive(call)).rejects.toBeInstanceOf(TryOnError);
			await clock.sleep(10 * SECOND - 1);
			await expect(receive(call)).rejects.toBeInstanceOf(TryOnError);
			expect(door.plainCalls).toHaveLength(1);
			await clock.sleep(1);
			expect(await receive(call)).toEqual({ requestId: ID });
			expect(await receive({ ...call, body: Buffer.from('{}') })).toEqual({
				refusal: 'Its signature is not of fal.',
			});
		},
	);

	test('that fal does not tell are told by its name', async () => {
		const { receive, seconds } = receiver(() => ({ status: 503 }));
		await expect(receive(signed({ time: seconds() }))).rejects.toMatchObject({
			message: 'rest.fal.ai does not tell the keys that fal signs its webhooks with.',
			details: { stage: 'result', retryable: true, statusCode: 503 },
			sent: true,
		});
	});

	test('that are known stay known in trouble', async () => {
		const { receive, seconds, clock } = receiver((index) =>
			index === 0 ? ring(FALS.publicKey) : broken(),
		);
		await receive(signed({ time: seconds() }));
		await clock.sleep(MINUTE);
		const forged = signed({ time: seconds(), key: newKey().privateKey });
		await expect(receive(forged)).rejects.toBeInstanceOf(TryOnError);
		expect(await receive(signed({ time: seconds() }))).toEqual({ requestId: ID });
	});

	test('are tried up to the sixteenth', async () => {
		const others = Array.from({ length: 15 }, () => newKey().publicKey);
		const sixteenth = receiver(() => ring(...others, FALS.publicKey));
		const call = signed({ time: sixteenth.seconds() });
		expect(await sixteenth.receive(call)).toEqual({ requestId: ID });
		forgetKeys();
		const beyond = receiver(() => ring(...others, newKey().publicKey, FALS.publicKey));
		expect(await beyond.receive(call)).toEqual({ refusal: 'Its signature is not of fal.' });
	});
});
