import type { INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { type DocumentedNode, readSources } from '../../build/docs/sources';
import type { Columns, Output } from '../../nodes/shared/operation';
import { INPUT_OUTPUT } from '../../nodes/shared/row';
import { speedUp } from '../engine/clock';
import type { NodeResult } from '../engine/engine';
import { type Parameters, picked } from '../engine/items';
import { call, timeOut } from '../engine/suspended';
import * as prompts from '../nodes/Astria/AstriaPrompt/bed';
import * as astriaTrigger from '../nodes/Astria/AstriaTrigger/bed';
import * as tunes from '../nodes/Astria/AstriaTune/bed';
import * as fashn from '../nodes/Fal/FashnTryOn/bed';
import * as fashnTrigger from '../nodes/Fal/FashnTryOnTrigger/bed';

/** The node's clock runs so many times faster: Astria's states are asked for every few seconds. */
const SPEED = 20;

/** Nothing that takes so long ends within a test. */
const NEVER_MS = 3_600_000;

/** Stands for columns of the service's own names. */
const MORE = '…';

/** What the rows of a sheet come with. */
const ROW = { sku: 'A-1' };

let nodes: DocumentedNode[];

/** What the pages say and a run has shown. */
const shown = new Set<Output>();

beforeAll(async () => {
	({ nodes } = await readSources());
});

function outputsOf(name: string, operation: string): readonly Output[] {
	const documented = nodes.find(({ node }) => node.description.name === name);
	return (documented?.trigger ?? documented?.pages.get(operation))?.outputs ?? [];
}

/**
 * Holds what came out against what the reference pages say of it.
 *
 * @param nth which of the operation's outputs it is
 * @param besides columns of another output that are there as well
 */
function expectColumns(
	node: string,
	operation: string,
	result: NodeResult,
	nth = 0,
	besides: Columns = {},
): INodeExecutionData[] {
	expect(result.error).toBeUndefined();
	return expectItems(node, operation, result.outputs[0] ?? [], nth, besides);
}

function expectItems(
	node: string,
	operation: string,
	items: INodeExecutionData[],
	nth: number,
	besides: Columns = {},
): INodeExecutionData[] {
	expect(items.length).toBeGreaterThan(0);
	const output = outputsOf(node, operation)[nth];
	if (output) shown.add(output);
	const told = { ...besides, ...output?.columns };
	const always = Object.entries(told).filter(
		([name, { optional = false }]) => name !== MORE && !optional,
	);
	for (const { json } of items) {
		const keys = Object.keys(json);
		if (!(MORE in told)) expect(keys.filter((key) => !(key in told))).toEqual([]);
		expect(always.map(([name]) => name).filter((name) => !keys.includes(name))).toEqual([]);
	}
	return items;
}

/** The same of a run whose rows keep what they came with. */
function expectRows(
	node: string,
	operation: string,
	result: NodeResult,
	nth = 0,
	besides: Columns = {},
): INodeExecutionData[] {
	const sku = { meaning: "The row's own" };
	const items = expectColumns(node, operation, result, nth, { ...besides, sku });
	for (const { json } of items) expect(json).toMatchObject(ROW);
	expect(outputsOf(node, operation)).toContain(INPUT_OUTPUT);
	return items;
}

/** A run of one row that keeps what it came with. */
async function runRow(
	{ run }: Pick<fashn.Bed, 'run'>,
	parameters: Parameters = {},
): Promise<NodeResult> {
	return await run([ROW], { ...parameters, options: { includeInputFields: true } });
}

function first(items: INodeExecutionData[], name: string): string {
	return String(items[0]?.json[name]);
}

/** The rule without what *One Item per Row* takes away. */
function inOneItem(node: string, operation: string): Columns {
	const { imageIndex: _gone, ...columns } = outputsOf(node, operation)[0]?.columns ?? {};
	return columns;
}

test('every operation asks whether good rows keep what they came with', () => {
	const asking = (properties: readonly INodeProperties[], resource: string, operation: string) =>
		properties.some(({ name, displayOptions, options = [] }) => {
			const { show = {} } = displayOptions ?? {};
			const isShown = show.resource?.includes(resource) && show.operation?.includes(operation);
			return name === 'options' && isShown && options.some((o) => o.name === 'includeInputFields');
		});
	const silent = nodes.flatMap(({ node, resources }) =>
		resources.flatMap(({ value, operations }) =>
			operations
				.filter((operation) => !asking(node.description.properties, value, operation.value))
				.map((operation) => `${node.description.name} ${value} ${operation.value}`),
		),
	);
	expect(silent).toEqual([]);
});

describe('FASHN Try-On puts out what its page says', () => {
	const NODE = 'fashnTryOn';
	let bed: fashn.Bed;

	beforeEach(async () => {
		bed = await fashn.makeBed({ fal: { historyDelayMs: 0 } });
	});

	afterEach(async () => {
		await bed.sandbox.close();
	});

	test('Generate', async () => {
		expectRows(NODE, 'tryOn.generate', await runRow(bed, { num_samples: 2 }));
		const row = await runRow(bed, { output: 'row', download: false });
		expectRows(NODE, 'tryOn.generate', row, 1, inOneItem(NODE, 'tryOn.generate'));
	});

	test('Generate, when no callback comes', async () => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
		const waiting = await bed.suspend([{ row_number: 2 }], { wait: 'callback' });
		expectColumns(NODE, 'tryOn.generate', await timeOut(waiting), 2);
	});

	test('Estimate', async () => {
		const estimate = { operation: 'estimate' };
		expectRows(NODE, 'tryOn.estimate', await runRow(bed, estimate));
		const all = await runRow(bed, { ...estimate, estimateOutput: 'all' });
		expectColumns(NODE, 'tryOn.estimate', all, 1);
	});

	test('Submit, Get and Cancel', async () => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
		const submitted = await runRow(bed, { operation: 'submit' });
		const requestId = first(expectRows(NODE, 'tryOn.submit', submitted), 'requestId');
		const early = await runRow(bed, { resource: 'job', operation: 'get', requestId });
		expectRows(NODE, 'job.get', early, 2);
		const cancelled = await runRow(bed, { resource: 'job', operation: 'cancel', requestId });
		expectRows(NODE, 'job.cancel', cancelled);
	});

	test('Get of a finished job', async () => {
		const made = await runRow(bed, { download: false });
		const requestId = first(made.outputs[0] ?? [], 'requestId');
		expectRows(
			NODE,
			'job.get',
			await runRow(bed, { resource: 'job', operation: 'get', requestId }),
		);
		const many = { resource: 'job', operation: 'getAll' };
		expectRows(NODE, 'job.getAll', await runRow(bed, many));
		const fetched = await runRow(bed, { ...many, fetchResults: true });
		const besides = outputsOf(NODE, 'job.getAll')[0]?.columns;
		expectRows(NODE, 'job.getAll', fetched, 1, besides);
	});
});

describe('FASHN Try-On Trigger puts out what its page says', () => {
	const NODE = 'fashnTryOnTrigger';

	test.each([
		['a finished job', {}, {}, 0],
		['all pictures in one item', {}, { output: 'row' }, 1],
		['a failed job', { additionalFields: { additional_fields: '{"category":"hats"}' } }, {}, 2],
	])('%s', async (_, submitted, parameters, nth) => {
		const bed = await fashnTrigger.makeBed();
		const trigger = await bed.publish(parameters);
		await bed.submit(trigger, submitted);
		await fashnTrigger.calledTimes(trigger, 1);
		await bed.close();
		const besides = nth === 1 ? inOneItem(NODE, '') : {};
		expectItems(NODE, '', trigger.starts[0] ?? [], nth, besides);
	});
});

describe.each(['astriaTrigger', 'astriaCallbackTrigger'])(
	'%s puts out what its page says',
	(node) => {
		test.each([
			['a finished prompt', {}, 'photo', 0],
			['all pictures in one item', { output: 'row' }, 'photo', 1],
			['a failed prompt', { events: ['promptFailed'] }, 'an error', 2],
		])('%s', async (_, parameters, text, nth) => {
			const bed = await astriaTrigger.makeBed();
			const looking = bed.polled(parameters);
			await looking.look();
			const trigger = await bed.called(parameters);
			const callback = `${trigger.url}?secret=${astriaTrigger.SECRET}`;
			const id = await bed.made(prompts.PARTNER, { text });
			await bed.end(id);
			await fetch(callback, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({ prompt: { id } }),
			});
			const items = node === 'astriaTrigger' ? await looking.look() : (trigger.starts[0] ?? []);
			await bed.close();
			expectItems(node, '', items, nth, nth === 1 ? inOneItem(node, '') : {});
		});

		test('a tune', async () => {
			const bed = await astriaTrigger.makeBed();
			const looking = bed.polled();
			await looking.look();
			await bed.end(await bed.training());
			expectItems(node, '', await looking.look(), 3);
			await bed.close();
		});
	},
);

describe('Astria Tune puts out what its page says', () => {
	const NODE = 'astriaTune';
	let bed: tunes.Bed;

	beforeEach(async () => {
		speedUp(SPEED);
		bed = await tunes.makeBed();
	});

	afterEach(async () => {
		jest.restoreAllMocks();
		await bed.sandbox.close();
	});

	test('Tune', async () => {
		const made = expectRows(NODE, 'tune.create', await runRow(bed));
		const tuneId = picked(first(made, 'tuneId'));
		const run = async (operation: string, more: Parameters = {}) =>
			await runRow(bed, { operation, tuneId, ...more });
		expectRows(NODE, 'tune.get', await run('get'));
		expectRows(NODE, 'tune.getAll', await run('getAll'));
		expectRows(NODE, 'tune.wait', await run('wait'));
		const changes = { updateFields: { title: 'Another' } };
		expectRows(NODE, 'tune.update', await run('update', changes));
		expectRows(NODE, 'tune.delete', await run('delete'));
		const estimate = { operation: 'estimate' };
		expectRows(NODE, 'tune.estimate', await runRow(bed, estimate));
		const all = await runRow(bed, { ...estimate, estimateOutput: 'all' });
		expectColumns(NODE, 'tune.estimate', all, 1);
	});

	test('Create or Reuse', async () => {
		const reuse = { operation: 'createOrReuse', model_type: 'lora' };
		const made = await runRow(bed, { ...reuse, wait: 'none' });
		expectRows(NODE, 'tune.createOrReuse', made);
		expectRows(NODE, 'tune.createOrReuse', await runRow(bed, { ...reuse, simplify: false }), 1);
		bed.sandbox.astria.options.trainingMs = NEVER_MS;
		const waiting = await bed.suspend([{}], { ...reuse, title: 'Another', wait: 'callback' });
		expectColumns(NODE, 'tune.createOrReuse', await timeOut(waiting), 2);
	});

	test('Tune and Pack, when no callback comes', async () => {
		bed.sandbox.astria.options.trainingMs = NEVER_MS;
		const callback = { wait: 'callback', model_type: 'lora' };
		const waiting = await bed.suspend([{}], callback);
		expectColumns(NODE, 'tune.create', await timeOut(waiting), 2);
		const packId = picked('corporate-headshots');
		const pack = { ...callback, resource: 'pack', operation: 'createTune', packId };
		expectColumns(NODE, 'pack.createTune', await timeOut(await bed.suspend([{}], pack)), 2);
		const pictures = await bed.suspend([{}], { ...pack, waitForPictures: true });
		for (const { id } of [...bed.sandbox.astria.tunes(), ...bed.sandbox.astria.prompts()]) {
			await bed.sandbox.astria.settle(id);
		}
		const { result } = await call(pictures);
		if (!result) throw new Error('The execution still waits');
		expectColumns(NODE, 'pack.createTune', result, 5);
	});

	test('Pack', async () => {
		const run = async (operation: string, more: Parameters = {}) =>
			await runRow(bed, { resource: 'pack', operation, ...more });
		expectRows(NODE, 'pack.getAll', await run('getAll', { source: 'gallery' }));
		const packId = picked('corporate-headshots');
		expectRows(NODE, 'pack.get', await run('get', { packId }));
		const made = await run('createTune', { packId, wait: 'none' });
		const tuneId = picked(first(expectRows(NODE, 'pack.createTune', made), 'tuneId'));
		const reuse = { packId, mode: 'reuse', tunes: { tunes: [{ tuneId }] } };
		expectRows(NODE, 'pack.createTune', await run('createTune', reuse), 3);
		const lookbook = { ...reuse, packId: picked('summer-lookbook'), waitForPictures: true };
		const pictures = await run('createTune', lookbook);
		expectRows(NODE, 'pack.createTune', pictures, 4);
		const trained = await run('createTune', { packId, waitForPictures: true });
		expectRows(NODE, 'pack.createTune', trained, 4);
		expectRows(NODE, 'pack.estimate', await run('estimate', { packId }));
		const all = await run('estimate', { packId, estimateOutput: 'all' });
		expectColumns(NODE, 'pack.estimate', all, 1);
	});

	test('Image', async () => {
		const inspect: Parameters = {
			resource: 'image',
			operation: 'inspect',
			image_source: 'address',
			image: bed.person,
		};
		expectRows(NODE, 'image.inspect', await runRow(bed, inspect));
		const all = await bed.run([{}, {}], { ...inspect, output: 'characteristics' });
		expectColumns(NODE, 'image.inspect', all, 1);
	});
});

describe('Astria Prompt puts out what its page says', () => {
	const NODE = 'astriaPrompt';
	let bed: prompts.Bed;

	beforeEach(async () => {
		speedUp(SPEED);
		bed = await prompts.makeBed();
	});

	afterEach(async () => {
		jest.restoreAllMocks();
		await bed.sandbox.close();
	});

	test('Prompt', async () => {
		const made = expectRows(NODE, 'prompt.create', await runRow(bed, { download: true }));
		const row = await runRow(bed, { output: 'row' });
		expectRows(NODE, 'prompt.create', row, 1, inOneItem(NODE, 'prompt.create'));
		expectRows(NODE, 'prompt.create', await runRow(bed, { wait: 'none' }), 2);
		const promptId = picked(first(made, 'promptId'));
		const run = async (operation: string, more: Parameters = {}) =>
			await runRow(bed, { operation, promptId, ...more });
		expectRows(NODE, 'prompt.get', await run('get'));
		expectRows(NODE, 'prompt.getAll', await run('getAll'));
		const listed = outputsOf(NODE, 'prompt.getAll')[0]?.columns;
		const fetched = await run('getAll', { fetchReferences: true });
		expectRows(NODE, 'prompt.getAll', fetched, 1, listed);
		expectRows(NODE, 'prompt.duplicate', await run('duplicate'));
		expectRows(NODE, 'prompt.duplicate', await run('duplicate', { wait: 'none' }), 2);
		const changes = { updateFields: { base_pack_id: '260' } };
		expectRows(NODE, 'prompt.update', await run('update', changes));
		expectRows(NODE, 'prompt.like', await run('like'));
		expectRows(NODE, 'prompt.unlike', await run('unlike'));
		expectRows(NODE, 'prompt.delete', await run('delete'));
		const estimate = { operation: 'estimate' };
		expectRows(NODE, 'prompt.estimate', await runRow(bed, estimate));
		const all = await runRow(bed, { ...estimate, estimateOutput: 'all' });
		expectColumns(NODE, 'prompt.estimate', all, 1);
		const balance = { resource: 'account', operation: 'getBalance' };
		expectRows(NODE, 'account.getBalance', await runRow(bed, balance));
	});

	const dressing = () => ({
		resource: 'tryOn',
		operation: 'dressPerson',
		person: bed.person,
		garments: { garment: [{ garment_source: 'address', garment: bed.garment }] },
	});

	test('Prompt and Dress a Person, when no callback comes', async () => {
		bed.sandbox.astria.options.generationMs = NEVER_MS;
		const waiting = await bed.suspend([{}], { wait: 'callback' });
		expectColumns(NODE, 'prompt.create', await timeOut(waiting), 3);
		const promptId = picked(String(bed.prompts()[0]?.id));
		const early = await bed.run([{}], { operation: 'get', promptId });
		expectColumns(NODE, 'prompt.get', early, 2);
		const duplicate = { operation: 'duplicate', promptId, wait: 'callback' };
		const duplicated = await bed.suspend([{}], duplicate);
		expectColumns(NODE, 'prompt.duplicate', await timeOut(duplicated), 3);
		const dressed = await bed.suspend([{}], { ...dressing(), wait: 'callback' });
		expectColumns(NODE, 'tryOn.dressPerson', await timeOut(dressed), 3);
	});

	test('Dress a Person', async () => {
		const dress = dressing();
		expectRows(NODE, 'tryOn.dressPerson', await runRow(bed, dress));
		const later = await runRow(bed, { ...dress, wait: 'none' });
		expectRows(NODE, 'tryOn.dressPerson', later, 2);
		const estimate = { ...dress, operation: 'estimate' };
		expectRows(NODE, 'tryOn.estimate', await runRow(bed, estimate));
		const all = await runRow(bed, { ...estimate, estimateOutput: 'all' });
		expectColumns(NODE, 'tryOn.estimate', all, 1);
	});
});

test('a run above has shown each output that a page tells of', () => {
	const told = nodes.flatMap(({ node, trigger, pages }) =>
		[...pages, ...(trigger ? [['trigger', trigger] as const] : [])].flatMap(([operation, page]) =>
			page.outputs.map((output) => ({ output, name: `${node.description.name} ${operation}` })),
		),
	);
	const unseen = told.filter(({ output }) => output !== INPUT_OUTPUT && !shown.has(output));
	expect(unseen.map(({ name, output: { when } }) => `${name}, ${when}`)).toEqual([]);
});
