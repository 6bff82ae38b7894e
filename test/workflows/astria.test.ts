import type { INodeType } from 'n8n-workflow';

import { AstriaApi } from '../../credentials/AstriaApi.credentials';
import { AstriaPrompt } from '../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node';
import { type Sandbox, startSandbox } from '../../sandbox/index';
import type { FaultKind } from '../../sandbox/types';
import { speedUp } from '../engine/clock';
import { picked } from '../engine/items';
import { type Column, loop, type NodeUnderTest, subWorkflow, together } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import { RETRY } from './fashn';
import { smallGarment, smallPerson } from './pictures';

/*
 * Astria under Retry On Fail: n8n evaluates every expression anew on each try, and a purchase is a
 * purchase of its row all the same.
 */

/** So many times faster than the machine's is the node's clock: lost answers take a minute. */
const SPEED = 500;

let sandbox: Sandbox;
let person: string;
let garment: string;
/** A reference that is there before the workflow begins. */
let tuneId: number;

beforeEach(async () => {
	sandbox = await startSandbox({ astria: { generationMs: 30, trainingMs: 30, pictureScale: 0.1 } });
	person = sandbox.media.publish(await smallPerson(), 'image/jpeg');
	garment = sandbox.media.publish(await smallGarment(), 'image/png');
	const { url, key } = sandbox.astria;
	const tune = { title: 'Jane', name: 'woman', model_type: 'faceid', base_tune_id: 1504944 };
	const answer = await fetch(`${url}/tunes`, {
		method: 'POST',
		headers: {
			Authorization: `Bearer ${key}`,
			'Content-Type': 'application/json',
			'User-Agent': 'another-workflow/1',
		},
		body: JSON.stringify({ tune: { ...tune, image_urls: [person] } }),
	});
	tuneId = Number(Reflect.get(Object(await answer.json()), 'id'));
	sandbox.calls.splice(0);
	speedUp(SPEED);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await sandbox.close();
});

/** An operation that buys, and how its purchases are counted. */
interface Operation {
	name: string;
	nodeType: () => INodeType;
	/** Its parameters, one of which is another one on each try. */
	parameters(column: Column): ReturnType<NodeUnderTest['parameters']>;
	/** The paid call, as `METHOD /path`. */
	call: RegExp;
	/** What the column `bad` of a row holds that is refused, and of one that is not. */
	values: { bad: string; good: string };
}

const OPERATIONS: Operation[] = [
	{
		name: 'Astria Tune: Create',
		nodeType: () => new AstriaTune(),
		parameters: (column) => ({
			resource: 'tune',
			operation: 'create',
			title: '={{ "Tune " + Math.random() }}',
			name: 'woman',
			images_source: 'address',
			images: person,
			base_tune_id: picked(column('bad')),
			model_type: 'faceid',
		}),
		call: /^POST \/tunes$/,
		values: { bad: '123', good: '1504944' },
	},
	{
		name: 'Astria Tune: Create Tune From Pack, on a new tune',
		nodeType: () => new AstriaTune(),
		parameters: (column) => ({
			resource: 'pack',
			operation: 'createTune',
			packId: picked('260'),
			mode: 'train',
			title: '={{ "Tune " + Math.random() }}',
			name: column('bad'),
			images_source: 'address',
			images: person,
		}),
		call: /^POST \/p\/260\/tunes$/,
		values: { bad: 'dog', good: 'woman' },
	},
	{
		name: 'Astria Tune: Create Tune From Pack, on tunes that exist',
		nodeType: () => new AstriaTune(),
		parameters: (column) => ({
			resource: 'pack',
			operation: 'createTune',
			packId: picked('260'),
			mode: 'reuse',
			tunes: { tunes: [{ tuneId: picked(tuneId) }] },
			additionalFields: { brief: '={{ "Brief " + Math.random() }}', prompt_ids: column('bad') },
		}),
		call: /^POST \/p\/260\/tunes$/,
		values: { bad: '999', good: '501' },
	},
	{
		name: 'Astria Prompt: Dress a Person',
		nodeType: () => new AstriaPrompt(),
		parameters: (column) => ({
			resource: 'tryOn',
			operation: 'dressPerson',
			scene: `={{ $json.bad + " studio " + Math.random() }}`,
			person_source: 'address',
			person,
			garments: {
				garment: [{ garment_source: 'address', garment, garment_class: 'dress' }],
			},
			download: false,
			options: { maxWait: column('wait', 'number') },
		}),
		call: /^POST \/tunes\/\d+\/prompts$/,
		values: { bad: 'an error', good: 'a' },
	},
];

function underTest({ nodeType, parameters }: Operation): NodeUnderTest {
	return {
		nodeType: nodeType(),
		credential: {
			type: 'astriaApi',
			credentialType: new AstriaApi(),
			data: { apiKey: sandbox.astria.key, baseUrl: sandbox.astria.url },
		},
		parameters,
		settings: { ...RETRY, onError: 'continueRegularOutput' },
	};
}

const rowsOf = ({ values }: Operation, bad: readonly boolean[]) =>
	bad.map((isBad) => ({ bad: isBad ? values.bad : values.good, wait: 600 }));

const accepted = ({ call }: Operation) =>
	sandbox.astria.creations().filter(({ id, path }) => id !== tuneId && call.test(`POST ${path}`))
		.length;

const sent = ({ call }: Operation) =>
	sandbox.calls.filter(({ method, path }) => call.test(`${method} ${path}`)).length;

const references = () => sandbox.astria.tunes().filter(({ id }) => id !== tuneId).length;

const SHAPES = [together, loop(1), subWorkflow('once')];

const gatewayTimeout: FaultKind = { kind: 'answer', answer: { status: 504, body: 'timeout' } };
const lost: FaultKind = { kind: 'answerAfter', answer: { status: 504, body: 'timeout' } };

describe.each(OPERATIONS)('$name', (operation) => {
	const isDress = operation.nodeType() instanceof AstriaPrompt;

	test.each(SHAPES)('a bad first row leaves the others bought once: $name', async (shape) => {
		const rows = rowsOf(operation, [true, false, false]);
		const result = await runWorkflow(shape.workflow(underTest(operation), rows));
		const { good, failed } = shape.rows(result);
		expect(failed).toHaveLength(1);
		expect(good).toHaveLength(2);
		// The bad prompt of a try-on is taken by Astria, and fails there.
		expect(accepted(operation)).toBe(isDress ? 3 : 2);
		if (isDress) expect(references()).toBe(2);
	});

	test.each(SHAPES)('a purchase of which nobody knows is sent once: $name', async (shape) => {
		sandbox.faults.add({ on: operation.call, fault: gatewayTimeout, times: 9 });
		const rows = rowsOf(operation, [false]);
		const result = await runWorkflow(shape.workflow(underTest(operation), rows));
		expect(shape.rows(result).failed).toHaveLength(1);
		expect(sent(operation)).toBe(1);
		expect(accepted(operation)).toBe(0);
		if (isDress) expect(references()).toBe(2);
	});

	test('a purchase whose answer is lost is a good row, bought once', async () => {
		sandbox.faults.add({ on: operation.call, fault: lost });
		const rows = rowsOf(operation, [false]);
		const result = await runWorkflow(together.workflow(underTest(operation), rows));
		expect(together.rows(result)).toMatchObject({ good: [{ recovered: true }], failed: [] });
		expect(sent(operation)).toBe(1);
		expect(accepted(operation)).toBe(1);
	});
});
