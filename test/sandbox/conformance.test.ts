import { ApiError, ValidationError } from '@fal-ai/client';
import type { FalClient, QueueStatus } from '@fal-ai/client';
import { readPicture } from '../../sandbox/pictures';
import { clientOf, rejection } from './client';
import { eventually, startTestBed, V16 } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let fal: FalClient;

beforeAll(async () => {
	// The client is slow at first: it must not miss the queue on a busy machine.
	bed = await startTestBed({ fal: { pickUpMs: 300 } });
	fal = clientOf(bed);
});

afterAll(async () => {
	await bed.sandbox.close();
});

describe('queue', () => {
	it('submit, status and result run a job to its pictures', async () => {
		const { sandbox, input } = bed;
		const submitted = await fal.queue.submit(V16, { input: { ...input, num_samples: 2 } });
		expect(submitted).toMatchObject({ status: 'IN_QUEUE', queue_position: 0 });
		const requestId = submitted.request_id;
		expect(submitted.status_url).toBe(
			`${sandbox.fal.url}/fal-ai/fashn/requests/${requestId}/status`,
		);
		expect(sandbox.fal.submits().at(-1)).toMatchObject({
			requestId,
			endpointId: V16,
			input: { ...input, num_samples: 2 },
		});

		const early = await rejection(fal.queue.result(V16, { requestId }));
		expect(early).toBeInstanceOf(ApiError);
		expect(early).toMatchObject({ status: 400, body: { detail: 'Request is still in progress' } });

		const seen: string[] = [];
		const done = await eventually(async () => {
			const status = await fal.queue.status(V16, { requestId, logs: true });
			if (seen.at(-1) !== status.status) seen.push(status.status);
			return status.status === 'COMPLETED' ? status : undefined;
		});
		expect(seen).toEqual(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']);
		expect(done.logs.map(({ message }) => message)).toEqual([
			'Loading model image',
			'Loading garment image',
			'Generating sample 1 of 2',
			'Generating sample 2 of 2',
		]);
		expect(done.metrics?.inference_time).toBeGreaterThan(0.1);

		const result = await fal.queue.result(V16, { requestId });
		expect(result.requestId).toBe(requestId);
		expect(result.data.images).toHaveLength(2);
		for (const image of result.data.images) {
			const response = await fetch(image.url);
			const bytes = Buffer.from(await response.arrayBuffer());
			expect(response.headers.get('content-type')).toBe('image/png');
			expect(image).toMatchObject({ content_type: 'image/png', file_size: bytes.length });
			expect(await readPicture(bytes)).toEqual({ width: 60, height: 90, format: 'png' });
		}
	});

	it('streamStatus tells every state once and ends', async () => {
		const { request_id: requestId } = await fal.queue.submit(V16, { input: bed.input });
		const stream = await fal.queue.streamStatus(V16, { requestId, logs: true });
		const events: QueueStatus[] = [];
		stream.on('data', (event: QueueStatus) => events.push(event));
		const last = await stream.done();
		expect(last).toMatchObject({ status: 'COMPLETED', request_id: requestId });
		const states = events.map(({ status }) => status);
		expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
			'IN_QUEUE',
			'IN_PROGRESS',
			'COMPLETED',
		]);
		const logs = events.flatMap((event) => ('logs' in event ? event.logs : []));
		expect(logs.map(({ message }) => message)).toEqual([
			'Loading model image',
			'Loading garment image',
			'Generating sample 1 of 1',
		]);
	});

	it.each(['polling', 'streaming'] as const)('subscribe works by %s', async (mode) => {
		const states = new Set<string>();
		const { data } = await fal.subscribe(V16, {
			input: { ...bed.input, output_format: 'jpeg' },
			mode,
			pollInterval: 20,
			logs: true,
			onQueueUpdate: ({ status }) => states.add(status),
		});
		expect([...states]).toEqual(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']);
		expect(data.images[0]?.content_type).toBe('image/jpeg');
	});

	it.each(['polling', 'streaming'] as const)(
		'subscribe by %s sees a job through an attempt that fails',
		async (mode) => {
			const { options } = bed.sandbox.fal;
			options.failingAttempts = 1;
			const states: string[] = [];
			const { data } = await fal.subscribe(V16, {
				input: bed.input,
				mode,
				pollInterval: 20,
				onQueueUpdate: ({ status }) => {
					if (states.at(-1) !== status) states.push(status);
				},
			});
			options.failingAttempts = 0;
			expect(states).toEqual(['IN_QUEUE', 'IN_PROGRESS', 'IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']);
			expect(data.images).toHaveLength(1);
		},
	);

	it('subscribe gives what a model makes that has no pictures', async () => {
		const { options } = bed.sandbox.fal;
		options.outcome = () => ({ kind: 'output', body: { image: { url: 'http://127.0.0.1/' } } });
		const endpoint: string = V16;
		const { data } = await fal.subscribe(endpoint, { input: bed.input, pollInterval: 20 });
		options.outcome = undefined;
		expect(data).toEqual({ image: { url: 'http://127.0.0.1/' } });
	});

	it('cancel takes a waiting job out, and says so of a finished one', async () => {
		const { options } = bed.sandbox.fal;
		const { slots } = options;
		options.slots = 0;
		const { request_id: requestId } = await fal.queue.submit(V16, { input: bed.input });
		await expect(fal.queue.cancel(V16, { requestId })).resolves.toBeUndefined();
		options.slots = slots;
		const again = await rejection(fal.queue.cancel(V16, { requestId }));
		expect(again).toMatchObject({ status: 400, body: { status: 'ALREADY_COMPLETED' } });
		const unknown = { requestId: '00000000-0000-0000-0000-000000000000' };
		expect(await rejection(fal.queue.cancel(V16, unknown))).toMatchObject({
			status: 404,
			body: { status: 'NOT_FOUND' },
		});
	});

	it('shows a wrong input on the result call only, as a ValidationError', async () => {
		const endpoint: string = V16;
		const input = { model_image: bed.input.model_image, category: 'hats', num_samples: 9 };
		const { request_id: requestId } = await fal.queue.submit(endpoint, { input });
		const status = await fal.queue.subscribeToStatus(endpoint, { requestId, pollInterval: 20 });
		expect(status.status).toBe('COMPLETED');
		expect(status).not.toHaveProperty('error');

		const error = await rejection(fal.queue.result(endpoint, { requestId }));
		if (!(error instanceof ValidationError)) throw error;
		expect(error.status).toBe(422);
		expect(error.requestId).toBe(requestId);
		expect(error.fieldErrors.map(({ loc, type }) => [loc.join('.'), type])).toEqual([
			['body.garment_image', 'missing'],
			['body.category', 'one_of'],
			['body.num_samples', 'less_than_equal'],
		]);
		expect(error.getFieldErrors('category')).toEqual([
			{
				loc: ['body', 'category'],
				msg: "Input should be 'tops', 'bottoms', 'one-pieces' or 'auto'",
				type: 'one_of',
				url: 'https://docs.fal.ai/errors#one_of',
				ctx: { expected: ['tops', 'bottoms', 'one-pieces', 'auto'] },
				input: 'hats',
			},
		]);
	});

	it('honours the start time-out as the client sends it', async () => {
		const { options } = bed.sandbox.fal;
		const { slots } = options;
		options.slots = 0;
		const { request_id: requestId } = await fal.queue.submit(V16, {
			input: bed.input,
			startTimeout: 1.1,
		});
		await fal.queue.subscribeToStatus(V16, { requestId, pollInterval: 50 });
		options.slots = slots;
		const error = await rejection(fal.queue.result(V16, { requestId }));
		if (!(error instanceof ApiError)) throw error;
		expect(error.isUserTimeout).toBe(true);
	});
});

it('a wrong key is refused everywhere', async () => {
	const stranger = clientOf(bed, 'sandbox-id:wrong');
	const before = bed.sandbox.fal.submits().length;
	const requestId = bed.sandbox.fal.submits()[0]?.requestId ?? '';
	for (const attempt of [
		() => stranger.queue.submit(V16, { input: bed.input }),
		() => stranger.queue.status(V16, { requestId }),
		() => stranger.queue.result(V16, { requestId }),
		() => stranger.queue.cancel(V16, { requestId }),
		() => stranger.storage.upload(new Blob(['x'])),
	]) {
		expect(await rejection(attempt())).toMatchObject({
			status: 401,
			body: { detail: 'invalid key credentials' },
		});
	}
	expect(bed.sandbox.fal.submits()).toHaveLength(before);
});
