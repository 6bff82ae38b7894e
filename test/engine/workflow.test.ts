import { NODE } from './engine';
import { connect, node } from './graph';
import { COLUMNS, TRIGGER } from './helperNodes';
import { makeProbe, type Probe } from './probe';
import { loop, SHAPES, subWorkflow, together } from './shapes';
import { runWorkflow, startWorkflow, tasksOf } from './workflow';

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
const probe = (settings?: Probe['settings']) =>
	makeProbe((column) => ({ value: column('id', 'number') }), settings);

/** n8n takes 0 for its default of a second. */
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

test('a loop runs the node once for each batch, with a run index that counts', async () => {
	const under = probe();
	const result = await runWorkflow(loop(2).workflow(under, rows(5)));
	expect(under.sightings.map(({ run, values }) => [run, values])).toEqual([
		[0, [0, 1]],
		[1, [2, 3]],
		[2, [4]],
	]);
	const [done] = tasksOf(result, 'Loop Over Items').at(-1)?.data?.main ?? [];
	expect(done?.map(({ json }) => json.value)).toEqual(['0', '1', '2', '3', '4']);
	expect(new Set(under.sightings.map(({ executionId }) => executionId)).size).toBe(1);
});

test('a node before it adds columns by expression', async () => {
	const under = probe();
	const run = together.workflow(under, rows(2));
	const result = await runWorkflow({
		...run,
		nodes: [
			...run.nodes,
			node('Twice', COLUMNS, { columns: { id: '={{ $json.id * 2 }}', kept: 'yes' } }),
		],
		connections: connect({ from: 'Start', to: 'Twice' }, { from: 'Twice', to: NODE }),
	});
	expect(together.rows(result).good).toEqual([{ value: '0' }, { value: '2' }]);
	expect(tasksOf(result, 'Twice')[0]?.data?.main?.[0]?.[0]?.json).toEqual({ id: 0, kept: 'yes' });
	expect(run.nodes[0]?.type).toBe(TRIGGER);
});

test.each([
	{ shape: subWorkflow('once'), executions: 1 },
	{ shape: subWorkflow('each'), executions: 3 },
])('$shape.name has executions of its own', async ({ shape, executions }) => {
	const under = probe();
	const result = await runWorkflow(shape.workflow(under, rows(3)));
	const ids = under.sightings.map(({ executionId }) => executionId);
	expect(new Set(ids).size).toBe(executions);
	expect(ids).not.toContain(result.executionId);
	expect(result.children.map(({ executionId }) => executionId)).toEqual(ids);
	expect(shape.rows(result).good).toHaveLength(3);
	const [handedOn] = tasksOf(result, 'Execute Sub-workflow')[0]?.data?.main ?? [];
	expect(handedOn).toHaveLength(3);
});

test('a sub-workflow that fails fails the workflow that called it', async () => {
	const under = probe();
	under.failures = 1;
	const result = await runWorkflow(subWorkflow('once').workflow(under, rows(1)));
	expect(result.run.status).toBe('error');
	expect(result.run.data.resultData.error?.message).toBe('The probe failed');
});

describe.each(ON_ERROR)('Retry On Fail under %s', (onError) => {
	test.each([together, loop(1)])(
		'tries the node again with new expressions: $name',
		async (shape) => {
			const under = makeProbe(() => ({ value: '={{ Math.random() }}' }), { ...RETRY, onError });
			under.failures = 2;
			const result = await runWorkflow(shape.workflow(under, rows(2)));
			const first = under.sightings.slice(0, 3);
			expect(first.map(({ run, remembered }) => [run, remembered])).toEqual([
				[0, 0],
				[0, 1],
				[0, 2],
			]);
			expect(new Set(first.map(({ values }) => values[0])).size).toBe(3);
			expect(shape.rows(result).failed).toHaveLength(0);
			expect(shape.rows(result).good).toHaveLength(2);
		},
	);

	test('ends after its last try', async () => {
		const under = probe({ ...RETRY, onError });
		under.failures = 5;
		const result = await runWorkflow(together.workflow(under, rows(2)));
		expect(under.sightings).toHaveLength(3);
		const isStopped = onError === 'stopWorkflow';
		expect(result.run.status).toBe(isStopped ? 'error' : 'success');
		expect(together.rows(result).failed).toHaveLength(isStopped ? 0 : 1);
	});
});

test.each([together, loop(1), subWorkflow('once')])(
	'Stop ends the execution after what runs: $name',
	async (shape) => {
		const under = probe();
		const started = startWorkflow(shape.workflow(under, rows(3)));
		under.meanwhile = async () => started.stop();
		const { run, children } = await started.finished;
		// A workflow whose sub-workflow was stopped fails by that, stopped itself or not.
		expect((children[0]?.run ?? run).status).toBe('canceled');
		expect(run.status).not.toBe('success');
		expect(under.sightings).toHaveLength(1);
	},
);

test('every shape has a name of its own', () => {
	expect(new Set(SHAPES.map(({ name }) => name)).size).toBe(SHAPES.length);
});
