import type { QueueStatus } from '@fal-ai/client';
import fc from 'fast-check';

import { JobFailedError, TryOnError, UnreadableAnswer, wholeMessage } from '../../../lib/errors';
import { FalAnswerError } from '../../../lib/fal/errors';
import { askStatus, readEnd, readFinished, readResult } from '../../../lib/fal/result';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, fakeFal, JOB, pathOf } from './fakeFal';

const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];

const IMAGE = { url: 'https://v3.fal.media/files/a.png' };

const COMPLETED: QueueStatus = {
	status: 'COMPLETED',
	request_id: 'job-1',
	response_url: '',
	status_url: '',
	cancel_url: '',
	logs: [],
};

/** A status as fal sends it, whatever the client's types say. */
const statusOf = (more: object = {}): QueueStatus => ({
	...COMPLETED,
	...more,
});

/** fal, saying one thing after the other, and the last of them for ever. */
function fal(...said: Array<Reply | Error>) {
	const door = fakeFal({
		api: (_, index) => {
			const reply = said[Math.min(index, said.length - 1)] ?? {};
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	const clock = new TestClock();
	return { door, clock, client: clientOf(door) };
}

async function resultOf(said: Array<Reply | Error>, status?: QueueStatus) {
	const { door, clock, client } = fal(...said);
	const [end] = await Promise.allSettled([readResult(client, { clock }, JOB, status)]);
	return {
		output: end.status === 'fulfilled' ? end.value : undefined,
		error: end.status === 'rejected' ? (end.reason as unknown) : undefined,
		calls: door.calls,
		waits: clock.waits,
	};
}

const detail = (msg: string, type: string) => ({ detail: [{ loc: ['body', 'seed'], msg, type }] });

describe('a finished job', () => {
	test('hands out its pictures, and the units that fal has billed', async () => {
		const image = {
			content_type: 'image/png',
			file_name: 'a.png',
			file_size: 5,
			width: 2,
			height: 3,
		};
		const headers = { 'x-fal-billable-units': '1.5' };
		const { output, calls } = await resultOf([
			{ json: { images: [{ ...IMAGE, ...image }, IMAGE] }, headers },
		]);
		expect(output).toEqual({
			images: [
				{
					...IMAGE,
					contentType: 'image/png',
					fileName: 'a.png',
					fileSize: 5,
					width: 2,
					height: 3,
				},
				IMAGE,
			],
			units: 1.5,
		});
		expect(calls.map(pathOf)).toEqual(['/fal-ai/fashn/requests/job-1']);
	});

	test('keeps the good ones of its pictures', async () => {
		const images = [null, IMAGE, {}, { url: '' }, { url: 7 }, 'https://a.example/b.png'];
		const { output } = await resultOf([{ json: { images } }]);
		expect(output?.images).toEqual([IMAGE]);
	});

	test.each([
		[{}],
		[{ images: [] }],
		[{ images: {} }],
		[{ images: null }],
		[{ images: [{}, null] }],
		[{ image: IMAGE }],
	])('that shows no picture is no success, and nobody knows what it cost: %j', async (json) => {
		const { error, calls } = await resultOf([{ json }], statusOf());
		expect(error).toBeInstanceOf(JobFailedError);
		expect(error).toMatchObject({
			message: 'fal says that the job is finished, but it has no pictures.',
			details: { stage: 'result', retryable: false, charged: 'unknown' },
		});
		expect(calls).toHaveLength(1);
	});
});

describe('COMPLETED is no success', () => {
	const toldBy: Array<[string, object, Partial<TryOnError['details']>]> = [
		['an error', { error: 'It broke' }, { serviceMessage: 'It broke', charged: 'unknown' }],
		[
			'a code',
			{ error_type: 'runner_disconnected' },
			{ errorType: 'runner_disconnected', charged: 'no' },
		],
		['an error that is no text', { error: { code: 7 } }, { statusCode: 500, charged: 'unknown' }],
	];
	test.each(toldBy)(
		'where the status tells %s, though the result is 200',
		async (_, told, details) => {
			const { error, calls } = await resultOf([{ json: { images: [IMAGE] } }], statusOf(told));
			expect(error).toBeInstanceOf(JobFailedError);
			expect(error).toMatchObject({ details: { stage: 'result', ...details } });
			expect(calls).toHaveLength(1);
		},
	);

	test('unless the error is null', async () => {
		const { output } = await resultOf([{ json: { images: [IMAGE] } }], statusOf({ error: null }));
		expect(output?.images).toEqual([IMAGE]);
	});

	test.each<[string, number, unknown, object, Partial<TryOnError['details']>]>([
		[
			"the model's own words, and what a refused content costs is unknown",
			422,
			detail('Too small', 'image_too_small'),
			{ error: 'Invalid status code: 422' },
			{
				statusCode: 422,
				errorType: 'image_too_small',
				field: 'Seed',
				serviceMessage: 'seed: Too small',
				charged: 'unknown',
				retryable: false,
			},
		],
		[
			"the model's own words without a status that was asked for",
			422,
			detail('No', 'content_policy_violation'),
			{},
			{ statusCode: 422, errorType: 'content_policy_violation', charged: 'unknown' },
		],
		[
			'the code of the status, where the model gives none',
			500,
			{ detail: [{ msg: 'It broke' }] },
			{ error: 'x', error_type: 'internal_server_error' },
			{ statusCode: 500, errorType: 'internal_server_error', charged: 'no', retryable: true },
		],
		[
			"the status's, where a call is refused for another reason",
			403,
			{ detail: 'Not for you' },
			{ error: 'It broke', error_type: 'odd' },
			{ statusCode: 500, errorType: 'odd', serviceMessage: 'It broke', charged: 'unknown' },
		],
		[
			'the code of the answer, where the status has words alone',
			503,
			{ detail: 'gone', error_type: 'runner_disconnected' },
			{ error: 'It broke' },
			{ statusCode: 503, errorType: 'runner_disconnected', serviceMessage: 'It broke' },
		],
	])('and the best words are told: %s', async (_, status, json, told, details) => {
		const { error, calls } = await resultOf([{ status, json }], statusOf(told));
		expect(error).toBeInstanceOf(JobFailedError);
		expect(error).toMatchObject({ details });
		expect(calls).toHaveLength(1);
	});

	test.each([302, 401, 404, 408, 429, 502, 503])(
		'and trouble with the model’s answer (%i) makes no refused content free',
		async (status) => {
			const told = statusOf({ error: 'Refused', error_type: 'content_policy_violation' });
			const { error } = await resultOf([{ status }], told);
			expect(error).toBeInstanceOf(JobFailedError);
			expect(error).toMatchObject({
				details: {
					errorType: 'content_policy_violation',
					serviceMessage: 'Refused',
					charged: 'unknown',
					retryable: false,
				},
			});
		},
	);

	test.each([404, 429, 503])('and a %i of the answer is asked again', async (status) => {
		const words = { status: 422, json: detail('Too small', 'image_too_small') };
		const told = statusOf({ error: 'Invalid status code: 422' });
		const { error, calls } = await resultOf([{ status }, words], told);
		expect(error).toMatchObject({ details: { serviceMessage: 'seed: Too small' } });
		expect(calls).toHaveLength(2);
	});

	test.each([
		['runner_connection_timeout', 'no'],
		['internal_error', 'no'],
		['request_timeout', 'no'],
		['startup_timeout', 'no'],
		['generation_timeout', 'no'],
		['no_runner_at_hand', 'unknown'],
		['image_load_error', 'unknown'],
	])("a failure of fal's own machines costs nothing: %s: %s", async (type, charged) => {
		const { error } = await resultOf([{ status: 422, json: detail('Broken', type) }]);
		expect(error).toMatchObject({ details: { charged, retryable: charged === 'no' } });
	});
});

describe('trouble on the way to a result is no end of the job', () => {
	const troubles: Array<[string, Reply | Error]> = [
		['broken connection', broken()],
		['web page', { text: '<html>' }],
		['list', { json: [] }],
		['408', { status: 408 }],
		['429', { status: 429 }],
		['503 without a cause', { status: 503, json: { detail: 'busy' } }],
		['404, where the machine does not know of the end yet', { status: 404 }],
	];

	test.each(troubles)('a %s is followed by other tries', async (_, trouble) => {
		const { output, waits } = await resultOf([trouble, trouble, { json: { images: [IMAGE] } }]);
		expect(output?.images).toEqual([IMAGE]);
		expect(waits).toEqual(PAUSES.slice(0, 2));
	});

	test.each(troubles)('a %s to the end says nothing of the job', async (_, trouble) => {
		const { error, waits } = await resultOf([trouble], statusOf());
		expect(error).not.toBeInstanceOf(JobFailedError);
		expect(error).toBeInstanceOf(TryOnError);
		expect(waits).toEqual(PAUSES);
	});

	test('no result in an answer is said in words', async () => {
		const { error } = await resultOf([{ json: 'images' }]);
		expect(error).toMatchObject({
			name: UnreadableAnswer.name,
			message: "fal's answer holds no result.",
			details: { stage: 'result', retryable: true, charged: 'no' },
			sent: true,
		});
	});

	test.each([301, 400, 401, 403, 410])(
		'a refusal is the last word about the call: %i',
		async (status) => {
			const { error, calls } = await resultOf([{ status, json: { detail: 'no' } }]);
			expect(error).toBeInstanceOf(FalAnswerError);
			expect(calls).toHaveLength(1);
		},
	);

	test('Stop ends it, and the call that is under way', async () => {
		const { client, clock, door } = fal({ status: 503 });
		const stop = new AbortController();
		const read = readResult(client, { clock, signal: stop.signal }, JOB);
		stop.abort();
		await expect(read).rejects.toBeInstanceOf(TryOnError);
		expect(door.calls).toHaveLength(1);
		expect(door.calls[0]?.signal?.aborted).toBe(true);
	});
});

test('any JSON is pictures, a failed job, or trouble', async () => {
	const image = fc.record({ url: fc.jsonValue(), width: fc.jsonValue() });
	const said = fc.oneof(fc.jsonValue(), fc.record({ images: fc.array(image) }));
	const told = fc.record({ error: fc.jsonValue(), error_type: fc.jsonValue() });
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(200, 404, 422, 500),
			said,
			told,
			async (status, json, more) => {
				const { output, error } = await resultOf([{ status, json }], statusOf(more));
				if (error instanceof TryOnError) expect(wholeMessage(error)).toMatch(/[.!?]$/);
				else expect(output?.images.every(({ url }) => url !== '')).toBe(true);
			},
		),
		{ numRuns: 50 },
	);
});

describe('how long a job took', () => {
	const said: Reply = { json: { images: [IMAGE] } };
	const status = statusOf({ metrics: { inference_time: 4.25 } });

	test.each([
		['by its submit', 0, { inference: 4.25, total: 12.3 }],
		['unknown for a job that was submitted earlier', -1, { inference: 4.25 }],
	])('is told %s', async (_, offset, timings) => {
		const { client, clock } = fal(said);
		const now = clock.now();
		const job = { ...JOB, submittedAt: offset < 0 ? 0 : now };
		const { images, timings: told } = await readFinished(
			client,
			{ clock },
			job,
			status,
			now + 12_345,
		);
		expect(images).toEqual([IMAGE]);
		expect(told).toEqual(timings);
	});

	test('is until now, unless another end is given', async () => {
		const { client, clock } = fal(said);
		const submittedAt = clock.now();
		await clock.sleep(5_000);
		const { timings } = await readFinished(client, { clock }, { ...JOB, submittedAt }, statusOf());
		expect(timings).toEqual({ inference: undefined, total: 5 });
	});
});

describe('somebody who does not wait', () => {
	test('asks for the state several times where that is needed', async () => {
		const { client, clock, door } = fal(broken(), { status: 503 }, { json: statusOf() });
		expect(await askStatus(client, { clock }, JOB)).toEqual(statusOf());
		expect(clock.waits).toEqual(PAUSES.slice(0, 2));
		expect(door.calls.map(pathOf)[0]).toBe('/fal-ai/fashn/requests/job-1/status?logs=0');
	});

	test('is refused once', async () => {
		const { client, clock, door } = fal({ status: 404, json: { status: 'NOT_FOUND' } });
		await expect(askStatus(client, { clock }, JOB)).rejects.toThrow(FalAnswerError);
		expect(door.calls).toHaveLength(1);
	});
});

describe('how a job has ended', () => {
	const endOf = async (...said: Reply[]) => {
		const { client, clock } = fal(...said);
		return await readEnd(client, { clock }, JOB);
	};

	test('well', async () => {
		const end = await endOf({ json: statusOf() }, { json: { images: [IMAGE] } });
		expect(end).toEqual({ output: { images: [IMAGE], units: undefined } });
	});

	test('badly', async () => {
		const end = await endOf({ json: statusOf() }, { status: 422, json: detail('No', 'x') });
		expect(end).toMatchObject({ failure: { details: { statusCode: 422 } } });
	});

	test('badly, as its status alone tells', async () => {
		const said = { json: statusOf({ error: 'It broke' }) };
		const end = await endOf(said, { json: { images: [IMAGE] } });
		expect(end).toMatchObject({ failure: { details: { serviceMessage: 'It broke' } } });
	});

	test('not at all', async () => {
		await expect(endOf({ json: statusOf({ status: 'IN_PROGRESS' }) })).rejects.toMatchObject({
			message: 'fal says that the job is IN_PROGRESS.',
			details: { stage: 'wait', retryable: true },
		});
	});

	test('is unknown while it cannot be read', async () => {
		await expect(endOf({ json: statusOf() }, { status: 403 })).rejects.toThrow(FalAnswerError);
	});
});
