import { executeStep, retryInEditor } from './again';
import { NODE } from './engine';
import { connect, edited, node } from './graph';
import { COLUMNS } from './helperNodes';
import { makeProbe, type Probe } from './probe';
import { loop, together } from './shapes';
import { runWorkflow, startWorkflow, tasksOf } from './workflow';

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
const probe = (settings?: Probe['settings']) =>
	makeProbe((column) => ({ value: column('id', 'number') }), settings);

describe("the editor's Retry", () => {
	test('goes on in a new execution with the old context', async () => {
		const under = probe();
		under.failures = 1;
		const failed = await runWorkflow(loop(1).workflow(under, rows(3)));
		expect(failed.run.status).toBe('error');
		const retried = await retryInEditor(failed);
		expect(retried.run).toMatchObject({ status: 'success', mode: 'retry' });
		expect(retried.executionId).not.toBe(failed.executionId);
		expect(under.sightings.map(({ executionId }) => executionId)).toEqual([
			failed.executionId,
			...[1, 2, 3].map(() => retried.executionId),
		]);
		// The run that failed is replaced, and the node's own memory came along.
		expect(under.sightings.map(({ run, remembered }) => [run, remembered])).toEqual([
			[0, 0],
			[0, 1],
			[1, 2],
			[2, 3],
		]);
		expect(loop(1).rows(retried).good).toHaveLength(3);
	});

	test('keeps the rounds of a loop that were done', async () => {
		const under = probe();
		under.meanwhile = async () => {
			under.failures = under.sightings.length === 2 ? 1 : 0;
		};
		const failed = await runWorkflow(loop(1).workflow(under, rows(3)));
		const retried = await retryInEditor(failed);
		expect(under.sightings.map(({ values }) => values[0])).toEqual([0, 1, 1, 2]);
		const [done] = tasksOf(retried, 'Loop Over Items').at(-1)?.data?.main ?? [];
		expect(done).toHaveLength(3);
	});

	test('with the original workflow the old parameters count, with the saved one the new', async () => {
		const under = probe();
		under.failures = 2;
		const failed = await runWorkflow(together.workflow(under, rows(1)));
		const current = edited(failed.of, NODE, { parameters: { value: 'changed' } });
		await retryInEditor(failed);
		await retryInEditor(failed, current);
		expect(under.sightings.map(({ values }) => values[0])).toEqual([0, 0, 'changed']);
	});

	test('is refused when the execution has succeeded', async () => {
		const succeeded = await runWorkflow(together.workflow(probe(), rows(1)));
		await expect(retryInEditor(succeeded)).rejects.toThrow('cannot be retried');
	});

	test('runs nothing again when the execution was stopped while the node ran', async () => {
		// n8n stores a stopped execution at once, while the node is not in the stack.
		const under = probe();
		const started = startWorkflow(together.workflow(under, rows(1)));
		under.meanwhile = async () => started.stop();
		const stopped = await started.finished;
		const retried = await retryInEditor(stopped);
		expect(retried.run.status).toBe('success');
		expect(under.sightings).toHaveLength(1);
	});
});

describe('Execute step', () => {
	test('runs the node alone, in a new execution that remembers nothing', async () => {
		const under = probe();
		const manual = { ...together.workflow(under, rows(2)), mode: 'manual' as const };
		const first = await runWorkflow(manual);
		expect(first.run).toMatchObject({ status: 'success', mode: 'manual' });
		const step = await executeStep(first, NODE);
		expect(step.run.status).toBe('success');
		expect(under.sightings.map(({ run, remembered, values }) => [run, remembered, values])).toEqual(
			[
				[0, 0, [0, 1]],
				[0, 0, [0, 1]],
			],
		);
		expect(new Set(under.sightings.map(({ executionId }) => executionId)).size).toBe(2);
		expect(together.rows(step).good).toHaveLength(2);
	});

	test('takes what the nodes before it have made, and does not run those again', async () => {
		const under = probe();
		const run = together.workflow(under, rows(1));
		const first = await runWorkflow({
			...run,
			mode: 'manual',
			nodes: [...run.nodes, node('Random', COLUMNS, { columns: { id: '={{ Math.random() }}' } })],
			connections: connect({ from: 'Start', to: 'Random' }, { from: 'Random', to: NODE }),
		});
		await executeStep(first, NODE);
		expect(under.sightings).toHaveLength(2);
		expect(new Set(under.sightings.map(({ values }) => values[0])).size).toBe(1);
	});

	test('takes the parameters as they are now, also after a failure', async () => {
		const under = probe();
		under.failures = 1;
		const first = await runWorkflow({ ...together.workflow(under, rows(1)), mode: 'manual' });
		const current = edited(first.of, NODE, { parameters: { value: 'changed' } });
		await executeStep(first, NODE, current);
		expect(under.sightings.map(({ values }) => values[0])).toEqual([0, 'changed']);
	});
});
