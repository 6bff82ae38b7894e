import type { FaultKind } from '../../../../sandbox/types';
import { errorsOf, jsonOf, type Parameters } from '../../../engine/items';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ fal: { historyDelayMs: 0 } });
});

afterEach(async () => {
	await bed.sandbox.close();
});

const MANY = { resource: 'job', operation: 'getAll' };

/** Submits so many jobs, each with its own seed, and waits for them. */
async function bought(count: number): Promise<string[]> {
	const rows = Array.from({ length: count }, (_, seed) => ({ seed }));
	const additionalFields = { seed: '={{ $json.seed }}' };
	const { outputs } = await bed.run(rows, { additionalFields, download: false });
	return (outputs[0] ?? []).map(({ json }) => String(json.requestId));
}

test('what was bought is listed with its inputs, each once', async () => {
	const ids = await bought(3);
	const { outputs, error } = await bed.run([{}], MANY);
	expect(error).toBeUndefined();
	const items = outputs[0] ?? [];
	expect(items.map(({ json }) => json.requestId).sort()).toEqual([...ids].sort());
	for (const { json } of items) {
		expect(json).toMatchObject({
			status: 'COMPLETED',
			statusCode: 200,
			endpoint: 'fal-ai/fashn/tryon/v1.6',
			modelImage: bed.person,
			garmentImage: bed.garment,
			sentAt: expect.any(String),
			endedAt: expect.any(String),
		});
	}
	const seeds = items.map(({ json }): unknown => JSON.parse(String(json.input)));
	expect(seeds).toEqual(expect.arrayContaining([expect.objectContaining({ seed: 2 })]));
});

test('more than a page is listed, and no more than the limit', async () => {
	const count = 6;
	const ids = await bought(count);
	const few = await bed.run([{}], { ...MANY, limit: 4 });
	expect(few.outputs[0]).toHaveLength(4);
	const all = await bed.run([{}], { ...MANY, returnAll: true });
	expect(new Set(all.outputs[0]?.map(({ json }) => json.requestId))).toEqual(new Set(ids));
});

test('switches and the limit are read as a sheet has them', async () => {
	const ids = await bought(2);
	const all = await bed.run([{}], { ...MANY, returnAll: '={{ "TRUE" }}', limit: 1 });
	expect(all.outputs[0]).toHaveLength(ids.length);
	const usual = await bed.run([{}], { ...MANY, limit: '={{ null }}' });
	expect(usual.outputs[0]).toHaveLength(ids.length);
	const one = await bed.run([{}], { ...MANY, limit: '={{ " 1 " }}' });
	expect(one.outputs[0]).toHaveLength(1);
	const none = await bed.run([{}], { ...MANY, limit: '={{ 0 }}' });
	expect(none.error?.message).toMatch(/^Item 1: 'Limit' is 0, less than 1/);
	const fetched = await bed.run([{}], { ...MANY, limit: 1, fetchResults: '={{ "yes" }}' });
	expect(fetched.outputs[0]?.[0]?.json.imageUrl).toEqual(expect.any(String));
});

const PASSING: Array<[string, FaultKind]> = [
	['500', { kind: 'answer', answer: { status: 500 } }],
	['429', { kind: 'answer', answer: { status: 429 } }],
	['a reset', { kind: 'reset' }],
];

test.each(PASSING)('%s, met once, is asked about again', async (_, fault) => {
	const ids = await bought(1);
	bed.sandbox.faults.add({ on: /models\/requests/, fault });
	const { outputs, error } = await bed.run([{}], MANY);
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json.requestId)).toEqual(ids);
});

test('Fetch Results hands out the pictures as Get does, with what they cost', async () => {
	const ids = await bought(2);
	const { outputs } = await bed.run([{}], { ...MANY, fetchResults: true });
	const items = outputs[0] ?? [];
	expect(items.map(({ json }) => json.requestId).sort()).toEqual([...ids].sort());
	for (const { json, binary } of items) {
		expect(json).toMatchObject({ imageUrl: expect.any(String), cost: 0.075, currency: 'USD' });
		expect(json.modelImage).toBe(bed.person);
		expect(binary?.data).toBeDefined();
	}
});

test('a failed job is listed too, and by its outcome', async () => {
	await bought(1);
	bed.sandbox.fal.options.outcome = () => ({
		kind: 'request',
		status: 500,
		errorType: 'runner_disconnected',
		message: 'Runner disconnected',
	});
	await bed.run([{}], { download: false }, { onError: 'continueRegularOutput' });
	const { outputs } = await bed.run([{}], { ...MANY, fetchResults: true });
	expect(outputs[0]?.map(({ json }) => json.statusCode === 200).sort()).toEqual([false, true]);
	const good = await bed.run([{}], { ...MANY, filters: { status: 'success' } });
	expect(good.outputs[0]?.map(({ json }) => json.statusCode)).toEqual([200]);
});

test('jobs since a time, and until another, are listed', async () => {
	const ids = await bought(1);
	const idsOf = async (filters: Parameters) => {
		const { outputs, error } = await bed.run([{}], { ...MANY, filters });
		expect(error).toBeUndefined();
		return jsonOf(outputs[0]).map(({ requestId }) => requestId);
	};
	expect(await idsOf({ start: '={{ $now.minus(7, "days") }}' })).toEqual(ids);
	expect(await idsOf({ end: '={{ $now.minus(1, "hours") }}' })).toEqual([]);
});

test('a key that may not see the history is told so, without a word of a charge', async () => {
	const answer = { status: 403, body: { detail: 'forbidden' } };
	bed.sandbox.faults.add({ on: /requests\/by-endpoint/, fault: { kind: 'answer', answer } });
	const { outputs } = await bed.run([{}], MANY, { onError: 'continueErrorOutput' });
	expect(errorsOf(outputs[1])[0]).toMatch(/^Item 1: /);
	expect(errorsOf(outputs[1])[0]).not.toMatch(/charge/i);
});
