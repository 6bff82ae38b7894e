import type { INodeParameters } from 'n8n-workflow';

import { collectedAddress } from '../AstriaTune/samples';
import { speedUp, until } from '../../../engine/clock';
import { RETRY } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { type Bed, FLUX, makeBed, SD15 } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(50);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { onError: 'continueErrorOutput' } as const;
const RETRY_ERRORS = { ...ERRORS, ...RETRY };
const CREATE = /POST \/tunes\/\d+\/prompts/;
const LOST = { kind: 'answerAfter', answer: { status: 504 } } as const;

const creates = () => bed.calls(CREATE).length;

describe('a lost answer', () => {
	test.each([
		['504', LOST],
		['500', { kind: 'answerAfter', answer: { status: 500 } }],
		['a reset', { kind: 'resetAfter' }],
		['a page of a proxy', { kind: 'answerAfter', answer: { status: 201, body: '<html>' } }],
		['half of one', { kind: 'cutOff' }],
	] as const)('%s: the prompt is found, and not bought again', async (_, fault) => {
		bed.sandbox.faults.add({ on: CREATE, fault });
		const { outputs, error } = await bed.run([{ text: 'a {{eye_color}} look\nat the sea' }]);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED', recovered: true }]);
		expect(creates()).toBe(1);
		expect(bed.prompts()).toHaveLength(1);
	});

	test('of a call with a picture is found by its own seed, not by an older twin', async () => {
		const twin = { text: 'a photo', input_image_url: bed.person, seed: 4 };
		await bed.made(SD15, twin);
		bed.sandbox.faults.add({ on: CREATE, fault: LOST });
		const additionalFields = { input_image: collectedAddress('input_image', bed.person) };
		const { outputs } = await bed.run([{}], { tuneId: picked(SD15), additionalFields });
		const [, ours] = bed.prompts();
		expect(jsonOf(outputs[0])).toMatchObject([{ promptId: ours?.id, recovered: true }]);
		expect(bed.sent()[1]).toMatchObject({ seed: expect.any(Number) });
	});

	test('rows that are alike each find their own', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault: LOST, times: 4 });
		const { outputs } = await bed.run([{}, {}, {}, {}]);
		const found = jsonOf(outputs[0]).map(({ promptId }) => promptId);
		expect(new Set(found)).toEqual(new Set(bed.prompts().map(({ id }) => id)));
		expect(found).toHaveLength(4);
		expect(creates()).toBe(4);
	});

	test('of a prompt that Astria never got is told, and not sent again', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer: { status: 504 } } });
		const { outputs } = await bed.run([{}], {}, RETRY_ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(
			/^Item 1: The request was sent, but its answer was lost: .*504.* Astria does not show the prompt so far\. .* may be charged\. Look for it with Get Many/,
		);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			stage: 'submit',
			charged: 'unknown',
			retryable: false,
			statusCode: 504,
		});
		expect(creates()).toBe(1);
		expect(bed.calls(/GET \/prompts/).length).toBeGreaterThan(2);
	});

	test('of a row that another one ends is still looked for, and its prompt is named', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault: LOST, after: 1 });
		const unasked = { kind: 'answer', answer: { status: 500 } } as const;
		bed.sandbox.faults.add({ on: /GET \/prompts$/, fault: unasked, times: 2 });
		const { error } = await bed.run([{ text: 'an error' }, { text: 'a photo' }]);
		const lost = bed.sandbox.astria.prompts().find(({ fields }) => fields.text === 'a photo');
		expect(error?.message).toMatch(/^Item 1: Prompt \d+: Astria says: The provider refused/);
		expect(error?.message).toContain(`item 2 (${lost?.id})`);
	});

	test('of a duplicate is found by the text of the original', async () => {
		const id = await bed.made(SD15, { text: 'the original' });
		await bed.sandbox.astria.settle(id);
		bed.sandbox.faults.add({ on: /POST .*duplicate/, fault: LOST });
		const { outputs } = await bed.run([{}], {
			operation: 'duplicate',
			promptId: picked(id),
			text: '',
		});
		expect(jsonOf(outputs[0])).toMatchObject([{ text: 'the original', recovered: true }]);
		expect(bed.calls(/POST .*duplicate/)).toHaveLength(1);
	});
});

describe('a call that Astria did not take', () => {
	test.each([
		['429', { status: 429, body: { error: 'Too many' } }],
		['503 with a Retry-After', { status: 503, headers: { 'Retry-After': '1' } }],
	])('is sent again: %s', async (_, answer) => {
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer }, times: 2 });
		const { outputs } = await bed.run([{}]);
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
		expect(creates()).toBe(3);
		expect(bed.prompts()).toHaveLength(1);
	});

	test.each<[string, { status: number; body: unknown }, RegExp]>([
		[
			'422',
			{ status: 422, body: { cfg_scale: ['must be less than 5'] } },
			/cfg_scale must be less/,
		],
		[
			'404',
			{ status: 404, body: { status: 404, error: 'Not Found' } },
			/Astria does not have this/,
		],
	])('is not: %s', async (_, answer, message) => {
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer } });
		const { outputs } = await bed.run(
			[{ sku: 'A' }, { sku: 'B' }],
			{ options: { jobsInFlight: 1 } },
			ERRORS,
		);
		expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(message)]);
		expect(outputs[1]?.[0]?.json).toMatchObject({
			sku: 'A',
			details: { service: 'Astria', stage: 'submit', charged: 'no', statusCode: answer.status },
		});
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
		expect(creates()).toBe(2);
	});

	test.each([
		['no balance', { status: 422, body: { base: ['Not enough balance'] } }, /balance.*is used up/],
		['a wrong key', { status: 401, body: 'HTTP Token: Access denied.' }, /does not accept the key/],
	])('is not, and nor are the rows behind it: %s', async (_, answer, message) => {
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer } });
		const { outputs } = await bed.run(
			[{ sku: 'A' }, { sku: 'B' }],
			{ options: { jobsInFlight: 1 } },
			ERRORS,
		);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(message),
			expect.stringMatching(
				/^Item 2: Not submitted, since another row has found out: .*not charged/,
			),
		]);
		expect(outputs[1]?.map(({ json }) => json.details)).toEqual([
			expect.objectContaining({ charged: 'no', statusCode: answer.status, ofAccount: true }),
			expect.objectContaining({ charged: 'no', statusCode: answer.status, ofAccount: true }),
		]);
		expect(creates()).toBe(1);
	});
});

describe('a prompt that fails', () => {
	test.each([
		['error', /^Item 2: Prompt \d+: Astria says: The provider refused this prompt\. /],
		[
			'noimages',
			/^Item 2: Prompt \d+: Astria says that the prompt is finished, but it has no pict/,
		],
	])('with %s is an error row, the others go on', async (word, message) => {
		const rows = [{ text: 'one' }, { text: `an ${word}`, sku: 'B' }, { text: 'three' }];
		const { outputs } = await bed.run(rows, {}, ERRORS);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(message)]);
		expect(outputs[1]?.[0]?.json).toMatchObject({
			sku: 'B',
			details: { service: 'Astria', stage: 'result', requestId: expect.stringMatching(/^\d+$/) },
		});
	});

	test('in part delivers what there is', async () => {
		const { outputs } = await bed.run([{ text: 'partial' }], { num_images: 3 });
		expect(jsonOf(outputs[0])).toMatchObject([{ imageCount: 2 }, { imageIndex: 1 }]);
	});

	test('under Stop Workflow ends the run and names what was bought', async () => {
		bed.sandbox.astria.options.generationMs = 3_000;
		const rows = Array.from({ length: 8 }, (_, n) => ({ text: `photo ${n}` }));
		const started = bed.start(rows, { options: { jobsInFlight: 4 } });
		await until(() => bed.prompts().length === 4);
		const first = bed.sandbox.astria.prompts()[0];
		if (!first) throw new Error('No prompt');
		Object.assign(first, { userError: 'No.', trainedAt: new Date() });
		const { error } = await started.finished;
		expect(error?.message).toMatch(/^Item 1: Prompt \d+: Astria says: No\./);
		expect(bed.prompts().length).toBe(4);
		const ids = bed.prompts().map(({ id }) => String(id));
		for (const id of ids) expect(error?.message).toContain(id);
	});
});

describe('Retry On Fail', () => {
	test('picks up what was submitted', async () => {
		const rows = ['an error', 'one', 'two', 'three'].map((text) => ({ text }));
		const { outputs } = await bed.run(rows, {}, RETRY_ERRORS);
		expect(outputs[0]).toHaveLength(3);
		expect(errorsOf(outputs[1])).toHaveLength(1);
		expect(creates()).toBe(4);
	});

	test('also where calls get seeds of their own', async () => {
		const rows = ['an error', 'one', 'two'].map((text) => ({ text }));
		await bed.run(rows, { aspect_ratio: '3:4' }, RETRY_ERRORS);
		expect(creates()).toBe(3);
	});

	test('buys a row that was refused', async () => {
		const answer = { status: 422, body: { base: ['Not enough balance'] } };
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer } });
		const { outputs } = await bed.run([{}, {}], { options: { jobsInFlight: 1 } }, RETRY_ERRORS);
		expect(outputs[0]).toHaveLength(2);
		expect(creates()).toBe(3);
		expect(bed.prompts()).toHaveLength(2);
	});

	test('under Don’t Wait hands back the same ids', async () => {
		const answer = { status: 422, body: { base: ['No'] } };
		bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'answer', answer } });
		const options = { jobsInFlight: 1 };
		const { outputs } = await bed.run([{}, {}, {}], { wait: 'none', options }, RETRY_ERRORS);
		expect(new Set(jsonOf(outputs[0]).map(({ promptId }) => promptId)).size).toBe(3);
		expect(bed.prompts()).toHaveLength(3);
	});
});

describe('the wait', () => {
	test('ends with Stop, at once', async () => {
		const started = bed.start([{ text: 'stuck' }, { text: 'stuck too' }]);
		await until(() => bed.prompts().length === 2 && bed.calls(/GET/).length > 0);
		const before = Date.now();
		started.stop();
		await started.finished;
		expect(Date.now() - before).toBeLessThan(500);
		const asked = bed.calls(/GET/).length;
		await new Promise((resolve) => setTimeout(resolve, 600));
		expect(bed.calls(/GET/).length).toBe(asked);
	});

	test('ends with Max Wait, and tells the id', async () => {
		const { outputs } = await bed.run([{ text: 'stuck' }], { options: { maxWait: 5 } }, ERRORS);
		const [prompt] = bed.prompts();
		expect(errorsOf(outputs[1])[0]).toMatch(
			/^Item 1: The prompt was not finished after 5 s, the 'Max Wait' of this node\./,
		);
		expect(errorsOf(outputs[1])[0]).toContain(`Prompt ${prompt?.id} goes on. Fetch it with Get.`);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
	});

	test.each([
		['429', { kind: 'answer', answer: { status: 429 } }],
		['500', { kind: 'answer', answer: { status: 500 } }],
		['resets', { kind: 'reset' }],
	] as const)('survives %s', async (_, fault) => {
		bed.sandbox.faults.add({ on: /GET \/prompts/, fault, times: 2 });
		const { outputs } = await bed.run([{}, {}]);
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
	});

	test('ends when the prompt is deleted meanwhile', async () => {
		const started = bed.start([{ text: 'stuck' }], {}, ERRORS);
		await until(() => bed.prompts().length === 1);
		await bed.call('DELETE', `/prompts/${bed.prompts()[0]?.id}`);
		const { outputs } = await started.finished;
		expect(errorsOf(outputs[1])[0]).toMatch(/Prompt \d+: Astria does not have this\./);
	});
});

describe('an account with idempotency switched on', () => {
	const input = (address: string, more: INodeParameters = {}): Parameters => ({
		additionalFields: { ...more, input_image: collectedAddress('input_image', address) },
	});
	/** Two pictures, one text: Astria itself would give both rows the same prompt. */
	const rows = () => [{ image: bed.person }, { image: bed.garment }];

	beforeEach(() => {
		bed.sandbox.astria.options.account.idempotent = true;
	});

	test('gets a new prompt for the same text over another picture', async () => {
		const { outputs } = await bed.run(rows(), {
			tuneId: picked(SD15),
			...input('={{ $json.image }}'),
		});
		const ids = jsonOf(outputs[0]).map(({ promptId }) => promptId);
		expect(new Set(ids).size).toBe(2);
		const seeds = bed.sent().map(({ seed }) => seed);
		expect(new Set(seeds).size).toBe(2);
	});

	test('and for another shape, in another run', async () => {
		await bed.run([{}], { tuneId: picked(FLUX), additionalFields: { film_grain: true } });
		await bed.run([{}], { tuneId: picked(FLUX), additionalFields: { style: 'Enhance' } });
		expect(bed.prompts()).toHaveLength(2);
	});

	test('keeps its switch where Astria compares everything', async () => {
		const first = await bed.run([{}], {
			tuneId: picked(SD15),
			additionalFields: { w: 512, h: 512 },
		});
		const again = await bed.run([{}], {
			tuneId: picked(SD15),
			additionalFields: { w: 512, h: 512 },
		});
		expect(bed.prompts()).toHaveLength(1);
		expect(jsonOf(again.outputs[0])[0]?.promptId).toBe(jsonOf(first.outputs[0])[0]?.promptId);
	});

	test('is told when a seed of one’s own leads to the pictures of another row', async () => {
		const parameters = {
			tuneId: picked(SD15),
			...input('={{ $json.image }}', { seed: 5 }),
		};
		const { outputs } = await bed.run(rows(), parameters, ERRORS);
		expect(outputs[0]).toHaveLength(1);
		expect(errorsOf(outputs[1])[0]).toMatch(/handed back prompt \d+, which it made before.*'Seed'/);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'no', stage: 'submit' });
	});

	test('is told when a seed of one’s own leads to an older prompt', async () => {
		const id = await bed.made(SD15, { text: 'a photo', seed: 5, input_image_url: bed.garment });
		const old = bed.sandbox.astria.prompts().find((prompt) => prompt.id === id);
		Object.assign(old ?? {}, { createdAt: new Date(Date.now() - 3_600_000) });
		const parameters = { tuneId: picked(SD15), ...input(bed.person, { seed: 5 }) };
		const { outputs } = await bed.run([{}], parameters, ERRORS);
		expect(errorsOf(outputs[1])[0]).toContain(`handed back prompt ${id}`);
	});

	test('is told when a duplicate is the prompt itself', async () => {
		const id = await bed.made(SD15, { text: 'the original' });
		await bed.sandbox.astria.settle(id);
		const parameters = { operation: 'duplicate', promptId: picked(id), text: '' };
		const { outputs } = await bed.run([{}], parameters, ERRORS);
		expect(errorsOf(outputs[1])[0]).toContain(`handed back prompt ${id}`);
	});
});

test('60 prompts are watched with at most two list calls an interval, and come back in order', async () => {
	jest.restoreAllMocks();
	bed.sandbox.astria.options.generationMs = 5_000;
	// A mock tune: what is looked at here are the calls, not the pictures.
	const mock = await bed.trained({ branch: 'fast' });
	const rows = Array.from({ length: 60 }, (_, n) => ({ text: `photo ${n}` }));
	const { outputs, error } = await bed.run(rows, {
		tuneId: picked(mock),
		options: { jobsInFlight: 60 },
	});
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0]).map(({ text }) => text)).toEqual(rows.map(({ text }) => text));
	const lists = bed.calls(/GET \/prompts$/);
	expect(lists.length).toBeGreaterThan(1);
	// The interval is two seconds; a window may catch the end of one round and all of the next.
	for (const { at } of lists) {
		const within = lists.filter((other) => other.at >= at && other.at < at + 1_900);
		expect(within.length).toBeLessThanOrEqual(2);
	}
	// Nobody is asked for one by one while there are many.
	expect(bed.calls(/GET \/prompts\/\d+$/).length).toBeLessThanOrEqual(lists.length);
	expect(creates()).toBe(60);
}, 60_000);
