import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from '../../build/project';
import { parseTextBlock } from '../../lib/astria/prompts/text';
import { TRYON_FIELDS } from '../../lib/fal/fields/fashn';
import { priceOf } from '../../sandbox/fal/endpoints';
import { type ExampleNode, loadExample, nodesOf } from '../host/examples/load';
import { asList, asRecord } from '../host/guards';

const PAGES = ['README.md', 'examples/README.md'];

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** Such as `20 × 4 × $0.075 = $6.00`. */
const SUM = /((?:\$?\d[\d.]* × )+\$?\d[\d.]*) = \$(\d+(?:\.\d+)?)/g;

const amount = (text: string) => Number(text.replace('$', ''));

function nodeOf(file: string, name: string): ExampleNode {
	const node = nodesOf(loadExample(file)).find((candidate) => candidate.name === name);
	if (!node) throw new Error(`${file} has no node ${name}`);
	return node;
}

/** What fal asks for a picture (fal.ai/models/fal-ai/fashn/tryon/v1.6/llms.txt). */
const PICTURE = priceOf('fal-ai/fashn/tryon/v1.6', { otherEndpoints: {} })?.unitPrice ?? NaN;

/** Pictures that a FASHN node of an example makes of each row. */
function picturesOf(file: string, name: string): number {
	return Number(nodeOf(file, name).parameters.num_samples ?? TRYON_FIELDS.num_samples.default);
}

/** The table of what they cost, as cells; a line may be that of several examples. */
function costLines(): Array<{ examples: string[]; cells: string[] }> {
	const [, section = ''] = read('examples/README.md').split('## What they cost');
	return section
		.split('\n')
		.filter((line) => line.startsWith('| '))
		.map((line) => line.split('|').map((cell) => cell.trim()))
		.map((cells) => ({ examples: (cells[1] ?? '').split('; '), cells }));
}

/** The cells of an example in the table of what they cost. */
function costCells(example: string): string[] {
	return costLines().find(({ examples }) => examples.includes(example))?.cells ?? [];
}

/** The sums in a text, each as its parts and what they come to. */
function sumsIn(text: string): Array<{ parts: number[]; total: number; whole: string }> {
	return [...text.matchAll(SUM)].map(([whole, product = '', total = '']) => ({
		whole,
		parts: product.split(' × ').map(amount),
		total: amount(total),
	}));
}

test.each(PAGES)('every sum in %s is right', (page) => {
	const sums = sumsIn(read(page));
	expect(sums).not.toEqual([]);
	for (const { parts, total, whole } of sums) {
		const product = parts.reduce((all, part) => all * part, 1);
		expect({ whole, product }).toEqual({ whole, product: expect.closeTo(total, 6) });
	}
});

test.each(PAGES)('the price of a picture in %s is the one that fal asks', (page) => {
	const prices = [...read(page).matchAll(/\$(0\.0\d+)/g)].map(([, price]) => Number(price));
	expect(new Set(prices)).toEqual(new Set([PICTURE]));
});

test('each example has its line of cost, in the order of the list', () => {
	const list = read('examples/README.md').matchAll(/^\| \[([^\]]+)\]\([\w-]+\.json\)/gm);
	const [, ...lines] = costLines();
	expect(lines.flatMap(({ examples }) => examples).filter((name) => !/^-+$/.test(name))).toEqual(
		[...list].map(([, name]) => name),
	);
});

test('the scheduled sheet buys as many pictures as its settings let through', () => {
	const file = 'scheduled-from-a-sheet.json';
	const { assignments } = asRecord(nodeOf(file, 'Settings').parameters.assignments);
	const settings = new Map(
		asList(assignments)
			.map(asRecord)
			.map(({ name, value }) => [name, Number(value)]),
	);
	const [every] = asList(asRecord(nodeOf(file, 'Every 10 Minutes').parameters.rule).interval);
	expect(every).toEqual({ field: 'minutes', minutesInterval: 10 });
	const runs = (24 * 60) / 10;
	const rows = settings.get('rows_per_run') ?? NaN;
	const run = rows * (settings.get('pictures_per_row') ?? NaN);
	const [, , buys, aRun = '', aDay = ''] = costCells('Scheduled, from a sheet');
	expect(buys).toContain(`${rows} rows at most, every 10 minutes`);
	expect(sumsIn(aRun)).toMatchObject([{ parts: [run, PICTURE] }]);
	expect(sumsIn(aDay)).toMatchObject([{ parts: [runs, expect.closeTo(run * PICTURE, 6)] }]);
});

test.each([
	{
		file: 'webhook-pipeline.json',
		name: 'New product, answered with pictures',
		pool: 'Model Photos',
	},
	{ file: 'shopify-new-product.json', name: 'New product in Shopify', pool: 'Model Pool' },
	{ file: 'woocommerce-new-product.json', name: 'New product in WooCommerce', pool: 'Model Pool' },
])('$file buys a picture of each model', ({ file, name, pool }) => {
	const { assignments } = asRecord(nodeOf(file, pool).parameters.assignments);
	const photos = asList(assignments)
		.map(asRecord)
		.find((field) => field.name === 'model_photos');
	const models = asList(JSON.parse(String(photos?.value))).length;
	const run = models * picturesOf(file, 'FASHN Try-On');
	const [, , buys, aRun = '', aDay = ''] = costCells(name);
	expect(buys).toContain(`the example has ${models}`);
	expect(sumsIn(aRun)).toMatchObject([{ parts: [run, PICTURE] }]);
	expect(sumsIn(aDay)).toMatchObject([{ parts: [100, expect.closeTo(run * PICTURE, 6)] }]);
});

test('the Drive folders submit as many pairs as their nodes let through', () => {
	const file = 'drive-folders.json';
	const pairs = Number(nodeOf(file, 'At Most 50').parameters.maxItems);
	const [every] = asList(asRecord(nodeOf(file, 'Every 15 Minutes').parameters.rule).interval);
	expect(every).toEqual({ field: 'minutes', minutesInterval: 15 });
	const run = pairs * picturesOf(file, 'Submit');
	const [, , , aRun = '', aDay = ''] = costCells('Drive folders');
	expect(sumsIn(aRun)).toMatchObject([{ parts: [run, PICTURE] }]);
	expect(sumsIn(aDay)[0]?.parts).toEqual([(24 * 60) / 15, expect.closeTo(run * PICTURE, 6)]);
});

test('Airtable buys a second picture of each row at most', () => {
	const file = 'airtable-with-quality-check.json';
	const rows = Number(nodeOf(file, 'New Products').parameters.limit);
	const tries = ['First Try', 'Second Try'].map((name) => picturesOf(file, name));
	const [, , , aRun = '', aDay = ''] = costCells('Airtable, with a quality check');
	const both = rows * tries.reduce((all, pictures) => all + pictures, 0);
	expect(sumsIn(aRun).map(({ total }) => total)).toEqual([rows * PICTURE, both * PICTURE]);
	expect(sumsIn(aDay)).toMatchObject([{ parts: [24, expect.closeTo(both * PICTURE, 6)] }]);
});

test('an outfit is two pictures', () => {
	const file = 'outfit-top-and-bottoms.json';
	const names = ['Put On the Top', 'Put On the Bottoms'];
	const pictures = names.reduce((all, name) => all + picturesOf(file, name), 0);
	const [, , , aRun = ''] = costCells('An outfit');
	expect(sumsIn(aRun)).toMatchObject([{ parts: [pictures, PICTURE] }]);
});

test('the tool of the agent makes one picture a call', () => {
	const pictures = picturesOf('agent-with-try-on-tool.json', 'Dress a Person');
	const [, , , aRun = ''] = costCells('AI agent');
	expect(sumsIn(aRun)).toMatchObject([{ parts: [pictures, PICTURE] }]);
});

test('the examples with Astria make as many pictures as the page says', () => {
	const fields = asRecord(
		nodeOf('campaign-with-astria.json', 'New Campaign').parameters.formFields,
	);
	const prompt = asList(fields.values)
		.map(asRecord)
		.find(({ fieldLabel }) => fieldLabel === 'Prompt');
	const { num_images: pictures } = parseTextBlock(String(prompt?.defaultValue)).values;
	expect(costCells('Campaign with approval')[2]).toContain(`${Number(pictures)} pictures`);
	const dress = nodeOf('dress-a-person.json', 'Dress a Person').parameters;
	expect(costCells('Dress a person, from a form')[2]).toContain(
		`${Number(dress.num_images)} picture`,
	);
});

test('what tells what was bought buys nothing', () => {
	for (const file of ['what-did-we-buy-fashn.json', 'what-did-we-buy-astria.json']) {
		expect(nodeOf(file, 'What Was Bought').parameters.operation).toBe('getAll');
	}
	for (const service of ['FASHN', 'Astria']) {
		expect(costCells(`What did we buy? ${service}`).slice(2, 5)).toEqual(Array(3).fill('Nothing'));
	}
});

test('what goes on when others have bought buys nothing', () => {
	for (const [file, name] of [
		['when-a-try-on-is-finished.json', 'When a try-on is finished'],
		['when-astria-is-finished.json', 'When Astria is finished'],
	] as const) {
		const ours = nodesOf(loadExample(file)).filter(({ type }) => type.includes('virtual-try-on'));
		expect(ours.filter(({ type }) => !type.endsWith('Trigger'))).toEqual([]);
		const [, , buys, ...costs] = costCells(name);
		expect(buys).toMatch(/^Nothing/);
		expect(costs.slice(0, 2)).toEqual(['Nothing', 'Nothing']);
	}
});
