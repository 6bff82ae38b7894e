import 'reflect-metadata';

import { configureGlobalAxiosDefaults } from '@n8n/backend-network';
import { Container } from '@n8n/di';
import {
	BinaryDataConfig,
	BinaryDataService,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	WorkflowExecute,
} from 'n8n-core';
import {
	createRunExecutionData,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IWorkflowExecuteAdditionalData,
	type NodeParameterValueType,
	NodeConnectionTypes,
	Workflow,
} from 'n8n-workflow';

import { TestCredentials, type TestCredential } from './credentials';

// n8n is loaded once for many files of tests: each begins with what n8n has when it starts.
Container.reset();

/** Name of the node under test in the workflow. */
export const NODE = 'Under Test';

/** What a test runs. */
export interface NodeRun {
	nodeType: INodeType;
	credential: TestCredential;
	parameters: Record<string, NodeParameterValueType>;
	items: INodeExecutionData[];
	/** The node's settings in the editor. */
	settings?: Pick<
		INode,
		'onError' | 'retryOnFail' | 'maxTries' | 'waitBetweenTries' | 'continueOnFail'
	>;
}

/** Retry On Fail with hardly a pause: n8n takes 0 for none set, which means a second. */
export const RETRY = {
	retryOnFail: true,
	maxTries: 3,
	waitBetweenTries: 1,
} as const satisfies NodeRun['settings'];

/** What came out. */
export interface NodeResult {
	run: IRun;
	/** Items by output: success first, error second. */
	outputs: INodeExecutionData[][];
	/** The error that ended the node: its title, and what stands below it. */
	error?: { message: string; description?: string | null; context?: IDataObject };
}

/** A run that is under way. */
export interface StartedRun {
	/** As n8n's Stop button does it. */
	stop(): void;
	finished: Promise<NodeResult>;
}

const START: INodeType = {
	description: {
		displayName: 'Start',
		name: 'start',
		group: ['trigger'],
		version: 1,
		description: 'Hands its items on',
		defaults: { name: 'Start' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	trigger: async () => ({}),
};

function nodeTypesFor(underTest: INodeType): INodeTypes {
	const find = (name: string) => (name === 'test.start' ? START : underTest);
	return { getByName: find, getByNameAndVersion: find, getKnownTypes: () => ({}) };
}

/** What n8n tells a node of the world around it. */
export function additionalData(
	credential: TestCredential,
	hooks?: ExecutionLifecycleHooks,
): IWorkflowExecuteAdditionalData {
	const unused = async (): Promise<never> => await Promise.reject(new Error('Not part of a test'));
	const origin = 'http://127.0.0.1:5678';
	return {
		credentialsHelper: new TestCredentials(credential),
		executeWorkflow: unused,
		getRunExecutionData: async () => undefined,
		getRuntimeCredential: async () => undefined,
		executionId: '1',
		currentNodeExecutionIndex: 0,
		restApiUrl: `${origin}/rest`,
		instanceBaseUrl: `${origin}/`,
		formBaseUrl: `${origin}/form`,
		formWaitingBaseUrl: `${origin}/form-waiting`,
		formTestBaseUrl: `${origin}/form-test`,
		webhookBaseUrl: `${origin}/webhook`,
		webhookWaitingBaseUrl: `${origin}/webhook-waiting`,
		webhookTestBaseUrl: `${origin}/webhook-test`,
		mcpBaseUrl: `${origin}/mcp`,
		mcpTestBaseUrl: `${origin}/mcp-test`,
		variables: {},
		externalSecretsProxy: Container.get(ExternalSecretsProxy),
		logAiEvent: () => {},
		startRunnerTask: unused,
		setExecutionStatus: () => {},
		hooks,
	};
}

/** What came out of the node under test. */
export function resultOf(run: IRun): NodeResult {
	const task = run.data.resultData.runData[NODE]?.at(-1);
	const error = task?.error ?? run.data.resultData.error;
	return {
		run,
		outputs: (task?.data?.main ?? []).map((items) => items ?? []),
		...(error && {
			error: {
				message: error.message,
				description: error.description,
				...('context' in error && { context: error.context }),
			},
		}),
	};
}

/** A workflow of a trigger and the node under test. */
export function workflowOf({ nodeType, credential, parameters, settings = {} }: NodeRun) {
	const nodes: INode[] = [
		{
			id: 's',
			name: 'Start',
			type: 'test.start',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
		{
			id: 'n',
			name: NODE,
			type: `test.${nodeType.description.name}`,
			typeVersion: 1,
			position: [200, 0],
			parameters,
			credentials: { [credential.type]: { id: '1', name: 'Test' } },
			...settings,
		},
	];
	const connections = {
		Start: { main: [[{ node: NODE, type: NodeConnectionTypes.Main, index: 0 }]] },
	};
	const workflow = new Workflow({
		id: 'w',
		name: 'Test',
		nodes,
		connections,
		active: false,
		nodeTypes: nodeTypesFor(nodeType),
		settings: { executionOrder: 'v1' },
	});
	return { workflow, nodes, connections };
}

/** Runs a node in n8n's own engine, behind a trigger that hands it the items. */
export function startNode(run: NodeRun): StartedRun {
	configureGlobalAxiosDefaults();
	const { credential, items } = run;
	const { workflow, nodes, connections } = workflowOf(run);
	const hooks = new ExecutionLifecycleHooks('trigger', '1', {
		id: 'w',
		name: 'Test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: new Date(),
		updatedAt: new Date(),
		nodes,
		connections,
	});
	const start = workflow.getStartNode();
	if (!start) throw new Error('The workflow has no start');
	const data: IRunExecutionData = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node: start, data: { main: [items] }, source: null }] },
	});
	const execute = new WorkflowExecute(additionalData(credential, hooks), 'trigger', data);
	const running = execute.processRunExecutionData(workflow);
	return { stop: () => running.cancel(), finished: running.then(resultOf) };
}

/** Runs a node to its end. */
export async function runNode(run: NodeRun): Promise<NodeResult> {
	return await startNode(run).finished;
}

/** How n8n keeps files: inside the items, or in files beside them. */
export async function useBinaryMode(mode: 'default' | 'filesystem'): Promise<void> {
	Container.get(BinaryDataConfig).mode = mode;
	await Container.get(BinaryDataService).init();
}

/** Puts a file into an item as n8n does, in the mode that is set. */
export async function storeFile(bytes: Buffer, fileName: string, mimeType: string) {
	return await Container.get(BinaryDataService).store(
		{ type: 'execution', workflowId: 'w', executionId: '1' },
		bytes,
		{ data: '', fileName, mimeType },
	);
}

/** The bytes of a file of an item. */
export async function readFile(item: INodeExecutionData | undefined, field = 'data') {
	const binary = item?.binary?.[field];
	if (!binary) throw new Error(`The item has no file "${field}"`);
	return await Container.get(BinaryDataService).getAsBuffer(binary);
}
