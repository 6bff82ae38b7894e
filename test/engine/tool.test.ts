import { NODE } from './engine';
import { makeProbe, type Probe } from './probe';
import { type Shape, tool } from './shapes';
import { runWorkflow, startWorkflow, tasksOf } from './workflow';

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
const probe = (settings?: Probe['settings']) =>
	makeProbe((column) => ({ value: column('id', 'number') }), settings);
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

const CALLS: Array<{ shape: Shape; isTool: boolean }> = [
	{ shape: tool(1), isTool: true },
	{ shape: tool(2), isTool: true },
	{ shape: tool(3), isTool: false },
	{ shape: tool(1, { rowIs: 'call' }), isTool: true },
	{ shape: tool(2, { rowIs: 'call' }), isTool: true },
	{ shape: tool(3, { rowIs: 'call' }), isTool: false },
];

test.each(CALLS)('$shape.name: each row is a run of the tool', async ({ shape, isTool }) => {
	const under = probe();
	const result = await runWorkflow(shape.workflow(under, rows(3)));
	expect(result.run.status).toBe('success');
	expect(under.sightings.map(({ run, values }) => [run, values])).toEqual([
		[0, [0]],
		[1, [1]],
		[2, [2]],
	]);
	expect(under.sightings.map((sighting) => sighting.isTool)).toEqual([isTool, isTool, isTool]);
	expect(shape.rows(result)).toEqual({
		good: [{ value: '0' }, { value: '1' }, { value: '2' }],
		failed: [],
	});
	expect(tasksOf(result, NODE)).toHaveLength(3);
});

test.each([
	{ shape: tool(1), runs: [0, 1, 2] },
	{ shape: tool(2), runs: [0, 1, 2] },
	{ shape: tool(3), runs: [0, 0, 1] },
])('$shape.name: what Retry On Fail does to the run index', async ({ shape, runs }) => {
	const under = probe(RETRY);
	under.failures = 1;
	const result = await runWorkflow(shape.workflow(under, rows(2)));
	expect(under.sightings.map(({ run, values }) => [run, values[0]])).toEqual([
		[runs[0], 0],
		[runs[1], 0],
		[runs[2], 1],
	]);
	expect(under.sightings.map(({ remembered }) => remembered)).toEqual([0, 1, 2]);
	expect(shape.rows(result).good).toHaveLength(2);
});

test.each([tool(1), tool(2), tool(3)])(
	'$name: expressions are evaluated anew on each try',
	async (shape) => {
		const under = makeProbe(() => ({ value: '={{ Math.random() }}' }), RETRY);
		under.failures = 2;
		await runWorkflow(shape.workflow(under, rows(1)));
		expect(new Set(under.sightings.map(({ values }) => values[0])).size).toBe(3);
	},
);

test.each([tool(2, { batchSize: 2 }), tool(2, { batchSize: 2, inTurn: true })])(
	'$name: items of a batch share run 0 of the tool',
	async (shape) => {
		const under = probe();
		const result = await runWorkflow(shape.workflow(under, [{ id: 7 }, { id: 7 }]));
		expect(under.sightings.map(({ run, values }) => [run, values])).toEqual([
			[0, [7]],
			[0, [7]],
		]);
		expect(shape.rows(result).good).toHaveLength(2);
	},
);

test.each([
	{ shape: tool(1), error: '' },
	{ shape: tool(2), error: '' },
	{ shape: tool(3), error: 'The probe failed' },
])('$shape.name: what the agent is told of a failure', async ({ shape, error }) => {
	const under = probe();
	under.failures = 1;
	const result = await runWorkflow(shape.workflow(under, rows(2)));
	expect(result.run.status).toBe('success');
	expect(shape.rows(result)).toEqual({ good: [{ value: '1' }], failed: [{ error }] });
});

test.each([tool(1), tool(2), tool(3)])(
	'Stop ends the calls after the one that runs: $name',
	async (shape) => {
		const under = probe();
		const started = startWorkflow(shape.workflow(under, rows(3)));
		under.meanwhile = async () => started.stop();
		const { run } = await started.finished;
		expect(run.status).toBe('canceled');
		expect(under.sightings).toHaveLength(1);
	},
);
