import { AstriaClient } from '../../../../lib/astria/api/client';
import { PromptDriver } from '../../../../lib/astria/prompts/driver';
import { DressDriver, type DressRequest } from '../../../../lib/astria/tryOn/driver';
import { References, type Unregistered } from '../../../../lib/astria/tryOn/references';
import { TuneDriver, TuneWatch } from '../../../../lib/astria/tunes/driver';
import { TryOnError } from '../../../../lib/errors';
import type { Door } from '../../../../lib/http';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

function part(name: string, className: string): Unregistered {
	const bytes = Buffer.from(name);
	return {
		className,
		picture: {
			kind: 'file',
			file: { open: async () => await Promise.resolve(bytes) },
			sha256: name.padEnd(64, '0'),
			size: bytes.length,
			type: { name: 'PNG', mimeType: 'image/png', extension: 'png' },
			fileName: `${name}.png`,
		},
	};
}

/** Anna in this dress. */
const request = (dress: string): DressRequest => ({
	engine: 'partner',
	model: { tuneId: 1, resolutions: [] },
	person: { kind: 'picture', part: part('a', 'woman') },
	garments: [{ kind: 'picture', photo: 'auto', part: part(dress, 'dress') }],
	scene: '',
	values: {},
	files: {},
	distinct: true,
});

function driverOn(door: Door, clock: TestClock): DressDriver {
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	const tunes = new TuneDriver({ client, watch: new TuneWatch(client, clock), maxWaitMs: 1_000 });
	const logger = { debug: () => {} };
	const prompts = new PromptDriver({ client, clock, logger, maxWaitMs: 1_000 });
	return new DressDriver(prompts, new References(tunes));
}

test('a seed that the node has chosen says nothing of what a row asks for', () => {
	const driver = driverOn(
		fakeDoor(() => ({ status: 500 })),
		new TestClock(),
	);
	const print = (more: Partial<DressRequest>) => driver.fingerprint({ ...request('b'), ...more });
	expect(print({ chosenSeed: 1 })).toBe(print({}));
	expect(print({ values: { seed: 1 } })).not.toBe(print({}));
});

test("what Astria's list says of a model says nothing of what a row asks for", () => {
	const driver = driverOn(
		fakeDoor(() => ({ status: 500 })),
		new TestClock(),
	);
	const listed = { tuneId: 1, resolutions: ['2K'], name: 'nano', title: 'Nano' };
	const print = (model: DressRequest['model']) => driver.fingerprint({ ...request('b'), model });
	expect(print(listed)).toBe(print({ tuneId: 1, resolutions: [] }));
	expect(print({ ...listed, tuneId: 2 })).not.toBe(print(listed));
});

test('rows that share a picture which is refused each tell their own tunes only', async () => {
	const clock = new TestClock();
	let lastId = 10;
	const door = fakeDoor(({ method, body }) => {
		if (method === 'GET') return { json: [] };
		const isPerson = body instanceof FormData && body.get('tune[name]') === 'woman';
		if (isPerson) return { status: 422, json: { images: ['show nobody'] } };
		lastId += 1;
		const trained_at = new Date(clock.now()).toISOString();
		return { status: 201, json: { id: lastId, trained_at, created_at: trained_at } };
	});
	const driver = driverOn(door, clock);
	const rows = ['b', 'c', 'd'].map(
		async (dress) =>
			await driver.submit(request(dress), { clock }).catch((error: unknown) => error),
	);
	const errors = await Promise.all(rows);
	const told = errors.map((error) => (error instanceof TryOnError ? error.details.tuneIds : []));
	expect(told).toEqual([['11'], ['12'], ['13']]);
	for (const error of errors) {
		expect(String(error).match(/registered as tune/g)).toHaveLength(1);
	}
});

test.each<[string, Partial<DressRequest>]>([
	['person', { person: { kind: 'picture', part: part('z', 'woman') } }],
	['class of the person', { person: { kind: 'picture', part: part('a', 'man') } }],
	['garment', { garments: [{ kind: 'picture', photo: 'auto', part: part('z', 'dress') }] }],
	[
		'class of the garment',
		{ garments: [{ kind: 'picture', photo: 'auto', part: part('b', 'hat') }] },
	],
	['photo', { garments: [{ kind: 'picture', photo: 'worn', part: part('b', 'dress') }] }],
	['files', { files: { input_image: [{ kind: 'address', address: 'https://a/1.png' }] } }],
	['scene', { scene: 'at sea' }],
])('another %s is another try-on', (_name, more) => {
	const driver = driverOn(
		fakeDoor(() => ({})),
		new TestClock(),
	);
	expect(driver.fingerprint(request('b'))).toBe(driver.fingerprint(request('b')));
	expect(driver.fingerprint({ ...request('b'), ...more })).not.toBe(
		driver.fingerprint(request('b')),
	);
});

/** Astria, which registers everything and answers a prompt so. */
function registering(prompt: () => Reply, refusals = 0) {
	const clock = new TestClock();
	let [lastId, refused] = [10, 0];
	const door = fakeDoor(({ method, url }) => {
		if (method === 'GET') return { json: [] };
		if (url.endsWith('/prompts')) return prompt();
		if (refused < refusals) {
			refused += 1;
			return { status: 422, json: { images: ['show nobody'] } };
		}
		lastId += 1;
		const trained_at = new Date(clock.now()).toISOString();
		return { status: 201, json: { id: lastId, trained_at, created_at: trained_at } };
	});
	return { clock, driver: driverOn(door, clock) };
}

test.each<[string, boolean, () => Reply]>([
	['was refused', true, () => ({ status: 422, json: { text: ['is bad'] } })],
	[
		'nobody knows of',
		false,
		() => {
			throw broken();
		},
	],
])('after a prompt that %s the try-on may be sent again: %p', async (_name, may, prompt) => {
	const { clock, driver } = registering(prompt);
	const error: unknown = await driver
		.submit(request('b'), { clock })
		.catch((thrown: unknown) => thrown);
	if (!(error instanceof TryOnError)) throw new Error('It was made');
	expect(driver.maySubmitAgain(error)).toBe(may);
	expect(error.details.tuneIds).toEqual(['11', '12']);
});

test('a reference that is not ready in time loses no row: it is found again, and no prompt was sent', async () => {
	const clock = new TestClock();
	const door = fakeDoor(({ method, url }) => {
		if (method === 'GET') return { json: new URL(url).pathname === '/tunes' ? [] : { id: 11 } };
		if (url.endsWith('/prompts')) throw new Error('No prompt may be sent');
		return { status: 201, json: { id: 11, created_at: new Date(clock.now()).toISOString() } };
	});
	const driver = driverOn(door, clock);
	const error: unknown = await driver
		.submit(request('b'), { clock })
		.catch((thrown: unknown) => thrown);
	if (!(error instanceof TryOnError)) throw new Error('It was made');
	expect(error).toMatchObject({ name: 'MaxWaitError', details: { charged: 'yes' } });
	expect(driver.maySubmitAgain(error)).toBe(true);
});

test('what was made is told, also when the refusal of another picture came first', async () => {
	const clock = new TestClock();
	const door = fakeDoor(async ({ method, body }) => {
		if (method === 'GET') return { json: [] };
		if (body instanceof FormData && body.get('tune[name]') === 'woman') return { status: 422 };
		for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
		return { status: 201, json: { id: 11, trained_at: 'now', created_at: 'now' } };
	});
	await expect(driverOn(door, clock).submit(request('b'), { clock })).rejects.toMatchObject({
		details: { tuneIds: ['11'] },
	});
});

test('a picture that was refused once is registered for the next row', async () => {
	const made = { status: 201, json: { id: 99, tune_id: 1, text: 'x' } };
	const { clock, driver } = registering(() => made, 1);
	await expect(driver.submit(request('b'), { clock })).rejects.toThrow('show nobody');
	expect(await driver.submit(request('b'), { clock })).toMatchObject({ promptId: 99 });
});
