import { parse, stringify } from 'flatted';
import { ExecutionLifecycleHooks, WebhookContext, WorkflowExecute } from 'n8n-core';
import type { IDataObject, IRunExecutionData, IWebhookData, Workflow } from 'n8n-workflow';

import {
	additionalData,
	NODE,
	type NodeResult,
	type NodeRun,
	resultOf,
	workflowOf,
} from './engine';

/** An execution that n8n has stored while it waits. */
export interface Suspended {
	run: NodeRun;
	stored: string;
}

/** What the caller of a resume URL got, and what came of it. */
export interface Answered {
	status: number;
	body: unknown;
	/** Milliseconds until the answer. */
	ms: number;
	/** The rest of the execution, when it went on. */
	result?: NodeResult;
}

/** The part of Express's answer that n8n hands to nodes and that they use. */
class ExpressAnswer {
	private readonly began = performance.now();
	private code = 200;
	/** What was answered first: nobody gets a second answer. */
	first?: Pick<Answered, 'status' | 'body' | 'ms'>;

	status(code: number): this {
		this.code = code;
		return this;
	}

	json(body: unknown): this {
		this.first ??= { status: this.code, body, ms: performance.now() - this.began };
		return this;
	}
}

/** @throws Error when the execution does not wait */
export function suspended(run: NodeRun, { run: { status, data } }: NodeResult): Suspended {
	if (status !== 'waiting') throw new Error(`The execution is ${status}`);
	return { run, stored: stringify(data) };
}

function storedData({ stored }: Suspended): IRunExecutionData {
	const data: IRunExecutionData = parse(stored);
	return data;
}

async function goOn({ credential }: NodeRun, workflow: Workflow, data: IRunExecutionData) {
	const hooks = new ExecutionLifecycleHooks('trigger', '1', {
		id: 'w',
		name: 'Test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: new Date(),
		updatedAt: new Date(),
		nodes: [],
		connections: {},
	});
	const execute = new WorkflowExecute(additionalData(credential, hooks), 'trigger', data);
	return resultOf(await execute.processRunExecutionData(workflow));
}

/**
 * n8n when the time of a wait is over (cli, `WaitTracker.startExecution`): the execution goes on
 * from what is stored.
 */
export async function timeOut(waiting: Suspended): Promise<NodeResult> {
	return await goOn(waiting.run, workflowOf(waiting.run).workflow, storedData(waiting));
}

/**
 * n8n when somebody calls the resume URL of an execution that waits: step by step what it does (cli,
 * `WaitingWebhooks.getWebhookExecutionData` and `executeWebhook`), which is not part of n8n-core:
 * 1. the execution is read from the database; the node is disabled, its last run is taken out;
 * 2. the node's `webhook()` is called, in a new context;
 * 3. without `workflowData` nothing is stored; with them, they take the place of the node's input,
 *    and the execution goes on.
 */
export async function call(waiting: Suspended, body: IDataObject = {}): Promise<Answered> {
	const { nodeType, credential } = waiting.run;
	const { workflow } = workflowOf(waiting.run);
	const data = storedData(waiting);
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	const node = workflow.getNode(NODE);
	const [webhookDescription] = nodeType.description.webhooks ?? [];
	if (!entry || !node || !nodeType.webhook || !webhookDescription) {
		throw new Error('Nothing waits');
	}
	entry.node.disabled = true;
	data.waitTill = undefined;
	data.resultData.runData[NODE]?.pop();
	const answer = new ExpressAnswer();
	const world = additionalData(credential);
	Object.assign(world, { httpRequest: { body, headers: {}, query: {} }, httpResponse: answer });
	const webhookData: IWebhookData = {
		httpMethod: 'POST',
		node: NODE,
		path: webhookDescription.path,
		webhookDescription,
		workflowId: 'w',
		workflowExecuteAdditionalData: world,
	};
	const context = new WebhookContext(workflow, node, world, 'trigger', webhookData, [], data);
	const { workflowData, webhookResponse } = await nodeType.webhook.call(context);
	if (workflowData) entry.data.main = workflowData;
	const result = workflowData && (await goOn(waiting.run, workflow, data));
	const first = answer.json(workflowData ? '' : webhookResponse).first;
	return { ...(first ?? { status: 0, body: undefined, ms: 0 }), ...(result && { result }) };
}
