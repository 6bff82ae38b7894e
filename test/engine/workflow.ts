import { configureGlobalAxiosDefaults } from '@n8n/backend-network';
import { stringify } from 'flatted';
import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	deepCopy,
	type ExecuteWorkflowData,
	type INodeExecutionData,
	type INodeType,
	type IRun,
	type IRunExecutionData,
	type ITaskData,
	Workflow,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import type { TestCredential } from './credentials';
import { additionalData } from './engine';
import type { WorkflowDefinition } from './graph';
import { WORKFLOW_TRIGGER } from './helperNodes';
import { nodeTypesOf } from './nodeTypes';

/** A workflow, and the n8n that it runs in. */
export interface WorkflowRun extends WorkflowDefinition {
	/** Nodes of this package. */
	nodeTypes: INodeType[];
	credential: TestCredential;
	/** What the workflow's first node puts out. */
	items: INodeExecutionData[];
	/** By the id that Execute Sub-workflow has. */
	subWorkflows?: Readonly<Record<string, WorkflowDefinition>>;
	/**
	 * `trigger`, as an active workflow runs, or `manual`, as the editor's Execute Workflow does
	 * with the items pinned to the first node. Default `trigger`.
	 */
	mode?: 'trigger' | 'manual';
}

/** An execution that has ended. */
export interface WorkflowResult {
	executionId: string;
	/** What was run. */
	of: WorkflowRun;
	run: IRun;
	/** As n8n puts it into its database at the end, or at the moment of a Stop. */
	saved: string;
	/** Executions of sub-workflows, in the order of their starts. */
	children: WorkflowResult[];
}

/** An execution that is under way. */
export interface StartedWorkflow {
	executionId: string;
	/**
	 * As n8n's Stop button does it, here on the execution and on those of its sub-workflows: n8n
	 * itself stops only the one whose button it is.
	 */
	stop(): void;
	finished: Promise<WorkflowResult>;
}

type Running = ReturnType<WorkflowExecute['processRunExecutionData']>;

/** How an execution begins. */
export interface Beginning {
	mode: WorkflowExecuteMode;
	/** Its data, where there are any before it begins. */
	data?: IRunExecutionData;
	/** Id of the execution that is retried. */
	retryOf?: string;
	begin(execute: WorkflowExecute, workflow: Workflow): Running;
}

const WORKFLOW = { id: 'w', name: 'Test' };

/** No two executions have the same id, as in one n8n. */
let executions = 0;

/** n8n's own form of a workflow; n8n writes into it, so it is made of a copy. */
export function toWorkflow(run: WorkflowRun): Workflow {
	const { nodes, connections } = deepCopy({ nodes: run.nodes, connections: run.connections });
	return new Workflow({
		...WORKFLOW,
		nodes,
		connections,
		active: false,
		nodeTypes: nodeTypesOf(run.nodeTypes),
		settings: { executionOrder: 'v1' },
	});
}

function startingWith(name: string, run: WorkflowRun): IRunExecutionData {
	const start = run.nodes.find((one) => one.name === name);
	if (!start) throw new Error(`The workflow lacks the node "${name}"`);
	const entry = { node: deepCopy(start), data: { main: [run.items] }, source: null };
	return createRunExecutionData({ executionData: { nodeExecutionStack: [entry] } });
}

/**
 * What a sub-workflow gives back: the items that its last node put out, those of all its runs
 * (n8n's `ExecuteWorkflowData`).
 */
function lastOutput({ resultData }: IRunExecutionData): INodeExecutionData[][] {
	const outputs: INodeExecutionData[][] = [];
	for (const task of resultData.runData[resultData.lastNodeExecuted ?? ''] ?? []) {
		for (const [output, items] of (task.data?.main ?? []).entries()) {
			outputs[output] = [...(outputs[output] ?? []), ...(items ?? [])];
		}
	}
	return outputs;
}

/** Starts a sub-workflow as n8n's `executeWorkflow` does (cli, workflow-execute-additional-data). */
function startChild(parent: WorkflowRun, id: string, items: INodeExecutionData[]): StartedWorkflow {
	const definition = parent.subWorkflows?.[id];
	if (!definition) throw new Error(`Workflow "${id}" does not exist.`);
	const start = definition.nodes.find(({ type }) => type === WORKFLOW_TRIGGER);
	if (!start) throw new Error(`Workflow "${id}" cannot be called`);
	const child = { ...parent, ...definition, items };
	return launch(child, {
		mode: 'integrated',
		data: startingWith(start.name, child),
		begin: (execute, workflow) => execute.processRunExecutionData(workflow),
	});
}

async function endOfChild(started: StartedWorkflow): Promise<ExecuteWorkflowData> {
	const { executionId, run } = await started.finished;
	if (run.status === 'success') return { executionId, data: lastOutput(run.data) };
	const { error } = run.data.resultData;
	throw new Error(error?.message ?? 'The sub-workflow did not finish', { cause: error });
}

/**
 * Runs a workflow in n8n's own engine, as an execution with an id of its own.
 *
 * @throws what n8n throws for a workflow that it cannot begin
 */
export function launch(of: WorkflowRun, beginning: Beginning): StartedWorkflow {
	configureGlobalAxiosDefaults();
	const { mode, data, retryOf, begin } = beginning;
	executions += 1;
	const executionId = String(executions);
	const children: StartedWorkflow[] = [];
	let saved = '';
	const hooks = new ExecutionLifecycleHooks(
		mode,
		executionId,
		{
			...WORKFLOW,
			active: false,
			activeVersionId: null,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: of.nodes,
			connections: of.connections,
		},
		retryOf,
	);
	hooks.addHandler('workflowExecuteAfter', (run) => {
		saved = stringify(run.data);
	});
	const world = {
		...additionalData(of.credential, hooks),
		executionId,
		executeWorkflow: async (
			{ id = '' }: { id?: string },
			_parent: unknown,
			{ inputData = [] }: { inputData?: INodeExecutionData[] },
		) => {
			const child = startChild(of, id, inputData);
			children.push(child);
			return await endOfChild(child);
		},
	};
	const running = begin(new WorkflowExecute(world, mode, data), toWorkflow(of));
	return {
		executionId,
		stop() {
			running.cancel();
			for (const child of children) child.stop();
		},
		finished: running.then(async (run) => ({
			executionId,
			of,
			run,
			saved,
			children: await Promise.all(children.map(async (child) => await child.finished)),
		})),
	};
}

/** Starts a workflow at its first node. */
export function startWorkflow(run: WorkflowRun): StartedWorkflow {
	const start = toWorkflow(run).getStartNode();
	if (!start) throw new Error('The workflow has no trigger');
	if (run.mode === 'manual') {
		return launch(run, {
			mode: 'manual',
			begin: (execute, workflow) =>
				execute.run({ workflow, pinData: { [start.name]: deepCopy(run.items) } }),
		});
	}
	return launch(run, {
		mode: 'trigger',
		data: startingWith(start.name, run),
		begin: (execute, workflow) => execute.processRunExecutionData(workflow),
	});
}

/** Runs a workflow to its end. */
export async function runWorkflow(run: WorkflowRun): Promise<WorkflowResult> {
	return await startWorkflow(run).finished;
}

/** Every run of a node: in the execution, then in those of its sub-workflows. */
export function tasksOf({ run, children }: WorkflowResult, name: string): ITaskData[] {
	const own = run.data.resultData.runData[name] ?? [];
	return [...own, ...children.flatMap((child) => tasksOf(child, name))];
}
