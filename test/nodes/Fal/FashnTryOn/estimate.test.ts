import type { FaultKind } from '../../../../sandbox/types';
import { speedUp } from '../../../engine/clock';
import { RETRY, storeFile } from '../../../engine/engine';
import { errorsOf } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
	// What gives no price is asked again after pauses.
	speedUp(20);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ESTIMATE = { operation: 'estimate' };

function paidCalls() {
	return bed.sandbox.calls.filter(({ method }) => method !== 'GET');
}

test('the price of each row and of all is told, and nothing is submitted', async () => {
	const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
	const rows = [
		{ json: { n: 1 }, binary: { data } },
		{ json: { n: 3 }, binary: { data } },
	];
	const { outputs, run, error } = await bed.run(rows, {
		...ESTIMATE,
		num_samples: '={{ $json.n }}',
		model_image_source: 'binary',
	});
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json)).toMatchObject([
		{ ready: true, pictures: 1, estimatedCost: 0.075, currency: 'USD' },
		{ ready: true, pictures: 3, estimatedCost: 0.225, currency: 'USD' },
	]);
	expect(JSON.stringify(run.data.resultData.runData)).toContain(
		'2 of 2 rows are ready. The ready rows cost about 0.3 USD together. Nothing was submitted.',
	);
	expect(paidCalls()).toEqual([]);
	expect(bed.sandbox.calls.filter(({ path }) => path.includes('pricing'))).toHaveLength(1);
});

test('one item tells what all rows cost and which are not ready', async () => {
	const rows = [{ mode: 'fast' }, { mode: 'slowest' }, { mode: 'quality' }, { mode: '?' }];
	const parameters = {
		...ESTIMATE,
		mode: '={{ $json.mode }}',
		num_samples: 2,
		estimateOutput: 'all',
	};
	const { outputs, error } = await bed.run(
		rows.map(({ mode }) => ({ mode: mode.replace('fast', 'performance') })),
		parameters,
	);
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json)).toMatchObject([
		{
			rows: 4,
			readyRows: 2,
			problems: [
				expect.stringMatching(/^Item 2: 'Mode' is "slowest"/),
				expect.stringMatching(/^Item 4: 'Mode' is "\?"/),
			],
			pictures: 4,
			estimatedCost: 0.3,
			currency: 'USD',
			rowsWithoutPrice: 0,
		},
	]);
	expect(outputs[0]?.[0]?.pairedItem).toEqual(rows.map((_, item) => ({ item })));
	expect(paidCalls()).toEqual([]);
});

describe.each([1, 2, 3, 4])('with %d samples', (samples) => {
	test('the sum is what the same rows then cost, and what fal bills', async () => {
		const rows = [{}, {}, {}];
		const parameters = { num_samples: samples, download: false };
		const before = bed.sandbox.fal.options.balance;
		const all = { ...parameters, ...ESTIMATE, estimateOutput: 'all' };
		const told = (await bed.run(rows, all)).outputs[0]?.[0]?.json.estimatedCost;
		const { outputs } = await bed.run(rows, { ...parameters, output: 'row' });
		const costs = outputs[0]?.map(({ json }) => Number(json.cost)) ?? [];
		expect(costs).toHaveLength(3);
		const sum = costs.reduce((whole, cost) => whole + cost, 0);
		expect(sum).toBeCloseTo(0.075 * samples * 3, 6);
		expect(told).toBeCloseTo(sum, 6);
		expect(outputs[0]?.[0]?.json.currency).toBe('USD');
		if (before !== undefined) {
			expect(before - (bed.sandbox.fal.options.balance ?? 0)).toBeCloseTo(sum, 6);
		}
	});
});

test.each([
	[
		'a picture that is not there',
		() => `${bed.sandbox.media.url}/nothing`,
		/'Garment Image' cannot be opened: status 404/,
	],
	[
		'a web page',
		() => bed.sandbox.media.publish(Buffer.from('<!doctype html>'), 'text/html'),
		/'Garment Image' is not a picture, but a web page\. .*anyone who has the link/,
	],
	[
		'a host that is not there',
		() => 'http://127.0.0.1:9/a.png',
		/'Garment Image' cannot be opened: 127\.0\.0\.1:9 cannot be reached/,
	],
])('%s is found', async (_name, address, problem) => {
	const { outputs, error } = await bed.run([{ url: bed.garment }, { url: address() }], {
		...ESTIMATE,
		garment_image: '={{ $json.url }}',
	});
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json.ready)).toEqual([true, false]);
	expect(outputs[0]?.[1]?.json).toMatchObject({
		problem: expect.stringMatching(/^Item 2: /),
		field: 'Garment Image',
	});
	expect(outputs[0]?.[1]?.json.problem).toMatch(problem);
	expect(paidCalls()).toEqual([]);
});

describe.each<[string, FaultKind]>([
	['500', { kind: 'answer', answer: { status: 500 } }],
	['429', { kind: 'answer', answer: { status: 429 } }],
	['a reset', { kind: 'reset' }],
])('%s, met once by the call for a price', (_, fault) => {
	test.each([
		['Estimate', ESTIMATE, { estimatedCost: 0.075, currency: 'USD' }],
		['Max Cost per Run', { download: false, options: { maxCost: 1 } }, { cost: 0.075 }],
	])('is asked about again: %s', async (_operation, parameters, columns) => {
		bed.sandbox.faults.add({ on: /pricing/, fault });
		const { outputs, error } = await bed.run([{}], parameters);
		expect(error).toBeUndefined();
		expect(outputs[0]?.[0]?.json).toMatchObject(columns);
	});
});

test('without a price the rows are checked all the same', async () => {
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' }, times: 99 });
	const { outputs } = await bed.run([{}], ESTIMATE);
	expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true, estimatedCost: null });
	const all = await bed.run([{}], { ...ESTIMATE, estimateOutput: 'all' });
	expect(all.outputs[0]?.[0]?.json).toMatchObject({ readyRows: 1, rowsWithoutPrice: 1 });
});

test('a price that cannot be learned costs a picture nothing but its column', async () => {
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' }, times: 99 });
	const { outputs, error } = await bed.run([{}], { download: false });
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({ status: 'COMPLETED' });
	expect(outputs[0]?.[0]?.json).not.toHaveProperty('cost');
});

describe.each(['generate', 'submit'])('Max Cost per Run of %s', (operation) => {
	const samples = { operation, num_samples: 2, download: false };
	// Two rows of two pictures at 0.075 USD.
	const PRICE = 0.3;

	test('refuses a run that is a cent dearer before the first submit', async () => {
		const options = { maxCost: PRICE - 0.01 };
		const { error } = await bed.run([{}, {}], { ...samples, options });
		expect(error?.message).toMatch(
			/^This run has 2 rows \(4 pictures\) and would cost about 0\.3 USD, more than the 0\.29 of 'Max Cost per Run'\. Nothing was submitted/,
		);
		expect(paidCalls()).toEqual([]);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'makes each row an error row with %s',
		async (onError) => {
			const options = { maxCost: PRICE - 0.01 };
			const { outputs } = await bed.run([{}, {}], { ...samples, options }, { onError });
			const rows = onError === 'continueErrorOutput' ? outputs[1] : outputs[0];
			expect(errorsOf(rows)).toHaveLength(2);
			for (const message of errorsOf(rows)) expect(message).toMatch(/Max Cost per Run/);
			expect(paidCalls()).toEqual([]);
		},
	);

	test('lets a run pass that costs just that', async () => {
		const { outputs } = await bed.run([{}, {}], { ...samples, options: { maxCost: PRICE } });
		expect(outputs[0]?.length).toBeGreaterThanOrEqual(2);
		expect(bed.sandbox.fal.submits()).toHaveLength(2);
	});

	test('counts what an earlier try of the run has bought', async () => {
		// An hour is over with the first purchase.
		const hour = 3_600_000;
		const { now } = Date;
		const soon = now() + hour;
		jest
			.spyOn(Date, 'now')
			.mockImplementation(() => now() + bed.sandbox.fal.submits().length * hour);
		// The first row cannot be bought in the first try, so that n8n runs the node again.
		const category = `={{ $json.n === 0 && Date.now() < ${soon} ? 'hats' : 'tops' }}`;
		const settings = { ...RETRY, onError: 'continueRegularOutput' } as const;
		const { outputs } = await bed.run(
			[{ n: 0 }, { n: 1 }],
			{ ...samples, category, options: { maxCost: PRICE - 0.01 } },
			settings,
		);
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
		expect(errorsOf(outputs[0])[0]).toMatch(
			/would cost about 0\.3 USD, with the 0\.15 USD of what it has bought, more than the 0\.29 of 'Max Cost per Run'\. No further row/,
		);
		expect(outputs[0]?.at(-1)?.json).toHaveProperty('requestId');
	});

	test('refuses what has no price', async () => {
		bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' }, times: 99 });
		const { error } = await bed.run([{}], { ...samples, options: { maxCost: 100 } });
		expect(error?.message).toMatch(/price of 1 of 1 rows could not be learned/);
		expect(paidCalls()).toEqual([]);
	});
});

describe.each([
	['Max Cost per Run', 'maxCost'],
	['Max Jobs per Run', 'maxJobs'],
])('%s that was added and is empty', (label, name) => {
	const SAID = `'${label}' is empty, so that it limits nothing.`;

	test.each([
		['a misspelt expression', '={{ $json.budgett }}'],
		['an empty cell', '={{ $json.budget }}'],
		['null', '={{ null }}'],
		['an emptied box', ''],
		['blanks', '  '],
	])('refuses the run: %s', async (_, given) => {
		const parameters = { download: false, options: { [name]: given } };
		const { error } = await bed.run([{ budget: '' }], parameters);
		expect(error?.message).toBe(SAID);
		expect(error?.description).toMatch(/^Enter a number, or remove the option\./);
		expect(bed.sandbox.calls).toEqual([]);
	});

	test.each(['generate', 'submit'])('makes each row of %s an error row', async (operation) => {
		const parameters = { operation, options: { [name]: '={{ $json.budgett }}' } };
		const { outputs } = await bed.run([{}, {}], parameters, { onError: 'continueErrorOutput' });
		expect(outputs[0]).toEqual([]);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(/^Item 1: .* is empty, .*This row was not charged\.$/),
			expect.stringMatching(/^Item 2: .* is empty, .*This row was not charged\.$/),
		]);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'no', field: label });
		expect(bed.sandbox.calls).toEqual([]);
	});
});

test.each(['generate', 'submit'])(
	'Max Jobs per Run refuses a larger %s before the first submit',
	async (operation) => {
		const { error } = await bed.run([{}, {}, {}], { operation, options: { maxJobs: 2 } });
		expect(error?.message).toMatch(
			/^This run has 3 rows, more than the 2 of 'Max Jobs per Run'\. Nothing was submitted/,
		);
		expect(bed.sandbox.calls).toEqual([]);
		const samples = { operation, num_samples: '={{ $json.n }}', options: { maxJobs: 2 } };
		const many = await bed.run([{ n: 4 }, { n: 1 }, { n: 4 }], samples);
		expect(many.error?.message).toMatch(
			/^This run has 3 rows \(9 pictures\), more than the 2 of 'Max Jobs per Run'\. Nothing was submitted/,
		);
		expect(bed.sandbox.calls).toEqual([]);
		const allowed = await bed.run([{}, {}], {
			operation,
			options: { maxJobs: 2 },
			download: false,
		});
		expect(allowed.outputs[0]).toHaveLength(2);
	},
);
