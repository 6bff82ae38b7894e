import { StoppedError } from '../../../lib/errors';
import { FalDriver, type FalDriverOptions } from '../../../lib/fal/driver';
import { falOrigins } from '../../../lib/fal/fetch';
import { Uploader } from '../../../lib/fal/upload';
import type { Door } from '../../../lib/http';
import { readPictureFile } from '../../../lib/media/picture';
import { systemClock } from '../../../lib/time';
import { type Sandbox, startSandbox } from '../../../sandbox/index';
import { speedUp, until } from '../../engine/clock';
import { throughDoor } from '../../engine/door';
import { smallGarment, smallPerson } from '../../engine/pictures';

let sandbox: Sandbox;

beforeEach(async () => {
	sandbox = await startSandbox({ fal: { jobMs: 400, pickUpMs: 50 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await sandbox.close();
});

async function throughKeyedDoor(work: (door: Door) => Promise<void>): Promise<void> {
	await throughDoor(sandbox.fal.url, work, sandbox.fal.key);
}

const LIFETIME_SECONDS = 3_600;

const RULES = {
	service: 'fal',
	label: 'Model Image',
	maxBytes: 1_000_000,
	accepts: new Set(['image/jpeg']),
};

function driverOn(door: Door, more: Partial<FalDriverOptions> = {}): FalDriver {
	const origins = falOrigins(sandbox.fal.url);
	const clock = systemClock;
	return new FalDriver({
		door,
		origins,
		clock,
		logger: { debug: () => {}, info: () => {} },
		uploader: new Uploader({ door, origins, timing: { clock } }, LIFETIME_SECONDS, {}),
		maxWaitMs: 600_000,
		logs: false,
		...more,
	});
}

async function requestWithFile() {
	const bytes = await smallPerson(1);
	const model_image = await readPictureFile(RULES, { open: async () => bytes });
	return {
		endpointId: 'fal-ai/fashn/tryon/v1.6',
		input: { garment_image: sandbox.media.publish(await smallGarment(1), 'image/png') },
		pictures: { model_image },
		options: {},
	};
}

/** Statuses that were asked for, and streams that were followed. */
function looks(): { asked: number; followed: number } {
	const paths = sandbox.calls.map(({ path }) => path);
	return {
		asked: paths.filter((path) => path.endsWith('/status')).length,
		followed: paths.filter((path) => path.endsWith('/status/stream')).length,
	};
}

/** Waits for a job, in a tenth of its seconds. */
async function waitFor(seconds: number): Promise<void> {
	sandbox.fal.options.jobMs = seconds * 100;
	speedUp(10);
	await throughKeyedDoor(async (door) => {
		const driver = driverOn(door);
		const job = await driver.submit(await requestWithFile(), { clock: systemClock });
		const { images } = await driver.finish(job, { clock: systemClock }, atOnce);
		expect(images).toHaveLength(1);
	});
}

test('a stream that is quiet while the job runs is trusted, and nothing else is asked', async () => {
	await waitFor(20);
	expect(looks()).toEqual({ asked: 0, followed: 1 });
});

/** Ends a stream as a proxy does with what lasts. */
async function* cut(events: AsyncIterable<unknown>, afterMs: number) {
	const end = new Promise<undefined>((resolve) => setTimeout(resolve, afterMs));
	const source = events[Symbol.asyncIterator]();
	for (;;) {
		const next = await Promise.race([source.next(), end]);
		if (!next || next.done) return;
		yield next.value;
	}
}

function cutStreams(afterMs: number): void {
	sandbox.faults.add({
		on: /\/status\/stream/,
		fault: {
			kind: 'change',
			change: ({ events, ...answer }) => ({
				...answer,
				...(events && { events: cut(events, afterMs) }),
			}),
		},
		times: 2,
	});
}

test('a stream that is cut after a while is followed by another one', async () => {
	cutStreams(1_000);
	await waitFor(25);
	expect(looks()).toEqual({ asked: 0, followed: 3 });
});

test('where no stream lasts, the status is asked for', async () => {
	cutStreams(0);
	await waitFor(4);
	const { asked, followed } = looks();
	expect(followed).toBe(1);
	expect(asked).toBeGreaterThan(0);
});

/** Leaves its slot without having to wait for a desk. */
const atOnce = async () => {};

test.each([true, false])(
	"the model's log is told line by line, with a stream: %s",
	async (stream) => {
		sandbox.fal.options.stream = stream;
		speedUp(20);
		const info: string[] = [];
		await throughKeyedDoor(async (door) => {
			const driver = driverOn(door, {
				logs: true,
				logger: { debug: () => {}, info: (line) => info.push(line) },
			});
			const job = await driver.submit(await requestWithFile(), { clock: systemClock });
			await driver.finish(job, { clock: systemClock }, atOnce);
		});
		expect(info.length).toBeGreaterThan(1);
		expect(info).toEqual([...new Set(info)]);
	},
);

test('a log of another shape is no reason to lose the job', async () => {
	sandbox.fal.options.stream = false;
	const logs = [null, 'starting', { message: 'half way' }];
	sandbox.faults.add({
		on: /GET .*\/status(\?|$)/,
		fault: { kind: 'answer', answer: { status: 200, body: { status: 'IN_PROGRESS', logs } } },
	});
	speedUp(20);
	const info: string[] = [];
	await throughKeyedDoor(async (door) => {
		const logger = { debug: () => {}, info: (line: string) => info.push(line) };
		const driver = driverOn(door, { logs: true, logger });
		const job = await driver.submit(await requestWithFile(), { clock: systemClock });
		const { images } = await driver.finish(job, { clock: systemClock }, atOnce);
		expect(images).toHaveLength(1);
	});
	expect(info.filter((line) => line.endsWith(': half way'))).toHaveLength(1);
	expect(info.join()).not.toContain('undefined');
});

test('Stop during an upload submits nothing', async () => {
	sandbox.faults.add({ on: /PUT /, fault: { kind: 'delay', ms: 200 } });
	const request = await requestWithFile();
	const stop = new AbortController();
	await throughKeyedDoor(async (door) => {
		const timing = { clock: systemClock, signal: stop.signal };
		const submitted = driverOn(door).submit(request, timing);
		submitted.catch(() => {});
		await until(() => sandbox.calls.some(({ method }) => method === 'PUT'));
		stop.abort('The execution was stopped.');
		await expect(submitted).rejects.toThrow(StoppedError);
		await expect(submitted).rejects.toMatchObject({ details: { charged: 'no' } });
	});
	expect(sandbox.fal.submits()).toEqual([]);
	expect(sandbox.calls.filter(({ path }) => path.includes('tryon'))).toEqual([]);
});
