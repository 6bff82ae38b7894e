import fc from 'fast-check';
import type { INodeProperties } from 'n8n-workflow';

import { AstriaPrompt } from '../../nodes/Astria/AstriaPrompt/AstriaPrompt.node.ts';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node.ts';
import { FashnTryOn } from '../../nodes/Fal/FashnTryOn/FashnTryOn.node.ts';
import { runNode } from '../engine/engine';
import type { Parameters } from '../engine/items';
import { astriaPurchases, promptOf, trainedTune, tuneOf } from './astriaCalls';
import { credentialOf, type MatrixBed, type NodeClass, openBed, type Service } from './bed';
import { falPurchases, tryOn } from './falCalls';
import { leaks } from './judge';
import { withoutHanging } from './patience';

/** Runs of each node, each with a few fields that hold anything. */
const RUNS = 40;

const SEED = Number(process.env.RANDOM_SEED ?? 20_261_126);

/** Fields that hold anything in one run. */
const MOST_FIELDS = 3;

let bed: MatrixBed;

beforeAll(async () => {
	bed = await openBed();
});

afterAll(async () => {
	await bed.close();
});

/** A field of the editor: what its parameter is when it holds this expression. */
type Setter = (expression: string) => Parameters;

function isShown(
	{ displayOptions }: INodeProperties,
	resource: string,
	operation: string,
): boolean {
	const { show = {} } = displayOptions ?? {};
	const allows = (name: string, value: string) => show[name]?.includes(value) ?? false;
	return allows('resource', resource) && allows('operation', operation);
}

/** Each parameter of an operation, and each field of its collections. */
function settersOf(nodeType: NodeClass, resource: string, operation: string): Setter[] {
	const { properties } = new nodeType().description;
	return properties
		.filter((property) => isShown(property, resource, operation) && property.type !== 'notice')
		.flatMap(({ name, type, options = [] }): Setter[] => {
			if (type !== 'collection') return [(expression) => ({ [name]: expression })];
			return options.map((option) => (expression) => ({
				[name]: { [option.name]: expression },
			}));
		});
}

/** What a sheet, a shop or another node may have put into a column. */
const ANYTHING = fc.oneof(
	fc.jsonValue(),
	fc.constantFrom(
		'',
		' ',
		'TRUE',
		'1e999',
		'-0',
		'__proto__',
		'http://',
		'https://[',
		'data:image/png;base64,',
		'{"a":',
		'[]',
		'\u0000',
		'x'.repeat(100_000),
		'<'.repeat(10_000),
		['https://example.com/a.png', null],
		{ url: { url: { url: 'x' } } },
		{ __rl: true, mode: 'id', value: {} },
	),
);

const NODES: Array<{
	name: string;
	service: Service;
	nodeType: NodeClass;
	resource: string;
	operation: string;
	usual(): Promise<Parameters>;
	sold(): number;
}> = [
	{
		name: 'FASHN Try-On: Generate',
		service: 'fal',
		nodeType: FashnTryOn,
		resource: 'tryOn',
		operation: 'generate',
		// n8n itself asks for the endpoint's id where the endpoint is an expression.
		usual: async () => tryOn(bed, { endpointId: 'fal-ai/fashn/tryon/v1.6' }),
		sold: () => falPurchases(bed).length,
	},
	{
		name: 'Astria Prompt: Create',
		service: 'astria',
		nodeType: AstriaPrompt,
		resource: 'prompt',
		operation: 'create',
		usual: async () => promptOf(await trainedTune(bed)),
		sold: () => astriaPurchases(bed).length,
	},
	{
		name: 'Astria Tune: Create',
		service: 'astria',
		nodeType: AstriaTune,
		resource: 'tune',
		operation: 'create',
		usual: async () => tuneOf(bed),
		sold: () => astriaPurchases(bed).length,
	},
];

test.each(NODES)(
	'$name: whatever the items hold, in whichever field, each row comes out or says why',
	async ({ service, nodeType, resource, operation, usual, sold }) => {
		const setters = settersOf(nodeType, resource, operation);
		expect(setters.length).toBeGreaterThan(5);
		const parameters = await usual();
		const field = fc.tuple(fc.constantFrom(...setters), ANYTHING);
		await fc.assert(
			fc.asyncProperty(
				fc.array(field, { minLength: 1, maxLength: MOST_FIELDS }),
				async (fields) => {
					bed.clean();
					const before = sold();
					const wild = fields.map(([set], index) => set(`={{ $json.any${index} }}`));
					const values = fields.map(([, value], index) => [`any${index}`, value]);
					// The second row lacks them all.
					const items = [{ number: bed.nextNumber(), ...Object.fromEntries(values) }, {}];
					const result = await withoutHanging(
						runNode({
							nodeType: new nodeType(),
							credential: credentialOf(bed, service),
							parameters: Object.assign({}, parameters, ...wild),
							items: items.map((json) => ({ json })),
							settings: { onError: 'continueRegularOutput' },
						}),
					);
					expect(result.error).toBeUndefined();
					expect([...leaks(bed, result.run)]).toEqual([]);
					expect(sold() - before).toBeLessThanOrEqual(items.length);
					const [out = []] = result.outputs;
					const rows = new Set(out.map(({ pairedItem }) => JSON.stringify(pairedItem)));
					expect(rows).toEqual(new Set(['{"item":0}', '{"item":1}']));
					for (const { json } of out) {
						if (json.error !== undefined) expect(json.error).toMatch(/^Item \d: .*[.!?]$/s);
					}
				},
			),
			{ numRuns: RUNS, seed: SEED, endOnFailure: true },
		);
	},
	120_000,
);
