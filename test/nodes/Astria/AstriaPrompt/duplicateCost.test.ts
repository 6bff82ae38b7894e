import { speedUp } from '../../../engine/clock';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { type Bed, makeBed, SD15 } from './bed';

/** What a picture costs in the sandbox, in US dollars. */
const PICTURE = 0.04;

let bed: Bed;

beforeEach(async () => {
	speedUp(50);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const DUPLICATE: Parameters = {
	operation: 'duplicate',
	promptId: picked('={{ $json.id }}'),
	text: '',
	output: 'row',
};

/** A finished prompt that the duplicates are made of. */
async function original(fields: Record<string, unknown> = {}): Promise<number> {
	const id = await bed.made(SD15, { text: 'the original', ...fields });
	await bed.sandbox.astria.settle(id);
	return id;
}

const writes = () => bed.calls().filter(({ method }) => method !== 'GET');

const limited = (maxCost: number, more: Parameters = {}): Parameters => ({
	...DUPLICATE,
	...more,
	options: { maxCost },
});

describe('Max Cost per Run of two duplicates of two pictures each', () => {
	const PRICE = 4 * PICTURE;
	let rows: Array<{ id: number }>;

	beforeEach(async () => {
		const id = await original({ num_images: 2 });
		rows = [{ id }, { id }];
	});

	test('refuses what is a cent dearer, and submits nothing', async () => {
		const before = writes().length;
		const { error } = await bed.run(rows, limited(PRICE - 0.01));
		expect(error?.message).toMatch(
			/^This run has 2 rows \(4 pictures\) and would cost about 0\.16 USD, more than the 0\.15 of 'Max Cost per Run'\. Nothing was submitted/,
		);
		expect(writes()).toHaveLength(before);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'makes each row an error row with %s',
		async (onError) => {
			const before = writes().length;
			const { outputs } = await bed.run(rows, limited(PRICE - 0.01), { onError });
			const failed = onError === 'continueErrorOutput' ? outputs[1] : outputs[0];
			expect(errorsOf(failed)).toHaveLength(2);
			for (const message of errorsOf(failed)) expect(message).toMatch(/Max Cost per Run/);
			expect(writes()).toHaveLength(before);
		},
	);

	test('lets what costs just that pass, asks for the original once, and it costs just that', async () => {
		const before = bed.sandbox.astria.options.account.usd_balance_mc;
		const { outputs, error } = await bed.run(rows, limited(PRICE));
		expect(error).toBeUndefined();
		const costs = jsonOf(outputs[0]).map(({ cost }) => Number(cost));
		expect(costs).toEqual([2 * PICTURE, 2 * PICTURE]);
		const after = bed.sandbox.astria.options.account.usd_balance_mc;
		expect((before - after) / 100_000).toBeCloseTo(PRICE, 6);
		const { id = 0 } = rows[0] ?? {};
		expect(bed.calls(new RegExp(`GET /prompts/${id}$`))).toHaveLength(1);
	});

	test('counts the pictures that the row says otherwise', async () => {
		const one = { num_images: 1 };
		const { error } = await bed.run(rows, limited(2 * PICTURE - 0.01, one));
		expect(error?.message).toMatch(/^This run has 2 rows and would cost about 0\.08 USD/);
		const { outputs } = await bed.run(rows, limited(2 * PICTURE, one));
		expect(outputs[0]).toHaveLength(2);
	});

	test('Max Prompts per Run names the pictures too', async () => {
		const { error } = await bed.run(rows, { ...DUPLICATE, options: { maxJobs: 1 } });
		expect(error?.message).toMatch(/^This run has 2 rows \(4 pictures\), more than the 1 of/);
	});
});

const UNKNOWN = {
	message: expect.stringMatching(
		/^The price of 1 of 1 rows could not be .*Nothing was submitted\.$/,
	),
	description: expect.stringMatching(
		/Astria tells .* without the limit, .*'Max Prompts per Run'\./,
	),
};

test('what the account has not made yet has no price, and is refused with what to do', async () => {
	const id = await original();
	const video = {
		image_index: 0,
		additionalFields: { video_model: 'kling25', video_prompt: 'She turns' },
	};
	const before = writes().length;
	const refused = await bed.run([{ id }], limited(100, video));
	expect(refused.error).toMatchObject(UNKNOWN);
	expect(writes()).toHaveLength(before);
	await bed.run([{ id }], { ...DUPLICATE, ...video });
	const dear = await bed.run([{ id }], limited(0.49, video));
	expect(dear.error?.message).toMatch(/would cost about 0\.5 USD, more than the 0\.49/);
});

test('an original that made nothing is priced by like prompts', async () => {
	const failed = await original({ text: 'an error' });
	const none = await bed.run([{ id: failed }], limited(100));
	expect(none.error).toMatchObject(UNKNOWN);
	await original();
	const { error } = await bed.run([{ id: failed }], limited(PICTURE - 0.01));
	expect(error?.message).toMatch(/would cost about 0\.04 USD/);
});

test('an original of another workspace is found', async () => {
	const id = await original({ workspace_id: 41 });
	const { error } = await bed.run([{ id }], limited(PICTURE - 0.01));
	expect(error?.message).toMatch(/would cost about 0\.04 USD/);
});

test('an original that is gone has no price', async () => {
	const { error } = await bed.run([{ id: 999 }], limited(100));
	expect(error).toMatchObject(UNKNOWN);
	expect(writes()).toEqual([]);
});
