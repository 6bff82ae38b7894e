import type { IDataObject } from 'n8n-workflow';

import { speedUp, until } from '../../../engine/clock';
import { RETRY, useBinaryMode } from '../../../engine/engine';
import { errorsOf, jsonOf, panelOf, type Parameters, picked } from '../../../engine/items';
import { call, timeOut } from '../../../engine/suspended';
import { type Bed, makeBed } from './bed';

let bed: Bed;

/** What ends only after the test. */
const NEVER_MS = 3_600_000;

/** Prompts that the pack has for a woman. */
const TEMPLATES = 2;

const TRAIN: Parameters = {
	resource: 'pack',
	operation: 'createTune',
	packId: picked('260'),
	waitForPictures: true,
	download: false,
};

const CONTINUE = { onError: 'continueRegularOutput' } as const;

beforeEach(async () => {
	await useBinaryMode('default');
	bed = await makeBed({ astria: { trainingMs: 300, generationMs: 300 } });
	speedUp(20);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const run = async (titles: string[], more: Parameters = {}, settings = {}) =>
	await bed.run(
		titles.map((title) => ({ title })),
		{ ...TRAIN, ...more },
		settings,
	);

/** The prompts on a tune, oldest first. */
const promptsOn = (tuneId: unknown) =>
	bed.sandbox.astria
		.prompts()
		.filter((prompt) => prompt.tuneId === tuneId)
		.map(({ id }) => id);

const tunes = () => bed.sandbox.astria.tunes();

const bought = () => bed.sandbox.astria.creations().length;

/** Ids of the tunes by their titles. */
const tuneOf = (title: string) => tunes().find(({ fields }) => fields.title === title)?.id;

/** What every row of a run has. */
const runOf = (tuneId: unknown): IDataObject => ({
	packId: '260',
	tuneId: Number(tuneId),
	tuneIds: [Number(tuneId)],
});

test('a tune is trained, and the pictures of its prompts come out, bought once', async () => {
	const { outputs, error } = await run(['Jane']);
	expect(error).toBeUndefined();
	const tuneId = tuneOf('Jane');
	const ids = promptsOn(tuneId);
	expect(ids).toHaveLength(TEMPLATES);
	expect(jsonOf(outputs[0])).toMatchObject(
		ids.map((promptId) => ({
			...runOf(tuneId),
			promptId,
			status: 'COMPLETED',
			imageUrl: expect.stringContaining(bed.sandbox.media.url),
		})),
	);
	expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }]);
	expect(bought()).toBe(1);
});

test('each of two rows has the pictures of its own tune, as files', async () => {
	const { outputs, error } = await run(['Jane', 'Anna'], { download: true });
	expect(error).toBeUndefined();
	const items = outputs[0] ?? [];
	expect(items.map(({ json }) => json.promptId)).toEqual(
		['Jane', 'Anna'].flatMap((title) => promptsOn(tuneOf(title))),
	);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	expect(items.every(({ binary }) => binary?.data?.mimeType.startsWith('image/'))).toBe(true);
	expect(bought()).toBe(2);
});

test('one tune from all items, with the pictures of each prompt in one item', async () => {
	const promptFields = { num_images: 2 };
	const more = { tunesFrom: 'all', output: 'row', promptFields };
	const { outputs } = await run(['Jane', 'Jane'], more);
	expect(outputs[0]).toHaveLength(TEMPLATES);
	for (const { json, pairedItem } of outputs[0] ?? []) {
		expect(json).toMatchObject({ ...runOf(tuneOf('Jane')), imageCount: 2 });
		expect(pairedItem).toEqual([{ item: 0 }, { item: 1 }]);
	}
	expect(bought()).toBe(1);
});

test('prompts that appear one by one, long after the training, are waited for', async () => {
	bed.sandbox.astria.options.packPromptsAfterMs = 1_500;
	const { outputs, error } = await run(['Jane']);
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual(promptsOn(tuneOf('Jane')));
});

test('only the chosen prompts are waited for', async () => {
	const { outputs } = await run(['Jane'], { additionalFields: { prompt_ids: '502' } });
	expect(outputs[0]).toHaveLength(1);
	// One look: a page, and the empty one behind it.
	expect(bed.calls(/^GET \/tunes\/\d+\/prompts$/)).toHaveLength(2);
});

test('prompts that others make on the tune are not handed out', async () => {
	const own = { tune: { prompts_attributes: [{ text: 'ohwx woman with flowers' }] } };
	const additionalFields = { additional_fields: JSON.stringify(own.tune) };
	const { outputs } = await run(['Jane'], { additionalFields });
	expect(promptsOn(tuneOf('Jane'))).toHaveLength(TEMPLATES + 1);
	expect(outputs[0]).toHaveLength(TEMPLATES);
});

test('of prompts that are not found a row says so, with its tune', async () => {
	bed.sandbox.astria.options.packPromptsAfterMs = NEVER_MS;
	const { outputs, error } = await run(['Jane']);
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual([
		{
			...runOf(tuneOf('Jane')),
			status: 'UNKNOWN',
			promptError: expect.stringMatching(/is trained.*Get Many/),
		},
	]);
});

describe('Retry On Fail', () => {
	test('finds the same tunes and prompts, and buys nothing again', async () => {
		const { outputs, error } = await run(['Jane', 'This one fails'], {}, { ...RETRY, ...CONTINUE });
		expect(error).toBeUndefined();
		const ids = promptsOn(tuneOf('Jane'));
		expect(jsonOf(outputs[0])).toMatchObject([
			...ids.map((promptId) => ({ promptId, status: 'COMPLETED' })),
			{ error: expect.stringMatching(/^Item 2: Tune \d+: The training failed/) },
		]);
		expect(bought()).toBe(2);
	});

	test('goes on where the prompts could not be looked up, whatever its expressions say', async () => {
		const answer = { status: 422, body: { error: 'Not now' } };
		bed.sandbox.faults.add({ on: /^GET \/p\/260/, fault: { kind: 'answer', answer }, times: 1 });
		bed.sandbox.astria.options.trainingMs = 2_500;
		const soon = Date.now() + 2_000;
		const packId = picked(`={{ Date.now() < ${soon} ? '260' : 'summer-lookbook' }}`);
		const { outputs, error } = await run(['Jane'], { packId }, RETRY);
		expect(error).toBeUndefined();
		expect(Date.now()).toBeGreaterThan(soon);
		const ids = promptsOn(tuneOf('Jane'));
		expect(jsonOf(outputs[0])).toMatchObject(
			ids.map((promptId) => ({ ...runOf(tuneOf('Jane')), promptId })),
		);
		expect(bought()).toBe(1);
	});

	test('is of no use to an answer that stays bad, and names the tune', async () => {
		const answer = { status: 422, body: { error: 'Not now' } };
		const on = /^GET \/p\/260/;
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer }, times: Infinity });
		const { outputs } = await run(['Jane'], {}, { ...RETRY, ...CONTINUE });
		expect(errorsOf(outputs[0])).toEqual([
			expect.stringMatching(new RegExp(`^Item 1: Tune ${tuneOf('Jane')}: Pack 260: .*Not now`)),
		]);
		expect(outputs[0]?.[0]?.json.details).toMatchObject({ charged: 'yes' });
		expect(bought()).toBe(1);
	});
});

test('a training that takes too long is still in progress, with its tune', async () => {
	bed.sandbox.astria.options.trainingMs = NEVER_MS;
	const { outputs, error } = await run(['Jane'], { options: { maxWait: 60 } }, RETRY);
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual([
		{
			...runOf(tuneOf('Jane')),
			status: 'IN_PROGRESS',
			promptError: expect.stringMatching(/60 s, the 'Max Wait'.*Wait Until Trained.*Get Many/),
		},
	]);
	expect(bought()).toBe(1);
});

test('prompts that take too long are still in progress, with their ids', async () => {
	bed.sandbox.astria.options.generationMs = NEVER_MS;
	const { outputs, error } = await run(['Jane'], { options: { maxWait: 60 } });
	expect(error).toBeUndefined();
	const tuneId = tuneOf('Jane');
	expect(jsonOf(outputs[0])).toEqual(
		promptsOn(tuneId).map((promptId) => ({
			...runOf(tuneId),
			promptId,
			status: 'IN_PROGRESS',
			promptError: expect.stringContaining("60 s, the 'Max Wait'"),
		})),
	);
});

test('a training that failed says so, with its tune', async () => {
	const { error } = await run(['This one fails']);
	expect(panelOf({ error })).toMatch(
		new RegExp(`^Item 1: Tune ${tunes()[0]?.id}: The training failed\\. Astria says: `),
	);
	expect(bought()).toBe(1);
});

test('a prompt that failed takes nothing from the others', async () => {
	const characteristics = { pairs: [{ name: 'eye_color', value: 'error' }] };
	const { outputs, error } = await run(['Jane'], { additionalFields: { characteristics } });
	expect(error).toBeUndefined();
	const tuneId = tuneOf('Jane');
	const [failed, good] = promptsOn(tuneId);
	expect(jsonOf(outputs[0])).toMatchObject([
		{
			...runOf(tuneId),
			promptId: failed,
			status: 'FAILED',
			promptError: expect.stringContaining('The provider refused'),
		},
		{ ...runOf(tuneId), promptId: good, status: 'COMPLETED', imageUrl: expect.any(String) },
	]);
});

test('a lost answer finds its tune, and the pictures come out all the same', async () => {
	bed.sandbox.faults.add({ on: /^POST \/p\//, fault: { kind: 'resetAfter' } });
	const { outputs, error } = await run(['Jane']);
	expect(error).toBeUndefined();
	const tuneId = tuneOf('Jane');
	expect(jsonOf(outputs[0])).toMatchObject(
		promptsOn(tuneId).map((promptId) => ({ ...runOf(tuneId), promptId, recovered: true })),
	);
	expect(outputs[0]).toHaveLength(TEMPLATES);
	expect(bought()).toBe(1);
});

test.each([
	['in training', { trainingMs: NEVER_MS }, () => tunes().length > 0],
	['whose prompts appear late', { packPromptsAfterMs: NEVER_MS }, () => isAsked(/^GET \/p\//)],
	['whose prompts are made', { generationMs: NEVER_MS }, () => isAsked(/^GET \/p\//)],
])('Stop names a tune %s, which goes on', async (_, options, isThere) => {
	Object.assign(bed.sandbox.astria.options, options);
	const started = bed.start([{ title: 'Jane' }], TRAIN, CONTINUE);
	await until(isThere);
	started.stop();
	const { outputs } = await started.finished;
	expect(errorsOf(outputs[0])).toEqual([
		expect.stringContaining(`Tune ${tuneOf('Jane')} goes on.`),
	]);
	expect(bought()).toBe(1);
});

const isAsked = (pattern: RegExp) => bed.calls(pattern).length > 0;

test('an output that cannot be made is found before the tune is bought', async () => {
	const { error } = await run(['Jane'], { download: '={{ $("Nowhere").item.json.sku }}' });
	expect(error?.message).toMatch(/^Item 1: Referenced node/);
	expect(bought()).toBe(0);
});

describe('By Callback', () => {
	const CALLBACK: Parameters = { ...TRAIN, wait: 'callback' };

	beforeEach(() => {
		Object.assign(bed.sandbox.astria.options, { trainingMs: NEVER_MS, generationMs: NEVER_MS });
	});

	const suspend = async (titles: string[], more: Parameters = {}, settings = {}) =>
		await bed.suspend(
			titles.map((title) => ({ title })),
			{ ...CALLBACK, ...more },
			settings,
		);

	async function settle(...ids: Array<number | undefined>): Promise<void> {
		for (const id of ids) await bed.sandbox.astria.settle(id ?? 0);
	}

	test('goes on when the prompts of every tune have ended, with one item per row', async () => {
		const waiting = await suspend(['Jane', 'Anna'], { download: true });
		const sent = bed.sandbox.astria.creations().map(({ params }) => JSON.stringify(params));
		const address = '"[^"]*/webhook-waiting/1[^"]*"';
		const both = new RegExp(`"callback":${address}.*"prompts_callback":${address}`);
		expect(sent).toEqual(Array(2).fill(expect.stringMatching(both)));
		const [jane, anna] = ['Jane', 'Anna'].map(tuneOf);
		await settle(jane, ...promptsOn(jane), anna);
		expect((await call(waiting)).result).toBeUndefined();
		const [first, second] = promptsOn(anna);
		await settle(first);
		expect((await call(waiting)).result).toBeUndefined();
		await settle(second);
		const [items = []] = (await call(waiting)).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject(
			[jane, anna].map((tuneId) => ({
				...runOf(tuneId),
				promptIds: promptsOn(tuneId),
				status: 'COMPLETED',
				imageCount: TEMPLATES,
				imageUrls: Array(TEMPLATES).fill(expect.stringContaining(bed.sandbox.media.url)),
			})),
		);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(Object.keys(items[1]?.binary ?? {})).toEqual(['data', 'data_1']);
		expect(bought()).toBe(2);
	});

	test('prompts that the pack lists and does not make are waited for a minute', async () => {
		const { options } = bed.sandbox.astria;
		options.packPromptsAfterMs = NEVER_MS;
		const waiting = await suspend(['Jane']);
		const tuneId = tuneOf('Jane');
		await settle(tuneId);
		options.clockSkewMs += NEVER_MS;
		await settle(...promptsOn(tuneId));
		// Astria calls once about them: whoever took that call looks again.
		const looks = () => bed.calls(/^GET \/tunes\/\d+\/prompts/).length;
		const before = looks();
		const called = call(waiting);
		await until(() => looks() >= before + 3);
		options.clockSkewMs += 61_000;
		const [items] = (await called).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject([
			{ ...runOf(tuneId), promptIds: promptsOn(tuneId).slice(0, 1), imageCount: 1 },
		]);
	});

	test('a tune on which the pack makes nothing ends a minute after its training', async () => {
		const { options } = bed.sandbox.astria;
		options.packPromptsAfterMs = NEVER_MS * 10;
		const waiting = await suspend(['Jane']);
		const tuneId = tuneOf('Jane');
		await settle(tuneId);
		const looks = () => bed.calls(/^GET \/tunes\/\d+\/prompts/).length;
		const called = call(waiting);
		await until(() => looks() >= 3);
		options.clockSkewMs += 61_000;
		const [items] = (await called).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject([
			{ tuneId, promptError: expect.stringContaining('shows no prompts of the pack') },
		]);
	});

	test('a training that failed is an error row, and a prompt that failed is told', async () => {
		const characteristics = { pairs: [{ name: 'eye_color', value: 'error' }] };
		const more = { additionalFields: { characteristics } };
		const settings = { onError: 'continueErrorOutput' };
		const waiting = await suspend(['Jane', 'This one fails'], more, settings);
		const [jane, failing] = ['Jane', 'This one fails'].map(tuneOf);
		await settle(failing, jane, ...promptsOn(jane));
		const { outputs = [] } = (await call(waiting)).result ?? {};
		const [failed] = promptsOn(jane);
		expect(jsonOf(outputs[0])).toMatchObject([
			{
				status: 'COMPLETED',
				imageCount: 1,
				promptError: expect.stringMatching(`^Prompt ${failed}: .*The provider refused`),
			},
		]);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(`^Item 2: Tune ${failing}: The training failed`),
		]);
	});

	test('a prompt that cannot be read yet is looked at again', async () => {
		const waiting = await suspend(['Jane']);
		const jane = tuneOf('Jane');
		await settle(jane, ...promptsOn(jane));
		const on = /^GET \/tunes\/\d+\/prompts/;
		const answer = { status: 500, body: {} };
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer }, times: 4 });
		expect((await call(waiting)).result?.outputs[0]).toHaveLength(1);
		expect(bed.sandbox.faults.unmet).toBe(0);
	});

	test('a row that runs out of time has its tune', async () => {
		const { outputs } = await timeOut(await suspend(['Jane']));
		expect(jsonOf(outputs[0])).toEqual([{ tuneId: tuneOf('Jane'), status: 'waiting' }]);
	});

	test.each([
		['Callback', 'callback'],
		['Prompts Callback', 'prompts_callback'],
	])('a %s of the own is refused before anything is paid', async (label, name) => {
		const additionalFields = { [name]: 'https://example.com/own' };
		const { error } = await bed.run([{}], { ...CALLBACK, additionalFields });
		expect(error?.message).toContain(`'${label}' is set, while the node itself waits`);
		expect(bought()).toBe(0);
	});

	test('who does not wait gets the tune at once', async () => {
		const { outputs } = await run(['Jane'], { wait: 'none' });
		expect(jsonOf(outputs[0])).toMatchObject([{ tuneId: tuneOf('Jane'), trained: false }]);
	});
});
