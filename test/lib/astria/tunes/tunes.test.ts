import fc from 'fast-check';

import { AstriaClient } from '../../../../lib/astria/api/client';
import { findCreated, findToReuse } from '../../../../lib/astria/tunes/find';
import {
	notTrained,
	patchTune,
	readTune,
	stateOf,
	trainedOrNot,
	type Tune,
	tuneById,
	tuneOutput,
	TUNES,
} from '../../../../lib/astria/tunes/tune';
import { JobFailedError } from '../../../../lib/errors';
import { TestClock } from '../../clock';
import { fakeDoor, type Reply } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

/** Serves a list as Astria does: newest first, before an id, so many at a time. */
function clientOf(tunes: readonly Tune[], lie?: (page: Tune[]) => Reply) {
	const door = fakeDoor(({ url }) => {
		const { searchParams } = new URL(url);
		const before = Number(searchParams.get('before_id') ?? Infinity);
		const title = searchParams.get('title')?.toLowerCase() ?? '';
		const page = tunes
			.filter(
				({ id, title: own }) => Number(id) < before && String(own).toLowerCase().includes(title),
			)
			.sort((a, b) => Number(b.id) - Number(a.id))
			.slice(0, Number(searchParams.get('limit')));
		return lie?.(page) ?? { json: page };
	});
	const clock = new TestClock(NOW);
	return {
		door,
		timing: { clock },
		client: new AstriaClient(door, 'https://api.astria.ai', clock),
	};
}

const many = (count: number): Tune[] =>
	Array.from({ length: count }, (_, index) => ({ id: (index + 1) * 3, title: `Tune ${index}` }));

test.each([0, 1, 119, 120, 121, 130, 500])(
	'%i tunes are listed in full, newest first',
	async (count) => {
		const { client, timing, door } = clientOf(many(count));
		const tunes = await TUNES.own.select(client.reader(timing), {});
		expect(tunes.map(({ id }) => id)).toEqual(
			many(count)
				.map(({ id }) => id)
				.reverse(),
		);
		expect(door.calls.every(({ url }) => url.includes('limit=120'))).toBe(true);
	},
);

test('a limit asks for no more than it needs', async () => {
	await fc.assert(
		fc.asyncProperty(fc.nat(300), fc.integer({ min: 1, max: 300 }), async (count, limit) => {
			const { client, timing, door } = clientOf(many(count));
			expect(await TUNES.own.select(client.reader(timing), { limit })).toHaveLength(
				Math.min(count, limit),
			);
			expect(door.calls.length).toBeLessThanOrEqual(Math.ceil(limit / 120) + 1);
			expect(door.calls[0]?.url).toContain(`limit=${Math.min(limit, 120)}`);
		}),
		{ numRuns: 50 },
	);
});

test('a list that never ends because it does not know before_id ends here', async () => {
	const { client, timing, door } = clientOf(many(5), () => ({ json: many(5) }));
	expect(await TUNES.gallery.select(client.reader(timing), {})).toHaveLength(5);
	expect(door.calls).toHaveLength(2);
	expect(door.calls[0]?.url).toContain('/gallery/tunes?');
});

test('something else than a list, or a tune, is said to be that', async () => {
	const { client, timing } = clientOf([], () => ({ json: { prompts: [] } }));
	await expect(TUNES.own.select(client.reader(timing), {})).rejects.toThrow(/holds no list/);
	await expect(tuneById(client, timing, 1)).rejects.toThrow(/holds no tune/);
});

test.each([
	[{ id: 1 }, 1],
	[{ tune: { id: 2 } }, 2],
	[[{ id: 3 }], 3],
	[{ id: '4' }, '4'],
	[{ title: 'x' }, undefined],
	[null, undefined],
	[[], undefined],
])('a tune is found in %j', (answer, id) => {
	expect(readTune(answer)?.id).toBe(id);
});

test('a change without an answer is read back', async () => {
	const { client, timing, door } = clientOf([]);
	door.api = jest
		.fn()
		.mockResolvedValueOnce({ status: 204, headers: {}, body: Buffer.alloc(0) })
		.mockResolvedValueOnce({ status: 200, headers: {}, body: Buffer.from('{"id":7}') });
	expect(await patchTune(client, timing, 7, { title: 'x' })).toEqual({ id: 7 });
});

describe('the state of a tune', () => {
	const past = '2025-12-31T00:00:00Z';
	const future = '2026-02-01T00:00:00Z';

	test.each<[string, Tune, string]>([
		['nothing is known', {}, 'queued'],
		['nothing has begun', { trained_at: null, started_training_at: null }, 'queued'],
		['training has begun', { started_training_at: past }, 'training'],
		['it is trained', { trained_at: past, expires_at: future }, 'trained'],
		['its time is over', { trained_at: past, expires_at: past }, 'expired'],
		['it failed', { failed_at: past }, 'failed'],
		['it has a message', { fail_message: 'No face' }, 'failed'],
		['it has an error', { error: 'No face' }, 'failed'],
		['it has errors', { user_error: ['No face'] }, 'failed'],
		['its status says so', { status: 'Failed' }, 'failed'],
		[
			'its errors are empty',
			{ error: '', user_error: null, fail_message: [], failed_at: null },
			'queued',
		],
		['its error is false', { error: false, trained_at: past }, 'trained'],
	])('when %s', (_name, tune, state) => {
		expect(stateOf(tune, NOW)).toBe(state);
	});

	test('a failure has Astria’s words', () => {
		expect(() => trainedOrNot({ fail_message: 'No face.' }, NOW)).toThrow(JobFailedError);
		expect(() => trainedOrNot({ fail_message: 'No face.' }, NOW)).toThrow('Astria says: No face.');
		expect(() => trainedOrNot({ failed_at: past }, NOW)).toThrow('gives no reason');
		expect(() => trainedOrNot({ expires_at: past }, NOW)).toThrow('expired on 2025');
		expect(trainedOrNot({}, NOW)).toBeUndefined();
		expect(trainedOrNot({ id: 1, trained_at: past }, NOW)).toEqual({ id: 1, trained_at: past });
	});

	test('a wait that took too long says how far it came', () => {
		expect(notTrained(undefined, 60_000, 'yes').message).toMatch(/had not started.* after 60 s/);
		const late = notTrained({ started_training_at: past, eta: future }, 1_000, 'yes');
		expect(late.message).toMatch(/still in training.*ready at 2026-02-01/);
		expect(late.details.charged).toBe('yes');
	});
});

describe('a tune to reuse', () => {
	const fine = { id: 1, title: 'Jane', name: 'woman', model_type: 'lora', branch: 'flux1' };

	test.each<[string, Tune, boolean]>([
		['the same', {}, true],
		['one in training', { started_training_at: '2025-12-31T00:00:00Z' }, true],
		['another title around the same', { title: 'Jane Doe' }, false],
		['the title in other letters', { title: 'JANE' }, false],
		['another type', { model_type: 'faceid' }, false],
		['a checkpoint', { model_type: null }, false],
		['what SDXL makes of it', { model_type: 'pti' }, true],
		['a mock', { branch: 'fast' }, false],
		['one that failed', { fail_message: 'x' }, false],
		['one that expired', { expires_at: '2025-01-01T00:00:00Z' }, false],
	])('%s', async (_name, change, found) => {
		const { client, timing } = clientOf([{ ...fine, ...change }]);
		const traits = { title: 'Jane', model_type: 'lora' };
		expect((await findToReuse(client, timing, traits)) !== undefined).toBe(found);
	});

	test('the newest of many, however many have the title in theirs', async () => {
		const others = many(300).map((tune) => ({ ...tune, title: `Jane ${String(tune.id)}` }));
		const { client, timing } = clientOf([...others, fine, { ...fine, id: 2 }]);
		const found = await findToReuse(client, timing, { title: 'Jane', model_type: 'lora' });
		expect(found?.id).toBe(2);
	});

	test('a mock is reused for a mock', async () => {
		const { client, timing } = clientOf([{ ...fine, branch: 'fast' }]);
		const traits = { title: 'Jane', model_type: 'lora', branch: 'fast' };
		expect(await findToReuse(client, timing, traits)).toBeDefined();
	});
});

describe('a tune whose answer was lost', () => {
	const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
	const traits = { title: 'Jane', name: 'woman' };
	const none = () => false;

	test.each<[string, Tune, boolean]>([
		['made after the call', { created_at: at(1) }, true],
		['made in the second of the call', { created_at: at(-0.9) }, true],
		['made before the call', { created_at: at(-60) }, false],
		['without a time', {}, false],
		['of another class', { created_at: at(1), name: 'man' }, false],
		['with more in its title', { created_at: at(1), title: 'Jane 2' }, false],
	])('%s', async (_name, change, found) => {
		const { client } = clientOf([{ id: 5, ...traits, ...change }]);
		expect((await findCreated(client, {}, traits, NOW, none)) !== undefined).toBe(found);
	});

	test("is found by Astria's clock when this machine's is wrong", async () => {
		const { client } = clientOf([{ id: 5, ...traits, created_at: at(-3_590) }], (page) => ({
			json: page,
			headers: { date: new Date(NOW - 3_600_000).toUTCString() },
		}));
		expect(await findCreated(client, {}, traits, NOW, none)).toBeDefined();
	});

	test('is not one that another row was given', async () => {
		const { client } = clientOf([5, 6].map((id) => ({ id, ...traits, created_at: at(1) })));
		expect(await findCreated(client, {}, traits, NOW, (id) => id === 6)).toMatchObject({
			id: 5,
		});
	});
});

test('a tune comes out flat, and without what is not known', () => {
	const tune = {
		id: 7,
		title: 'Jane',
		name: 'woman',
		model_type: 'lora',
		branch: 'flux1',
		base_tune_id: 1504944,
		token: 'ohwx',
		trained_at: '2025-12-31T00:00:00Z',
		expires_at: '2026-02-01T00:00:00Z',
		eta: null,
		orig_images: ['https://a/1', 'https://a/2'],
		cost_mc: 150_000,
	};
	expect(tuneOutput(tune, NOW)).toEqual({
		tuneId: 7,
		title: 'Jane',
		name: 'woman',
		modelType: 'lora',
		branch: 'flux1',
		baseTuneId: 1504944,
		token: 'ohwx',
		status: 'trained',
		trained: true,
		trainedAt: '2025-12-31T00:00:00Z',
		expiresAt: '2026-02-01T00:00:00Z',
		images: ['https://a/1', 'https://a/2'],
		cost: 1.5,
		currency: 'USD',
	});
	expect(tuneOutput({ id: 1 }, NOW)).toEqual({
		tuneId: 1,
		status: 'queued',
		trained: false,
		images: [],
	});
});
