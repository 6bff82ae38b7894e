import type { PassThrough } from 'node:stream';

import { JobFailedError, StoppedError } from '../../../lib/errors';
import {
	FalDriver,
	type FalDriverOptions,
	type FalRequest,
	Uploader,
} from '../../../lib/fal/driver';
import { FalAnswerError } from '../../../lib/fal/errors';
import { LostAnswerError } from '../../../lib/fal/lost';
import type { HttpCall } from '../../../lib/http';
import { Claims } from '../../../lib/jobs/memory';
import { numberOf, objectOf } from '../../../lib/json';
import type { Picture } from '../../../lib/media/picture';
import { systemClock } from '../../../lib/time';
import { broken, type Reply } from '../astria/fakeDoor';
import { saidBy } from '../said';
import {
	arrive,
	clientOf,
	ENDPOINT,
	eventOf,
	fakeFal,
	JOB,
	later,
	pathOf,
	stopTime,
} from './fakeFal';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const GARMENT = 'https://shop.example/garment.png';
const UPLOADED = 'https://v3.fal.media/files/person.jpg';
const RESULT: Reply = { json: { images: [{ url: 'https://v3.fal.media/files/out.png' }] } };

beforeEach(stopTime);

afterEach(() => {
	jest.useRealTimers();
});

const fileOf = (bytes: string): Picture => ({
	kind: 'file',
	file: { open: async () => await Promise.resolve(Buffer.from(bytes)) },
	sha256: `hash of ${bytes}`,
	size: bytes.length,
	type: { mimeType: 'image/jpeg', extension: 'jpg', name: 'JPEG' },
	fileName: 'person.jpg',
});

const REQUEST: FalRequest = {
	endpointId: ENDPOINT,
	input: { category: 'tops' },
	pictures: {
		model_image: fileOf('a person'),
		garment_image: { kind: 'address', address: GARMENT },
	},
	options: {},
};

interface Fal {
	submit?(index: number): Reply | Error;
	/** What the status stream brings, one for each job. */
	stream?(call: HttpCall, body: PassThrough): Reply;
	status?(): Reply;
	result?(): Reply | Promise<Reply>;
	history?(call: HttpCall): Reply;
	cancel?(): Reply;
}

/** What fal says to a job that is finished at once. */
const atOnce = (_: HttpCall, body: PassThrough): Reply => {
	body.end(eventOf({ status: 'COMPLETED' }));
	return {};
};

function driving(fal: Fal = {}, options: Partial<FalDriverOptions> = {}) {
	const {
		submit = (n) => ({ json: { request_id: `job-${n + 1}` } }),
		stream = atOnce,
		status = () => ({ json: { status: 'IN_PROGRESS' } }),
		result = () => RESULT,
		history = () => ({ json: { items: [] } }),
		cancel = () => ({ json: { status: 'OK' } }),
	} = fal;
	const submitted: HttpCall[] = [];
	const door = fakeFal({
		api: async (call) => {
			const path = pathOf(call);
			if (path.startsWith('/storage/')) {
				return { json: { upload_url: 'https://storage.example/put', file_url: UPLOADED } };
			}
			if (path.startsWith('/v1/models/requests/')) return history(call);
			if (call.method === 'PUT') return cancel();
			if (call.method === 'GET') return path.includes('/status') ? status() : await result();
			const reply = submit(submitted.push(call) - 1);
			if (reply instanceof Error) throw reply;
			return reply;
		},
		plain: () => ({}),
		stream,
	});
	const log: string[] = [];
	const note = (level: string) => (line: string) => log.push(`${level}: ${line}`);
	const timing = { clock: systemClock };
	const claims = new Claims<string>();
	const client = clientOf(door);
	const driver = new FalDriver({
		client,
		clock: systemClock,
		logger: { debug: note('debug'), info: note('info') },
		uploader: new Uploader({ client, timing }, 3_600, {}),
		maxWaitMs: 10 * MINUTE,
		logs: false,
		claims,
		...options,
	});
	/** What was sent as the input of a model. */
	const inputs = () => submitted.map(({ body }): unknown => JSON.parse(String(body)));
	return { driver, door, log, timing, claims, submitted, inputs };
}

const nothing = async () => await Promise.resolve();

describe('two requests ask for the same', () => {
	const { driver } = driving();
	const same = (changes: Partial<FalRequest>) =>
		driver.fingerprint(REQUEST) === driver.fingerprint({ ...REQUEST, ...changes });
	const { pictures } = REQUEST;

	test.each<[string, Partial<FalRequest>]>([
		['a seed that was chosen for them', { chosenSeed: 5 }],
		[
			'the name of a file',
			{
				pictures: { ...pictures, model_image: { ...fileOf('a person'), ...{ fileName: 'b.jpg' } } },
			},
		],
	])('whatever %s', (_, changes) => {
		expect(same(changes)).toBe(true);
	});

	test.each<[string, Partial<FalRequest>]>([
		['the endpoint', { endpointId: 'fal-ai/fashn/tryon/v1.5' }],
		['a field', { input: { category: 'bottoms' } }],
		['the name of a field', { input: { mode: 'tops' } }],
		['one more field', { input: { ...REQUEST.input, seed: 1 } }],
		['an option', { options: { priority: 'low' } }],
		['the bytes of a file', { pictures: { ...pictures, model_image: fileOf('another') } }],
		[
			'an address',
			{ pictures: { ...pictures, garment_image: { kind: 'address', address: `${GARMENT}?` } } },
		],
		['one picture less', { pictures: { garment_image: { kind: 'address', address: GARMENT } } }],
	])('but not with another %s', (_, changes) => {
		expect(same(changes)).toBe(false);
	});
});

describe('a submit', () => {
	test('uploads files, hands on addresses, and tells the log', async () => {
		const { driver, inputs, timing, log } = driving();
		const job = await driver.submit(REQUEST, timing);
		expect(inputs()).toEqual([{ category: 'tops', model_image: UPLOADED, garment_image: GARMENT }]);
		expect(job).toEqual({ endpointId: ENDPOINT, requestId: 'job-1', submittedAt: Date.now() });
		expect(driver.idOf(job)).toBe('job-1');
		expect(log).toEqual([`debug: Submitted job job-1 to ${ENDPOINT}`]);
	});

	test('leaves out a picture for which Additional Fields have another', async () => {
		const { driver, inputs, timing, door } = driving();
		const input = { model_image: 'https://a.example/own.png' };
		await driver.submit({ ...REQUEST, input }, timing);
		expect(inputs()).toEqual([{ ...input, garment_image: GARMENT }]);
		expect(door.plainCalls).toEqual([]);
	});

	test.each([
		['a seed that was chosen for it', { chosenSeed: 0 }, 0],
		['its own rather than a chosen one', { chosenSeed: 5, input: { seed: 7 } }, 7],
		['its own, written as a text', { input: { seed: '9' } }, 9],
		['none', {}, undefined],
	])('has, and tells, %s', async (_, changes, seed) => {
		const { driver, inputs, timing } = driving();
		expect((await driver.submit({ ...REQUEST, ...changes }, timing)).seed).toBe(seed);
		const [input] = inputs().map(objectOf);
		expect(numberOf(input?.seed)).toBe(seed);
	});

	test('asks to be called where that is wanted, beside its other options', async () => {
		const callback = 'https://n8n.example/resume';
		const { driver, submitted, timing } = driving({}, { callback });
		const job = await driver.submit({ ...REQUEST, options: { storeIo: false } }, timing);
		expect(job.callback).toBe(callback);
		const [call] = submitted;
		expect(new URL(call?.url ?? '').searchParams.get('fal_webhook')).toBe(callback);
		expect(call?.headers).toMatchObject({ 'x-fal-store-io': '0' });
	});

	test("calls the row's own address where nobody else is to be called", async () => {
		const webhookUrl = 'https://n8n.example/own';
		const { driver, submitted, timing } = driving();
		const job = await driver.submit({ ...REQUEST, options: { webhookUrl } }, timing);
		expect(job.callback).toBeUndefined();
		expect(new URL(submitted[0]?.url ?? '').searchParams.get('fal_webhook')).toBe(webhookUrl);
	});

	test('that fal refuses is no loss: nobody looks for it', async () => {
		const { driver, timing, door } = driving({ submit: () => ({ status: 422 }) });
		await expect(driver.submit(REQUEST, timing)).rejects.toThrow(FalAnswerError);
		expect(door.calls.map(pathOf).join()).not.toContain('/v1/');
	});

	test('is not sent once Stop has met its upload', async () => {
		const stop = new AbortController();
		const { driver, timing, submitted } = driving();
		const submit = driver.submit(REQUEST, { ...timing, signal: stop.signal });
		stop.abort('The execution was stopped.');
		await expect(submit).rejects.toThrow(StoppedError);
		expect(submitted).toEqual([]);
	});
});

describe('a submit whose answer is lost', () => {
	const lost = () => broken();
	const INPUT = { category: 'tops', model_image: UPLOADED, garment_image: GARMENT };

	test("is found in fal's history, and goes on as the row's job", async () => {
		const sent = Date.now();
		const time = new Date(sent).toISOString();
		const shown = { request_id: 'found', endpoint_id: ENDPOINT, sent_at: time, started_at: time };
		const callback = 'https://n8n.example/resume';
		const { driver, timing, log, submitted } = driving(
			{
				submit: lost,
				history: () => ({ json: { items: [{ ...shown, json_input: { ...INPUT, seed: 3 } }] } }),
			},
			{ callback },
		);
		const submit = driver.submit({ ...REQUEST, chosenSeed: 3 }, timing);
		await later(3 * SECOND);
		const url = 'https://queue.fal.run/fal-ai/fashn/requests/found';
		expect(await submit).toEqual({
			endpointId: ENDPOINT,
			requestId: 'found',
			submittedAt: sent,
			statusUrl: `${url}/status`,
			responseUrl: url,
			cancelUrl: `${url}/cancel`,
			status: 'IN_PROGRESS',
			seed: 3,
			callback,
		});
		expect(submitted).toHaveLength(1);
		expect(log).toEqual([
			"info: The answer to a submit was lost; fal's request history shows it: found",
		]);
	});

	const LOOK_THERE =
		'Look for it at fal.ai/dashboard/requests before you run this row again; Get fetches it by its id.';

	test('and not found is an error that says where to look', async () => {
		const { driver, timing } = driving({ submit: lost });
		const submit = driver.submit(REQUEST, timing);
		submit.catch(() => {});
		await later(11 * MINUTE);
		await expect(submit).rejects.toThrow(LostAnswerError);
		const said = await saidBy(async () => await submit);
		expect(said).toMatch(
			/^The request was sent, but the connection broke\. .* may be charged\. fal's/,
		);
		expect(said).toContain('shows no request of');
		expect(said.endsWith(LOOK_THERE)).toBe(true);
	});

	test('is not looked for where fal was told to keep nothing', async () => {
		const { driver, timing, door } = driving({ submit: lost });
		const submit = driver.submit({ ...REQUEST, options: { storeIo: false } }, timing);
		expect(await saidBy(async () => await submit)).toContain(
			"charged. 'Store Request and Answer' is off, so that fal's request history cannot show whether it is this one. Look",
		);
		expect(door.calls.map(pathOf).join()).not.toContain('/v1/');
	});

	test('is not looked for after Stop', async () => {
		const stop = new AbortController();
		const { driver, timing, door } = driving({ submit: lost });
		const submit = driver.submit(REQUEST, { ...timing, signal: stop.signal });
		submit.catch(() => {});
		await later(SECOND);
		stop.abort('Row 2 has failed.');
		expect(await saidBy(async () => await submit)).toContain(
			"Row 2 has failed. It was no longer looked for in fal's request history.",
		);
		await later(MINUTE);
		expect(door.calls.map(pathOf).join()).not.toContain('/v1/');
	});
});

describe('a job of an earlier try', () => {
	test("is this row's, and its wait begins anew", () => {
		const { driver, claims } = driving();
		const kept = { ...JOB, submittedAt: 12, seed: 4 };
		expect(driver.revive(kept)).toEqual({ ...kept, submittedAt: 0 });
		expect(claims.has('job-1')).toBe(true);
	});

	test('that is none is none', () => {
		expect(driving().driver.revive({ requestId: 'job-1' })).toBeUndefined();
	});
});

describe('the end of a job', () => {
	test('is its pictures, read once it has left its place, and how long it took', async () => {
		const order: string[] = [];
		const { driver, timing } = driving({
			stream: (_, body) => {
				const metrics = { inference_time: 3 };
				body.write(eventOf({ status: 'IN_PROGRESS' }));
				setTimeout(() => body.end(eventOf({ status: 'COMPLETED', metrics })), 4 * SECOND);
				return {};
			},
			result: () => {
				order.push('read');
				return RESULT;
			},
		});
		const job = { ...JOB, submittedAt: Date.now() };
		const finish = driver.finish(job, timing, async () => {
			order.push('left');
			// Others may be handing out theirs meanwhile.
			await systemClock.sleep(9 * SECOND);
		});
		await later(MINUTE);
		expect(await finish).toMatchObject({
			images: [{ url: 'https://v3.fal.media/files/out.png' }],
			timings: { inference: 3, total: 4 },
		});
		expect(order).toEqual(['left', 'read']);
	});

	test('is a failure where its status says so', async () => {
		const { driver, timing } = driving({
			stream: (_, body) => {
				body.end(eventOf({ status: 'COMPLETED', error: 'It broke' }));
				return {};
			},
		});
		await expect(driver.finish(JOB, timing, nothing)).rejects.toThrow(JobFailedError);
	});

	test('is read eight at a time: each may hold whole pictures', async () => {
		const answers: Array<(reply: Reply) => void> = [];
		const { driver, timing } = driving({
			result: async () => await new Promise<Reply>((resolve) => answers.push(resolve)),
		});
		const jobs = Array.from({ length: 12 }, async (_, n) => {
			const { images } = await driver.finish({ ...JOB, requestId: `job-${n}` }, timing, nothing);
			return images.length;
		});
		await arrive();
		expect(answers).toHaveLength(8);
		for (let read = 0; read < jobs.length; read++) {
			answers[read]?.(RESULT);
			await arrive();
		}
		expect(await Promise.all(jobs)).toEqual(Array(12).fill(1));
	});

	test('is waited for as long as Max Wait allows', async () => {
		const { driver, timing } = driving({ stream: () => ({}) }, { maxWaitMs: MINUTE });
		const finish = driver.finish({ ...JOB, submittedAt: Date.now() }, timing, nothing);
		finish.catch(() => {});
		await later(MINUTE);
		await expect(finish).rejects.toThrow("after 60 s, the 'Max Wait'");
	});

	test('is waited for without a stream once streams have failed twice', async () => {
		const { driver, timing, door } = driving({
			stream: () => ({ status: 404 }),
			status: () => ({ json: { status: 'COMPLETED' } }),
		});
		for (let n = 0; n < 4; n++) {
			const finish = driver.finish(JOB, timing, nothing);
			await later(3 * SECOND);
			await finish;
		}
		expect(door.streamCalls).toHaveLength(2);
	});
});

describe('the log', () => {
	const events =
		(...all: object[]) =>
		(_: HttpCall, body: PassThrough): Reply => {
			for (const event of all) body.write(eventOf(event));
			body.end(eventOf({ status: 'COMPLETED' }));
			return {};
		};

	async function logOf(stream: Fal['stream'], logs = true) {
		const { driver, timing, log, door } = driving({ stream }, { logs });
		await driver.finish(JOB, timing, nothing);
		// The stream alone was needed.
		expect(door.calls.map(pathOf)).toEqual(['/fal-ai/fashn/requests/job-1']);
		return { log, door };
	}

	test('is told each place in the queue, and each state once', async () => {
		const { log } = await logOf(
			events(
				{ status: 'IN_QUEUE', queue_position: 2 },
				{ status: 'IN_QUEUE', queue_position: 1 },
				{ status: 'IN_PROGRESS' },
				{ status: 'IN_PROGRESS' },
			),
		);
		expect(log).toEqual([
			'debug: Job job-1 is in the queue, position 2',
			'debug: Job job-1 is in the queue, position 1',
			'debug: Job job-1: IN_PROGRESS',
			'debug: Job job-1: COMPLETED',
		]);
	});

	test("is told the model's own words line by line, though each status repeats them", async () => {
		const line = (timestamp: string, message: string) => ({ timestamp, message, level: 'INFO' });
		const { log } = await logOf(
			events(
				{ status: 'IN_PROGRESS', logs: [line('1', 'Loading')] },
				{ status: 'IN_PROGRESS', logs: [line('1', 'Loading'), line('2', 'Loading')] },
			),
		);
		expect(log.filter((said) => said.startsWith('info'))).toEqual([
			'info: Job job-1: Loading',
			'info: Job job-1: Loading',
		]);
	});

	test('has no line for what is no line', async () => {
		const logs = [null, 'starting', { message: 'half way' }, { message: 7 }, { message: ' ' }];
		const { log } = await logOf(
			events({ status: 'IN_PROGRESS', logs }, { status: 'IN_PROGRESS', logs: null }),
		);
		expect(log.filter((said) => said.startsWith('info'))).toEqual(['info: Job job-1: half way']);
	});

	test.each([true, false])("asks for the model's words where they are wanted: %s", async (logs) => {
		const { door } = await logOf(atOnce, logs);
		expect(door.streamCalls[0]?.url).toContain(`logs=${logs ? 1 : 0}`);
	});
});

describe('a job that is given up', () => {
	test('is cancelled, whatever has been stopped', async () => {
		const { driver, door } = driving();
		expect(await driver.cancel(JOB)).toEqual({ status: 'OK', cancelled: true });
		expect(door.calls).toMatchObject([{ method: 'PUT', signal: undefined }]);
	});

	test('is cancelled with several tries', async () => {
		const said: Reply[] = [{ status: 500 }, { json: { status: 'OK' } }];
		const { driver } = driving({ cancel: () => said.shift() ?? {} });
		const cancel = driver.cancel(JOB);
		await later(SECOND);
		expect(await cancel).toEqual({ status: 'OK', cancelled: true });
	});

	test.each([
		['IN_QUEUE', false],
		['IN_PROGRESS', true],
		['COMPLETED', true],
	])('has started when it was %s: %s', async (status, started) => {
		const { driver, timing } = driving({
			stream: (_, body) => {
				body.write(eventOf({ status }));
				return {};
			},
		});
		expect(driver.hasStarted(JOB)).toBe(false);
		const stop = new AbortController();
		const finish = driver.finish(JOB, { ...timing, signal: stop.signal }, nothing);
		finish.catch(() => {});
		await arrive();
		expect(driver.hasStarted(JOB)).toBe(started);
		stop.abort();
	});
});
