import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { RETRY, storeFile } from '../../../engine/engine';
import { errorsOf, jsonOf, panelOf, type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

/* Which items make a tune together, and what is said of one of them. */

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: 50 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const CONTINUE = { onError: 'continueRegularOutput' } as const;

const FILES = { images_source: 'binary', images_binary: 'data' };

const PACK = {
	...FILES,
	resource: 'pack',
	operation: 'createTune',
	packId: picked('corporate-headshots'),
};

const bought = () => bed.sandbox.astria.creations().length;

/** An item with a photo, as a form or a folder gives one for each file. */
async function photo(
	title: string | string[],
	n: number,
	json: IDataObject = {},
): Promise<INodeExecutionData> {
	return {
		json: { title, ...json },
		binary: { data: await storeFile(await smallPerson(n), `photo-${n}.jpg`, 'image/jpeg') },
	};
}

/** Photos of one person, each in an item of its own. */
async function photos(count: number): Promise<INodeExecutionData[]> {
	return await Promise.all(Array.from({ length: count }, async (_, n) => await photo('Anna', n)));
}

describe('several photos of one person, each of which would be a tune', () => {
	test.each<[string, Parameters]>([
		['Create', FILES],
		['Create or Reuse', { ...FILES, operation: 'createOrReuse' }],
		['Create Tune From Pack', PACK],
	])('are refused before anything is paid: %s', async (_, parameters) => {
		const result = await bed.run(await photos(12), parameters);
		expect(bought()).toBe(0);
		const panel = panelOf(result);
		expect(panel).toMatch(/'Title' is "Anna" in item 1, item 2, /);
		expect(panel).toMatch(/'Make a Tune From' to Items With the Same Title or All Items Together/);
	});

	test('are an error row each where n8n is to continue', async () => {
		const rows = [...(await photos(2)), await photo('Bob', 3, { row_number: 9 })];
		const { outputs } = await bed.run(rows, FILES, CONTINUE);
		expect(bought()).toBe(0);
		expect(errorsOf(outputs[0])).toEqual([
			expect.stringMatching(/^Item 1: 'Title' is "Anna" in item 1, item 2, .* not charged/),
			expect.stringMatching(/^Item 2: 'Title' is "Anna"/),
			expect.stringMatching(/^Sheet row 9: 'Title' is "Anna"/),
		]);
	});

	test('are not ready in an estimate', async () => {
		const rows = [await photo('Bob', 3), ...(await photos(2))];
		const { outputs } = await bed.run(rows, { ...FILES, operation: 'estimate' });
		expect(jsonOf(outputs[0])).toMatchObject([
			{ ready: true },
			{
				ready: false,
				field: 'Title',
				problem: expect.stringMatching(/^Item 2: 'Title' is "Anna"/),
			},
			{ ready: false, problem: expect.stringMatching(/^Item 3: .* in item 2, item 3/) },
		]);
	});

	test('are one tune where they are to be', async () => {
		const { error } = await bed.run(await photos(3), { ...FILES, tunesFrom: 'title' });
		expect(error).toBeUndefined();
		expect(bought()).toBe(1);
	});

	test('and a title that the account has already is taken, whatever the pictures', async () => {
		const reuse = { ...FILES, operation: 'createOrReuse' };
		await bed.run([await photo('Anna', 0)], reuse);
		const { outputs, error } = await bed.run([...(await photos(2))], reuse);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject(Array(2).fill({ title: 'Anna', reused: true }));
		expect(bought()).toBe(1);
	});

	test('and where a tune would be made for the first of them, that is said', async () => {
		const reuse = { ...FILES, operation: 'createOrReuse' };
		const { error } = await bed.run(await photos(2), reuse);
		expect(error?.message).toContain('would be trained from those of the first alone');
		expect(bought()).toBe(0);
	});

	test('and a row that is there twice is no such thing', async () => {
		const rows = [await photo('Anna', 0), await photo('Bob', 1), await photo('Anna', 0)];
		const { error } = await bed.run(rows, { ...FILES, operation: 'createOrReuse' });
		expect(error).toBeUndefined();
		expect(bought()).toBe(2);
	});
});

describe('Make a Tune From', () => {
	test('a title from a look-up, which is a list of one, is that title', async () => {
		const rows = [await photo(['Anna'], 0), await photo('Anna', 1), await photo([' Anna '], 2)];
		const parameters = { ...FILES, title: '={{ $json.title }}', tunesFrom: 'title' };
		const { outputs, error } = await bed.run(rows, parameters);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([{ title: 'Anna' }]);
		expect(bought()).toBe(1);
	});

	test('a title that is none is refused by its own row', async () => {
		const rows = [await photo('Anna', 0), await photo(['Anna', 'Bob'], 1)];
		const parameters = { ...FILES, title: '={{ $json.title }}', tunesFrom: 'title' };
		const { outputs } = await bed.run(rows, parameters, CONTINUE);
		expect(errorsOf(outputs[0])[1]).toMatch(/^Item 2: 'Title' has 2 values/);
	});

	test.each(['Items With the Same Title', ' items with the same title', 'ALL', 'title'])(
		'is read by its label too: %s',
		async (choice) => {
			const parameters = { ...FILES, tunesFrom: '={{ $json.from }}' };
			const rows = [await photo('Anna', 0, { from: choice }), await photo('Anna', 1)];
			const { error } = await bed.run(rows, parameters);
			expect(error).toBeUndefined();
			expect(bought()).toBe(1);
		},
	);

	test('is refused where it is no choice, before anything is bought', async () => {
		const parameters = { ...FILES, tunesFrom: '={{ "Same Title" }}' };
		const { outputs } = await bed.run([await photo('Anna', 0)], parameters, CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(
			/^Item 1: 'Make a Tune From' is "Same Title", which is none of its choices\. Use one of: All Items Together, Each Item, Items With the Same Title\./,
		);
		expect(bought()).toBe(0);
	});
});

test('what was one tune in the first try is so in the next, whatever the titles are by then', async () => {
	// The second tune is refused, so that n8n runs the node again.
	const answer = { status: 422, body: { title: ['is not liked'] } };
	bed.sandbox.faults.add({ on: /^POST \/tunes$/, fault: { kind: 'answer', answer }, after: 1 });
	const rows = await Promise.all(
		['Anna', 'Anna', 'Bob'].map(async (title, n) => await photo(title, n, { n })),
	);
	const first = Date.now() + 2_500;
	const { error } = await bed.run(
		rows,
		{
			...FILES,
			tunesFrom: 'title',
			title: `={{ $json.title + (Date.now() < ${first} ? '' : $json.n) }}`,
			options: { jobsInFlight: 1 },
		},
		{ ...RETRY, waitBetweenTries: 2_600 },
	);
	expect(error).toBeUndefined();
	expect(bed.sandbox.astria.tunes().map(({ images }) => images.length)).toEqual([2, 1]);
});

describe('an estimate of groups', () => {
	const parameters = { ...FILES, operation: 'estimate', tunesFrom: 'title' };

	test('is paired with all rows, as what is made is', async () => {
		const empty = { data: await storeFile(Buffer.alloc(0), 'empty.jpg', 'image/jpeg') };
		const rows = [
			await photo('Anna', 0),
			await photo('Bob', 1),
			await photo('Anna', 2),
			{ json: { title: 'Eve' }, binary: empty },
			await photo('Eve', 3),
		];
		const each = await bed.run(rows, parameters);
		expect(each.outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([
			[{ item: 0 }, { item: 2 }],
			{ item: 1 },
			[{ item: 3 }, { item: 4 }],
		]);
		const all = await bed.run(rows, { ...parameters, estimateOutput: 'all' });
		expect(all.outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([
			[0, 2, 1, 3, 4].map((item) => ({ item })),
		]);
	});
});

describe('what is wrong with one picture of a tune', () => {
	const parameters = { ...FILES, tunesFrom: 'title' };

	/** Two good photos, and one that is none. */
	async function withBad(json: IDataObject = {}): Promise<INodeExecutionData[]> {
		const bad = { data: await storeFile(Buffer.alloc(0), 'empty.jpg', 'image/jpeg') };
		return [
			await photo('Anna', 0),
			await photo('Anna', 1),
			{ json: { title: 'Anna', ...json }, binary: bad },
		];
	}

	test('is said of its own item', async () => {
		const { error } = await bed.run(await withBad(), parameters);
		expect(error?.message).toMatch(/^Item 3: 'Images' is an empty file/);
		expect(error?.context?.itemIndex).toBe(2);
	});

	test('and by the number that its sheet has', async () => {
		const { outputs } = await bed.run(await withBad({ row_number: 15 }), parameters, CONTINUE);
		expect(errorsOf(outputs[0])).toEqual([
			expect.stringMatching(/^Sheet row 15: 'Images' is an empty file/),
		]);
		expect(outputs[0]?.[0]?.pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	test('also beside another bad tune', async () => {
		const rows = [await photo('', 0), ...(await withBad())];
		const { error } = await bed.run(rows, { ...parameters, title: '={{ $json.title }}' });
		expect(error?.message).toMatch(/not ready either: item 4: 'Images' is an empty file/);
	});

	test('also in an estimate, where an address does not open', async () => {
		const estimate = { ...parameters, operation: 'estimate' };
		const files = await bed.run(await withBad(), estimate);
		expect(files.outputs[0]?.[0]?.json.problem).toMatch(/^Item 3: 'Images' is an empty file/);
		const urls = [bed.person, `${bed.sandbox.media.url}/nothing`].map((url) => ({ url }));
		const addresses = { ...estimate, images_source: 'address', images: '={{ $json.url }}' };
		const { outputs } = await bed.run(urls, addresses);
		expect(outputs[0]?.[0]?.json.problem).toMatch(/^Item 2: 'Images' .*cannot be opened/);
	});

	test('names the picture, where an item has several', async () => {
		const [good, , bad] = await withBad();
		const binary = { a: good?.binary?.data, b: bad?.binary?.data };
		const row = JSON.parse(JSON.stringify({ json: { title: 'Anna' }, binary }));
		const files = await bed.run([row], { ...parameters, images_binary: '*' });
		expect(files.error?.message).toBe("Item 1: 'Images' (file b, empty.jpg) is an empty file.");
		const images = `${bed.person}\ndata:image/png;base64,AAAA`;
		const addresses = { ...parameters, images_source: 'address', images };
		const { error } = await bed.run([{}], addresses);
		expect(error?.message).toMatch(/^Item 1: 'Images' \(picture 2 of 2\) is not a picture/);
		const dead = { ...addresses, images: `${bed.person}\n${bed.sandbox.media.url}/nothing` };
		const { outputs } = await bed.run([{}], { ...dead, operation: 'estimate' });
		expect(outputs[0]?.[0]?.json.problem).toMatch(
			/^Item 1: 'Images' \("http.*\/nothing"\) cannot be opened: status 404/,
		);
	});
});
