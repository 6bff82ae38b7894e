import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { FalApi } from '../../../../credentials/FalApi.credentials';
import { SubmitMemory } from '../../../../lib/jobs/memory';
import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { RETRY, runNode } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters } from '../../../engine/items';
import { type Bed, generate, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

/** The category comes from the row: "hat" is none. */
const FROM_ROW: Parameters = { category: '={{ $json.category }}', download: false };

const KEEP_GOING = { onError: 'continueRegularOutput' } as const;
const ROUTED = { onError: 'continueErrorOutput' } as const;

const submits = () => bed.sandbox.fal.submits().length;

describe('a row is called', () => {
	test.each<[string, IDataObject, string]>([
		['by the number that it has in its sheet', { row_number: 15 }, 'Sheet row 15'],
		['by that number as text', { row_number: ' 15 ' }, 'Sheet row 15'],
		['by its place in the input', {}, 'Item 2'],
		['by its place when the number is empty', { row_number: '' }, 'Item 2'],
		['by its place when the number is none', { row_number: 'n/a' }, 'Item 2'],
		['by its place when there can be no such row', { row_number: 0 }, 'Item 2'],
	])('%s', async (_, columns, name) => {
		const rows = [{ row_number: 14 }, { ...columns, category: 'hat' }];
		const { outputs } = await bed.run(rows, FROM_ROW, KEEP_GOING);
		expect(errorsOf(outputs[0])[1]?.split(':')[0]).toBe(name);
		const { error } = await bed.run(rows, FROM_ROW);
		expect(error?.message.split(':')[0]).toBe(name);
		expect(error?.context).toMatchObject({ itemIndex: 1 });
	});

	test('an item that has a file and no JSON is a row like others', async () => {
		const items = [0, 1].map(() => {
			const item: INodeExecutionData = { json: {}, binary: {} };
			Reflect.deleteProperty(item, 'json');
			return item;
		});
		const { outputs, error } = await bed.run(items);
		expect(error?.message).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
		const refused = await bed.run(items, { category: 'hat' }, { onError: 'continueErrorOutput' });
		expect(errorsOf(refused.outputs[1])).toEqual([
			expect.stringMatching(/^Item 1: 'Category'/),
			expect.stringMatching(/^Item 2: 'Category'/),
		]);
	});

	test('so where it is named in the error of another row', async () => {
		bed.sandbox.fal.options.outcome = ({ input }) => {
			const isBad = Reflect.get(Object(input), 'category') === 'bottoms';
			const body = { detail: [{ msg: 'Boom', type: 'x' }] };
			return isBad
				? { kind: 'model', answer: { status: 422, body } }
				: { kind: 'stuck', state: 'IN_PROGRESS' };
		};
		const rows = [
			{ row_number: 15, category: 'tops' },
			{ row_number: 16, category: 'bottoms' },
		];
		const { error } = await bed.run(rows, FROM_ROW);
		const other = bed.sandbox.fal.submits().find(({ input }) => {
			return Reflect.get(Object(input), 'category') === 'tops';
		});
		expect(error?.message).toMatch(/^Sheet row 16: Job [\w-]+: fal says: Boom\./);
		expect(error?.message).toContain(`: sheet row 15 (${other?.requestId})`);
		expect(error?.context?.details).toMatchObject({
			submittedRows: [`sheet row 15: ${other?.requestId}`],
		});
	});
});

describe('with Stop Workflow all bad rows are named', () => {
	const bad = (count: number) =>
		Array.from({ length: count }, (_, index) => ({ row_number: index + 2, category: 'hat' }));

	test('each with its problem, before anything is bought', async () => {
		const rows = [{ category: 'tops' }, ...bad(3)];
		const { error } = await bed.run(rows, FROM_ROW);
		expect(error?.message).toMatch(
			/^Sheet row 2: 'Category' is "hat", .+ 2 other rows are not ready either: sheet row 3: 'Category' is .+; sheet row 4: 'Category' is .+\.$/,
		);
		expect(error?.context).toMatchObject({ itemIndex: 1 });
		expect(submits()).toBe(0);
	});

	test('no more than can be read', async () => {
		const { error } = await bed.run(bad(300), FROM_ROW);
		expect(error?.message).toMatch(
			/ 299 other rows are not ready either: .+; and sheet row 13 to sheet row 301\.$/,
		);
		expect(error?.message).toContain('sheet row 12: ');
		expect(error?.message).not.toContain('sheet row 13: ');
	});
});

test('a price that is not known names its rows', async () => {
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' }, times: 100 });
	const rows = [{ row_number: 15 }, {}];
	const { error } = await bed.run(rows, { options: { maxCost: 1 }, download: false });
	expect(error?.message).toMatch(
		/^The price of 2 of 2 rows could not be learned \(sheet row 15, item 2\)/,
	);
	expect(error?.description).toMatch(/^Run again later, or remove the limit/);
	expect(submits()).toBe(0);
});

describe('what went wrong', () => {
	const rows = [{ row_number: 15, sku: 'A-1', category: 'hat' }];
	const problem = `Sheet row 15: 'Category' is "hat", which the service does not know.`;
	const advice = 'Use one of: auto, bottoms, one-pieces, tops. This row was not charged.';

	test('is the title of an error, and what to do stands below it', async () => {
		const { error } = await bed.run(rows, FROM_ROW);
		expect(error).toMatchObject({ message: problem, description: advice });
		expect(error?.context?.details).toMatchObject({
			cure: 'Use one of: auto, bottoms, one-pieces, tops.',
			charged: 'no',
		});
	});

	test.each([
		['in the output', KEEP_GOING, 0],
		['in the error output', ROUTED, 1],
	])(
		'is one line of an error row %s, beside the columns of the row',
		async (_, settings, output) => {
			const { outputs } = await bed.run([{}, ...rows], FROM_ROW, settings);
			const [row] = jsonOf(outputs[output]).slice(-1);
			expect(row).toEqual({
				...rows[0],
				error: `${problem} ${advice}`,
				details: expect.objectContaining({ service: 'fal', field: 'Category' }),
			});
		},
	);

	test('has no lines, whatever the service says', async () => {
		const body = { detail: [{ msg: 'First.\n\nSecond', type: 'x' }] };
		bed.sandbox.fal.options.outcome = () => ({ kind: 'model', answer: { status: 422, body } });
		const { outputs } = await bed.run([{}], { download: false }, KEEP_GOING);
		expect(errorsOf(outputs[0])[0]).toContain('fal says: First. Second.');
		const { error } = await bed.run([{}], { download: false });
		expect(error?.message).toMatch(/fal says: First\. Second\.$/);
	});

	test('is told whole when no row may be bought', async () => {
		const limited = { options: { maxJobs: 1 }, download: false };
		const { outputs } = await bed.run([{ sku: 'A' }, { sku: 'B' }], limited, KEEP_GOING);
		const said =
			"This run has 2 rows, more than the 1 of 'Max Jobs per Run'. Nothing was submitted. Raise the limit, or pass fewer rows to this node. This row was not charged.";
		expect(jsonOf(outputs[0])).toMatchObject([
			{ sku: 'A', error: `Item 1: ${said}` },
			{ sku: 'B', error: `Item 2: ${said}` },
		]);
		const { error } = await bed.run([{}, {}], limited);
		expect(error).toMatchObject({
			message: "This run has 2 rows, more than the 1 of 'Max Jobs per Run'. Nothing was submitted.",
			description: 'Raise the limit, or pass fewer rows to this node.',
		});
	});
});

describe('what ends a run before any row was bought', () => {
	const BAD = "={{ $('Nobody').first().json.x }}";
	const NOT_CHARGED = /This row was not charged\.$/;

	test.each<[string, Parameters]>([
		['an option of Generate', { options: { jobsInFlight: BAD } }],
		['an option of Submit', { operation: 'submit', options: { maxCost: BAD } }],
		['the way to wait', { wait: BAD }],
	])('was not charged: %s', async (_, parameters) => {
		const { outputs } = await bed.run([{}, {}], parameters, KEEP_GOING);
		expect(errorsOf(outputs[0])).toEqual([
			expect.stringMatching(NOT_CHARGED),
			expect.stringMatching(NOT_CHARGED),
		]);
		expect(jsonOf(outputs[0])[0]?.details).toMatchObject({ charged: 'no' });
	});

	test.each<[string, Parameters]>([
		['Get', { resource: 'job', operation: 'get', options: { jobsInFlight: BAD } }],
		['Get, a bad number', { resource: 'job', operation: 'get', options: { jobsInFlight: 'x' } }],
		['Cancel', { resource: 'job', operation: 'cancel', options: { includeInputFields: BAD } }],
		['Get Many', { resource: 'job', operation: 'getAll', options: { includeInputFields: BAD } }],
		['Estimate', { operation: 'estimate', estimateOutput: BAD }],
	])('is no question of a charge where nothing is bought: %s', async (_, parameters) => {
		const given = { requestId: '764cabcf-b745-4b3e-ae38-1200304cf45b', ...parameters };
		const { outputs } = await bed.run([{}], given, KEEP_GOING);
		expect(errorsOf(outputs[0])).toEqual([expect.not.stringMatching(/charge/i)]);
		expect(jsonOf(outputs[0])[0]?.details).not.toHaveProperty('charged');
		const { error } = await bed.run([{}], given);
		expect(error?.message).toBeTruthy();
		expect(error?.context?.details ?? {}).not.toHaveProperty('charged');
	});

	test.each(['generate', 'get'])('a missing credential of %s', async (operation) => {
		const credential = { type: 'otherApi', credentialType: new FalApi(), data: {} };
		const resource = operation === 'get' ? 'job' : 'tryOn';
		const { outputs } = await runNode({
			nodeType: new FashnTryOn(),
			credential,
			parameters: { ...generate(bed.person, bed.garment), resource, operation, requestId: 'x' },
			items: [{ json: {} }],
			settings: KEEP_GOING,
		});
		const [message] = errorsOf(outputs[0]);
		expect(message).toMatch(/credentials/);
		if (operation === 'get') expect(message).not.toMatch(/charge/i);
		else expect(message).toMatch(NOT_CHARGED);
	});
});

test('what nobody foresaw, and ends a run that has begun to buy, may have been charged', async () => {
	const end = jest.spyOn(SubmitMemory.prototype, 'end').mockImplementation(() => {
		throw new TypeError('x is no function');
	});
	const { outputs } = await bed.run([{}], { download: false }, KEEP_GOING);
	end.mockRestore();
	expect(submits()).toBe(1);
	expect(errorsOf(outputs[0])[0]).toMatch(/x is no function .*This row may have been charged/);
	expect(jsonOf(outputs[0])[0]?.details).toMatchObject({ charged: 'unknown' });
});

describe('a failed row that an earlier job has filled', () => {
	const mine = { row_number: 2, sku: 'A-1' };
	const BAD = { category: 'hat' };
	const earlier = {
		requestId: 'an-earlier-one',
		seed: 7,
		status: 'COMPLETED',
		imageUrl: 'https://x.y/old.png',
		imageUrls: ['https://x.y/old.png'],
		imageCount: 1,
		cost: 0.3,
		downloadError: 'Broken off',
	};

	test('keeps it as long as nothing was bought for the row', async () => {
		const rows = [{ ...mine, ...earlier, ...BAD }];
		const { outputs } = await bed.run(rows, FROM_ROW, KEEP_GOING);
		expect(jsonOf(outputs[0])[0]).toEqual({
			...rows[0],
			error: expect.any(String),
			details: expect.any(Object),
		});
	});

	test('keeps it where the run is refused as a whole', async () => {
		const rows = [{ ...mine, ...earlier }, {}];
		const options = { maxJobs: 1 };
		const { outputs } = await bed.run(rows, { options, download: false }, KEEP_GOING);
		expect(jsonOf(outputs[0])[0]).toMatchObject({ ...mine, ...earlier });
	});

	test('says nothing of it where the job may have been bought', async () => {
		const fault = { kind: 'answerAfter', answer: { status: 502, body: 'upstream' } } as const;
		bed.sandbox.faults.add({ on: /^POST \/fal-ai/, fault });
		const rows = [{ ...mine, ...earlier }];
		const options = { storeIo: false };
		const { outputs } = await bed.run(rows, { options, download: false }, KEEP_GOING);
		const [row = {}] = jsonOf(outputs[0]);
		expect(Object.keys(row)).toEqual(['row_number', 'sku', 'error', 'details']);
		expect(row.details).toMatchObject({ charged: 'unknown' });
	});

	test.each([earlier.requestId, ''])(
		'begins with its own ID in place of "%s"',
		async (requestId) => {
			const body = { detail: [{ msg: 'First', type: 'x' }] };
			bed.sandbox.fal.options.outcome = () => ({ kind: 'model', answer: { status: 422, body } });
			const { outputs } = await bed.run([{ ...mine, requestId }], { download: false }, KEEP_GOING);
			const [row = {}] = jsonOf(outputs[0]);
			expect(row.requestId).toBe(bed.sandbox.fal.submits().at(-1)?.requestId);
		},
	);

	test('begins with the ID of its own job', async () => {
		const body = { detail: [{ msg: 'First', type: 'x' }] };
		bed.sandbox.fal.options.outcome = () => ({ kind: 'model', answer: { status: 422, body } });
		const rows = [{ ...mine, ...earlier }];
		const { outputs } = await bed.run(rows, { download: false }, KEEP_GOING);
		const [row = {}] = jsonOf(outputs[0]);
		expect(Object.keys(row)).toEqual(['requestId', 'row_number', 'sku', 'error', 'details']);
		expect(row.requestId).toBe(bed.sandbox.fal.submits().at(-1)?.requestId);
	});

	test('keeps columns that are its own', async () => {
		const own = { ...mine, requestId: '', status: 'active', imageUrl: 'https://x.y/shop.png' };
		const { outputs } = await bed.run([{ ...own, ...BAD }], FROM_ROW, KEEP_GOING);
		expect(jsonOf(outputs[0])[0]).toMatchObject(own);
	});

	test('keeps the job that Get was to fetch', async () => {
		const get = { resource: 'job', operation: 'get', requestId: '={{ $json.requestId }}' };
		const { outputs } = await bed.run([{ ...mine, ...earlier }], get, KEEP_GOING);
		expect(jsonOf(outputs[0])[0]).toMatchObject({
			...mine,
			...earlier,
			error: expect.any(String),
		});
	});
});

describe('Include Input Fields', () => {
	const options = { includeInputFields: true };
	const row = { row_number: 15, sku: 'A-1', status: 'todo', cells: { size: 'M' } };

	test('keeps the columns of good rows; those of the node win', async () => {
		const rows = [row, { sku: 'B-2' }];
		const { outputs } = await bed.run(rows, { num_samples: 2, download: false, options });
		expect(jsonOf(outputs[0])).toMatchObject([
			{ ...row, status: 'COMPLETED', imageIndex: 0 },
			{ ...row, status: 'COMPLETED', imageIndex: 1 },
			{ sku: 'B-2', imageIndex: 0 },
			{ sku: 'B-2', imageIndex: 1 },
		]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 1, 1].map((item) => ({ item })),
		);
	});

	test('is off unless it is asked for', async () => {
		const { outputs } = await bed.run([row], { download: false });
		expect(jsonOf(outputs[0])[0]).not.toHaveProperty('sku');
	});

	test('goes for Submit and Get too', async () => {
		const submitted = await bed.run([row], { operation: 'submit', options });
		const [job] = jsonOf(submitted.outputs[0]);
		expect(job).toMatchObject({ ...row, status: 'IN_QUEUE' });
		const get = { resource: 'job', operation: 'get', requestId: '={{ $json.requestId }}', options };
		const fetched = await bed.run([{ ...job }], { ...get, download: false });
		expect(jsonOf(fetched.outputs[0])).toMatchObject([{ sku: 'A-1', requestId: job?.requestId }]);
	});

	test('leaves out what was said of an earlier job', async () => {
		const earlier = {
			requestId: 'an-earlier-one',
			cost: 0.3,
			seed: 7,
			downloadError: 'Broken off',
		};
		const mine = { sku: 'A-1', note: 'blue' };
		const { outputs } = await bed.run(
			[{ ...mine, ...earlier, imageUrls: ['https://x.y/old.png'] }],
			{
				download: false,
				options,
			},
		);
		const [good] = jsonOf(outputs[0]);
		expect(good).toMatchObject({ sku: 'A-1', note: 'blue', status: 'COMPLETED' });
		expect(good?.requestId).not.toBe('an-earlier-one');
		expect(good?.cost).not.toBe(0.3);
		for (const name of ['seed', 'downloadError', 'imageUrls']) {
			expect(good).not.toHaveProperty(name);
		}
	});

	test('leaves out what was said of a job of another node', async () => {
		const own = { sku: 'A-1', promptId: 1, tuneId: 2, text: 'a photo' };
		const said = { seed: 777, cost: 0.5, imageUrl: 'https://mp.astria.ai/x', imageCount: 4 };
		const rows = [{ ...own, ...said, downloadError: 'old' }];
		const { outputs } = await bed.run(rows, { download: false, options });
		const submitted = await bed.run(rows, { operation: 'submit', options });
		const [good = {}] = jsonOf(outputs[0]);
		expect(good).toMatchObject({ ...own, status: 'COMPLETED', imageCount: 1 });
		expect(good.imageUrl).not.toBe(said.imageUrl);
		expect(good.cost).not.toBe(said.cost);
		for (const name of ['seed', 'downloadError']) expect(good).not.toHaveProperty(name);
		const [job] = jsonOf(submitted.outputs[0]);
		expect(job).toMatchObject({ ...own, status: 'IN_QUEUE' });
		for (const name of [...Object.keys(said), 'downloadError']) {
			expect(job).not.toHaveProperty(name);
		}
	});

	test('keeps the own columns of a row whose place for an id is still empty', async () => {
		const empty = { sku: 'A-1', requestId: '', seed: 7, currency: 'EUR', width: 40, imageUrl: 'x' };
		const { outputs } = await bed.run([empty], { operation: 'submit', options });
		expect(jsonOf(outputs[0])[0]).toMatchObject({
			...empty,
			requestId: expect.stringMatching(/.+/),
		});
	});

	test('keeps what was said of the same job, but for trouble that may be over', async () => {
		const submitted = await bed.run([row], { operation: 'submit', options });
		const [job = {}] = jsonOf(submitted.outputs[0]);
		const get = { resource: 'job', operation: 'get', requestId: '={{ $json.requestId }}', options };
		const rows = [{ ...job, seed: 7, downloadError: 'Broken off' }];
		const { outputs } = await bed.run(rows, { ...get, download: false });
		const [fetched] = jsonOf(outputs[0]);
		expect(fetched).toMatchObject({ requestId: job.requestId, seed: 7 });
		expect(fetched).not.toHaveProperty('downloadError');
	});

	test("keeps a column of the row's own that is called details", async () => {
		const [words, parts] = ['100% linen', { material: 'linen' }];
		const failure = { service: 'fal', stage: 'submit', retryable: true };
		const rows = [
			{ details: words },
			{ details: parts, error: '' },
			{ details: words, error: 'Too small' },
			{ details: failure },
		];
		const { outputs } = await bed.run(rows, { download: false, options });
		const told = jsonOf(outputs[0]);
		expect(told.map(({ details }) => details)).toEqual([words, parts, undefined, undefined]);
		for (const row of told) expect(row).not.toHaveProperty('error');
	});

	test('does not make a good row a failed one because it has failed before', async () => {
		const stale = { sku: 'A-1', error: 'Too small', details: { charged: 'no' } };
		const settings = { ...ROUTED, ...RETRY };
		const { outputs } = await bed.run([stale], { download: false, options }, settings);
		expect(submits()).toBe(1);
		expect(outputs[1]).toEqual([]);
		const [good] = jsonOf(outputs[0]);
		expect(good).toMatchObject({ sku: 'A-1', status: 'COMPLETED' });
		expect(good).not.toHaveProperty('error');
		expect(good).not.toHaveProperty('details');
	});
});

describe('File Name', () => {
	const named = (fileName: string, more: Parameters = {}) => ({ options: { fileName }, ...more });
	const BY_SKU = named('={{ $json.sku }}', { num_samples: 2 });
	const namesIn = (items: IDataObject[]) => items.map(({ fileName }) => fileName);

	test('names the files of each row', async () => {
		const { outputs } = await bed.run([{ sku: 'A-1' }, { sku: 7 }], BY_SKU);
		const names = ['A-1-1.png', 'A-1-2.png', '7-1.png', '7-2.png'];
		expect(namesIn(jsonOf(outputs[0]))).toEqual(names);
		expect(outputs[0]?.map(({ binary }) => binary?.data?.fileName)).toEqual(names);
	});

	test('names them in one item too, and where they are not downloaded', async () => {
		const one = await bed.run([{ sku: 'A' }], { ...BY_SKU, output: 'row' });
		const [item] = one.outputs[0] ?? [];
		expect([item?.binary?.data?.fileName, item?.binary?.data_1?.fileName]).toEqual([
			'A-1.png',
			'A-2.png',
		]);
		const format = { additionalFields: { output_format: 'jpeg' }, download: false };
		const { outputs } = await bed.run([{ sku: 'A' }], { ...BY_SKU, ...format });
		expect(namesIn(jsonOf(outputs[0]))).toEqual(['A-1.jpg', 'A-2.jpg']);
	});

	test.each([
		['../a/b:c.jpg', '-a-b-c-1.png'],
		['NUL', 'NUL_-1.png'],
		['  ', expect.stringMatching(/^try-on-[\w-]{8}-1\.png$/)],
		['...', expect.stringMatching(/^try-on-[\w-]{8}-1\.png$/)],
	])('%j becomes one that every disk takes', async (sku, name) => {
		const { outputs } = await bed.run([{ sku }], named('={{ $json.sku }}'));
		expect(namesIn(jsonOf(outputs[0]))).toEqual([name]);
	});

	test('goes for Get too', async () => {
		const made = await bed.run([{}], { download: false });
		const [{ requestId } = {}] = jsonOf(made.outputs[0]);
		const get = { resource: 'job', operation: 'get', requestId: String(requestId) };
		const { outputs } = await bed.run([{ sku: 'A' }], { ...get, ...named('={{ $json.sku }}') });
		expect(outputs[0]?.[0]?.binary?.data?.fileName).toBe('A-1.png');
	});

	test.each([
		['fails', '={{ $("Nowhere").item.json.sku }}'],
		['is no text', '={{ $json }}'],
	])('an expression that %s is found before the row is bought', async (_, fileName) => {
		const { outputs } = await bed.run([{ sku: 'A' }], named(fileName), ROUTED);
		expect(outputs[1]).toHaveLength(1);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ stage: 'input', charged: 'no' });
		expect(submits()).toBe(0);
	});

	test('a row whose expression fails leaves the others alone', async () => {
		const fileName = '={{ $json.sku ? $json.sku : $("Nowhere").item.json.sku }}';
		const { outputs } = await bed.run([{}, { sku: 'A' }], named(fileName), ROUTED);
		expect(namesIn(jsonOf(outputs[0]))).toEqual(['A-1.png']);
		expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(/^Item 1: .* not charged\.$/)]);
	});

	test('an expression that fails once the row is bought loses nothing', async () => {
		bed.sandbox.fal.options.jobMs = 2_500;
		const later = Date.now() + 2_000;
		const fileName = `={{ Date.now() > ${later} ? $("Nowhere").item.json.sku : $json.sku }}`;
		const { outputs } = await bed.run([{ sku: 'A' }], named(fileName), ROUTED);
		expect(Date.now()).toBeGreaterThan(later);
		expect(namesIn(jsonOf(outputs[0]))).toEqual(['A-1.png']);
	});
});

test('a limit refuses no run for a number of pictures that only fal understands', async () => {
	const { outputs, error } = await bed.run(
		[{ count: '"many"' }, { count: '2' }],
		{
			additionalFields: { additional_fields: '={"num_samples": {{ $json.count }}}' },
			options: { maxJobs: 5 },
		},
		{ onError: 'continueRegularOutput' },
	);
	expect(error).toBeUndefined();
	const [first, ...others] = jsonOf(outputs[0]);
	expect(first?.error).toContain('Item 1');
	expect(others.map(({ imageCount }) => imageCount)).toEqual([2, 2]);
});

describe('what comes out', () => {
	const two = { num_samples: 2 };

	test('is read as a sheet has it', async () => {
		const row = { download: 'FALSE', output: 'one item per row' };
		const chosen = { download: '={{ $json.download }}', output: '={{ $json.output }}' };
		const { outputs, error } = await bed.run([row], { ...two, ...chosen });
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(1);
		expect(outputs[0]?.[0]?.binary).toBeUndefined();
	});

	test('is as the panel has it where the cell is empty', async () => {
		const chosen = { download: '={{ null }}', output: '={{ "" }}' };
		const { outputs } = await bed.run([{}], { ...two, ...chosen });
		expect(outputs[0]?.map(({ binary }) => Object.keys(binary ?? {}))).toEqual([
			['data'],
			['data'],
		]);
	});

	test.each([
		[{ output: '={{ "one" }}' }, /'Output' is "one", which is none of its choices/],
		[{ download: '={{ "perhaps" }}' }, /'Download Pictures' is "perhaps", neither true nor false/],
	])('is refused before anything is bought: %o', async (chosen, problem) => {
		const before = bed.sandbox.fal.submits().length;
		const { error } = await bed.run([{}], chosen);
		expect(error?.message).toMatch(problem);
		expect(bed.sandbox.fal.submits()).toHaveLength(before);
	});
});
