import { parse } from 'flatted';
import type { IRunExecutionData } from 'n8n-workflow';

import type { WorkflowDefinition } from './graph';
import { launch, type StartedWorkflow, toWorkflow, type WorkflowResult } from './workflow';

/** An execution's data as n8n reads them back from its database: all that survives as JSON. */
function storedData({ saved }: WorkflowResult): IRunExecutionData {
	const data: IRunExecutionData = parse(saved);
	return data;
}

/**
 * The editor's *Retry* of an execution: step by step what n8n does (cli, `ExecutionService.retry`
 * and `WorkflowRunner.run`), which is not part of n8n-core:
 * 1. the execution is read from the database, with its stack, its `contextData` (what nodes keep in
 *    `getContext('node')`) and its run data; a finished one is refused;
 * 2. the error of the execution is deleted, and the last run of the node that ran last is taken out
 *    of the run data when it failed, so that the new one has the same run index;
 * 3. with the currently saved workflow, every node in the stack is replaced by the one that has its
 *    name there; with the original one, they stay what they were;
 * 4. a new execution with an id of its own, mode `retry`, goes on with these data: the stack says
 *    where, and begins with the node that failed, with its old input.
 *
 * @param current the workflow as it is saved now ("Retry with currently saved workflow"); absent
 * means "Retry with original workflow"
 * @throws Error when the execution has finished, or the saved workflow lacks a node
 */
export function startRetry(failed: WorkflowResult, current?: WorkflowDefinition): StartedWorkflow {
	if (failed.run.status === 'success')
		throw new Error('The execution succeeded, so it cannot be retried.');
	const data = storedData(failed);
	const { resultData } = data;
	if (resultData.lastNodeExecuted !== undefined) {
		delete resultData.error;
		const runs = resultData.runData[resultData.lastNodeExecuted];
		if (runs?.at(-1)?.error !== undefined) runs.pop();
	}
	const of = { ...failed.of, ...current };
	if (current) {
		const saved = toWorkflow(of);
		for (const entry of data.executionData?.nodeExecutionStack ?? []) {
			const node = saved.getNode(entry.node.name);
			if (!node) throw new Error(`Could not find the node "${entry.node.name}" in workflow.`);
			entry.node = node;
		}
	}
	return launch(of, {
		mode: 'retry',
		data,
		retryOf: failed.executionId,
		begin: (execute, workflow) => execute.processRunExecutionData(workflow),
	});
}

/** The editor's *Retry*, to its end. */
export async function retryInEditor(
	failed: WorkflowResult,
	current?: WorkflowDefinition,
): Promise<WorkflowResult> {
	return await startRetry(failed, current).finished;
}

/**
 * The editor's *Execute step* on a node: a new execution runs this node alone, with what an earlier
 * one left in the nodes before it (n8n-core, `runPartialWorkflow2`). Nothing else of that execution
 * comes along.
 *
 * @param current the workflow, where it was changed since
 */
export function startStep(
	earlier: WorkflowResult,
	name: string,
	current?: WorkflowDefinition,
): StartedWorkflow {
	const { runData, pinData } = storedData(earlier).resultData;
	// The editor marks a node whose parameters were changed since it ran.
	const dirty = current ? [name] : [];
	return launch(
		{ ...earlier.of, ...current },
		{
			mode: 'manual',
			begin: (execute, workflow) =>
				execute.runPartialWorkflow2(workflow, runData, pinData, dirty, {
					nodeName: name,
					mode: 'inclusive',
				}),
		},
	);
}

/** *Execute step*, to its end. */
export async function executeStep(
	earlier: WorkflowResult,
	name: string,
	current?: WorkflowDefinition,
): Promise<WorkflowResult> {
	return await startStep(earlier, name, current).finished;
}
