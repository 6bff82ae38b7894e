import { speedUp } from '../../../engine/clock';
import { errorsOf, jsonOf, type Parameters } from '../../../engine/items';
import { type Bed, makeBed, PARTNER, SD15 } from './bed';

const DAY_MS = 24 * 60 * 60 * 1000;

let bed: Bed;

beforeEach(async () => {
	speedUp(50);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const MANY = { operation: 'getAll', returnAll: true };

/** A finished prompt that was made so many days ago. */
async function made(daysAgo: number, fields: Record<string, unknown> = {}): Promise<number> {
	bed.sandbox.astria.options.clockSkewMs = -daysAgo * DAY_MS;
	const id = await bed.made(SD15, { text: `made ${daysAgo} days ago`, ...fields });
	await bed.sandbox.astria.settle(id);
	bed.sandbox.astria.options.clockSkewMs = 0;
	return id;
}

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

async function idsOf(filters: Parameters, more: Parameters = {}): Promise<unknown[]> {
	const { outputs, error } = await bed.run([{}], { ...MANY, ...more, filters });
	expect(error).toBeUndefined();
	return jsonOf(outputs[0]).map(({ promptId }) => promptId);
}

test('what was made since a time, and until another, is listed', async () => {
	const [oldest, older, newer] = [await made(9), await made(6), await made(1)];
	expect(await idsOf({ start: daysAgo(7) })).toEqual([newer, older]);
	expect(await idsOf({ start: daysAgo(7) }, { returnAll: false, limit: 1 })).toEqual([newer]);
	expect(await idsOf({ end: daysAgo(3) })).toEqual([older, oldest]);
	expect(await idsOf({ end: daysAgo(3) }, { returnAll: false, limit: 1 })).toEqual([older]);
	expect(await idsOf({ start: daysAgo(7), end: daysAgo(3) })).toEqual([older]);
	expect(await idsOf({ start: '={{ $now.minus(7, "days") }}' })).toEqual([newer, older]);
	expect(bed.calls(/start|end=/)).toEqual([]);
});

test('switches are read as a sheet has them', async () => {
	await made(1);
	const list = async (more: Parameters) => (await bed.run([{}], { ...MANY, ...more })).outputs[0];
	const [references] = (await list({ fetchReferences: '={{ "TRUE" }}' })) ?? [];
	expect(references?.json).toHaveProperty('referenceTitles');
	const [raw] = (await list({ simplify: '={{ "no" }}' })) ?? [];
	expect(raw?.json).toHaveProperty('id');
});

test('of a long list no more is read than a time asks for, and nothing is missing', async () => {
	bed.sandbox.astria.options.clockSkewMs = -9 * DAY_MS;
	for (let n = 0; n < 250; n += 1) await bed.made(SD15, { text: `old ${n}` });
	const wanted: number[] = [];
	bed.sandbox.astria.options.clockSkewMs = -DAY_MS;
	for (let n = 0; n < 130; n += 1) wanted.unshift(await bed.made(SD15, { text: `new ${n}` }));
	expect(await idsOf({ start: daysAgo(7) })).toEqual(wanted);
	// 120 new ones; 10 new ones and the first old one, at which it ends.
	expect(bed.calls(/GET \/prompts/)).toHaveLength(2);
});

test('a time that is none is told', async () => {
	const { outputs } = await bed.run(
		[{}],
		{ ...MANY, filters: { start: 'last week' } },
		{ onError: 'continueErrorOutput' },
	);
	expect(errorsOf(outputs[1])[0]).toMatch(
		/^Item 1: 'From' is "last week", which is no time\. Use /,
	);
	expect(bed.calls()).toEqual([]);
});

test('all workspaces are listed when they are wanted, each prompt with its own', async () => {
	const personal = await made(0);
	const there = await made(0, { workspace_id: 41 });
	expect(await idsOf({})).toEqual([personal]);
	expect(await idsOf({ all_workspaces: false })).toEqual([personal]);
	const { outputs } = await bed.run([{}], { ...MANY, filters: { all_workspaces: true } });
	expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual([there, personal]);
	expect(outputs[0]?.[0]?.json.workspaceId).toBe(41);
	expect(outputs[0]?.[1]?.json).not.toHaveProperty('workspaceId');
});

test('a lost sheet can be made anew: what was asked for, what became of it, what it cost', async () => {
	const woman = await bed.trained({ title: 'Anna', model_type: 'faceid', base_tune_id: PARTNER });
	const dress = await bed.trained({
		title: 'SKU-1',
		name: 'dress',
		model_type: 'faceid',
		base_tune_id: PARTNER,
	});
	const text = `<faceid:${woman}:1> woman wearing <faceid:${dress}:1> dress`;
	const { outputs: bought } = await bed.run([{ text }], {
		num_images: 2,
		additionalFields: { seed: 5 },
		output: 'row',
	});
	const { outputs } = await bed.run([{}], { ...MANY, fetchReferences: true });
	const [item] = jsonOf(outputs[0]);
	const row = bought[0]?.[0]?.json;
	expect(item).toMatchObject({
		promptId: row?.promptId,
		tuneId: PARTNER,
		status: 'COMPLETED',
		text,
		cost: row?.cost,
		currency: 'USD',
		createdAt: expect.any(String),
		startedAt: expect.any(String),
		endedAt: expect.any(String),
		imageUrls: row?.imageUrls,
		imageCount: 2,
		referenceTuneIds: [woman, dress],
		referenceTitles: ['Anna', 'SKU-1'],
		referenceImages: [expect.stringMatching(/^http/), expect.stringMatching(/^http/)],
	});
	expect(JSON.parse(String(item?.input))).toEqual(
		expect.objectContaining({ text, num_images: 2, seed: 5 }),
	);
	expect(JSON.parse(String(item?.input))).not.toHaveProperty('negative_prompt');
});

test('each reference is asked for once, and one that is gone is left out', async () => {
	const kept = await bed.trained({ title: 'Anna', model_type: 'faceid', base_tune_id: PARTNER });
	const gone = await bed.trained({ title: 'Gone', model_type: 'faceid', base_tune_id: PARTNER });
	for (const n of [1, 2]) {
		await bed.made(PARTNER, { text: `<faceid:${gone}:1> ${n} <faceid:${kept}:1> woman` });
	}
	await bed.call('DELETE', `/tunes/${gone}`);
	const { outputs, error } = await bed.run([{}], { ...MANY, fetchReferences: true });
	expect(error).toBeUndefined();
	for (const json of jsonOf(outputs[0])) {
		expect(json).toMatchObject({ referenceTuneIds: [gone, kept], referenceTitles: ['Anna'] });
	}
	expect(outputs[0]).toHaveLength(2);
	expect(bed.calls(/GET \/tunes\/\d+/)).toHaveLength(2);
});

test('an answer that is no list does not pass for an account that has bought nothing', async () => {
	const answer = { status: 200, body: { message: 'Down for maintenance' } };
	bed.sandbox.faults.add({ on: /GET \/prompts/, fault: { kind: 'answer', answer } });
	const { outputs } = await bed.run([{}], MANY, { onError: 'continueErrorOutput' });
	expect(outputs[0] ?? []).toEqual([]);
	expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(/^Item 1: .*holds no list/)]);
});

test('a reference that cannot be looked up is told, and the list is there all the same', async () => {
	const answer = { status: 400, body: { error: 'not now' } };
	bed.sandbox.faults.add({ on: /GET \/tunes/, fault: { kind: 'answer', answer } });
	await bed.made(PARTNER, { text: `<faceid:123:1> woman` });
	const { outputs } = await bed.run([{}], { ...MANY, fetchReferences: true });
	expect(jsonOf(outputs[0])).toMatchObject([
		{
			referenceTuneIds: [123],
			referenceImages: [],
			referenceError: expect.stringContaining('not now'),
		},
	]);
});

test('a failed prompt is listed with what Astria says', async () => {
	const id = await made(0, { text: 'an error' });
	const { outputs } = await bed.run([{}], MANY);
	expect(jsonOf(outputs[0])).toMatchObject([
		{ promptId: id, status: 'FAILED', userError: 'The provider refused this prompt.' },
	]);
});
