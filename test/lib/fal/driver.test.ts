import { StoppedError } from '../../../lib/errors';
import { createClient } from '../../../lib/fal/client';
import { FalDriver, type FalDriverOptions } from '../../../lib/fal/driver';
import { falOrigins } from '../../../lib/fal/fetch';
import { Uploader } from '../../../lib/fal/upload';
import type { Door } from '../../../lib/http';
import { readPictureFile } from '../../../lib/media/picture';
import { systemClock } from '../../../lib/time';
import { type Sandbox, startSandbox } from '../../../sandbox/index';
import { until } from '../../engine/clock';
import { throughDoor } from '../../engine/door';
import { smallPerson } from '../../engine/pictures';

let sandbox: Sandbox;

beforeEach(async () => {
	sandbox = await startSandbox();
});

afterEach(async () => {
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
	const client = createClient(door, origins);
	return new FalDriver({
		door,
		origins,
		clock,
		logger: { debug: () => {}, info: () => {} },
		uploader: new Uploader(client, { clock }, LIFETIME_SECONDS, {}),
		maxWait: 10_000,
		logs: false,
		...more,
	});
}

async function requestWithFile() {
	const bytes = await smallPerson(1);
	const model_image = await readPictureFile(RULES, { open: async () => bytes });
	return {
		endpointId: 'fal-ai/fashn/tryon/v1.6',
		input: { garment_image: 'https://example.com/a.png' },
		pictures: { model_image },
		options: {},
	};
}

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
