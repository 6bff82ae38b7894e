import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { configureGlobalAxiosDefaults } from '@n8n/backend-network';
import { HookContext, WebhookContext } from 'n8n-core';
import {
	deepCopy,
	type IConnections,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type IWebhookDescription,
	type IWebhookResponseData,
	NodeConnectionTypes,
	Workflow,
} from 'n8n-workflow';

import { isRecord } from '../../sandbox/json';
import type { TestCredential } from './credentials';
import { additionalData } from './engine';
import type { Parameters } from './items';
import { nodeTypesOf, typeName } from './nodeTypes';

/** A call that a trigger has had. */
export interface HadCall {
	headers: IncomingMessage['headers'];
	body: string;
	/** What it was answered. */
	status: number;
}

/** A published workflow of one trigger, and n8n's listener before it. */
export interface LiveTrigger {
	/** The trigger's production URL. */
	url: string;
	/** What the workflow was started with, oldest start first. */
	starts: INodeExecutionData[][];
	/** Every call, oldest first. */
	calls: HadCall[];
	/** What n8n has stored of the node's static data. */
	stored(): IDataObject;
	/** Messages that the node has given to n8n's log. */
	log: string[];
	/** How many of the next executions n8n cannot store: it answers 500, and writes nothing down. */
	unstored: number;
	close(): Promise<void>;
}

/** How a trigger is published. */
export interface TriggerSetup {
	nodeType: INodeType;
	credential: TestCredential;
	parameters?: Parameters;
	/** `manual`: as the editor's *Listen for Test Event*; nothing is stored then. */
	mode?: 'webhook' | 'manual';
	/** Id of the workflow; no two triggers of a test file share one unless they mean to. */
	workflowId: string;
	/** Static data from before. */
	stored?: IDataObject;
	/** What else is in the workflow; default nothing. */
	beside?: Beside;
}

/** Another trigger of the same workflow, and the node that both lead to. */
export interface Beside {
	/** What this trigger is called. */
	name: string;
	others: INode[];
	/** Of the other nodes. */
	types: INodeType[];
	connections: IConnections;
	/** What n8n has stored of the whole workflow, as text. */
	memory: { json: string };
}

/** A workflow of two triggers that lead to one node, or each to its own. */
export function twoTriggers(
	one: INodeType,
	other: INodeType,
	leadTo: readonly [string, string] = ['Next', 'Next'],
): [Beside, Beside] {
	const memory = { json: '{}' };
	const names = ['One', 'Other'] as const;
	const plain = (name: string, type: string): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	});
	const connections: IConnections = {};
	names.forEach((name, index) => {
		const to = { node: leadTo[index] ?? 'Next', type: NodeConnectionTypes.Main, index: 0 };
		connections[name] = { main: [[to]] };
	});
	const common = { types: [one, other], connections, memory };
	const next = [...new Set(leadTo)].map((name) => plain(name, typeName(one)));
	return [
		{ ...common, name: 'One', others: [plain('Other', typeName(other)), ...next] },
		{ ...common, name: 'Other', others: [plain('One', typeName(one)), ...next] },
	];
}

/** n8n's own limit of a body, 16 MiB (`N8N_PAYLOAD_SIZE_MAX`), as it is by default. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const NAME = 'Trigger';

/** The part of Express's answer that n8n hands to nodes and that they use. */
class ExpressAnswer extends EventEmitter {
	code = 200;
	sent?: unknown;
	statusCode = 200;

	status(code: number): this {
		this.code = code;
		return this;
	}

	json(body: unknown): this {
		this.sent = body;
		return this;
	}
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
	const chunks: Uint8Array[] = [];
	for await (const part of request) {
		const chunk: unknown = part;
		if (chunk instanceof Uint8Array) chunks.push(chunk);
	}
	const body = Buffer.concat(chunks);
	return body.length > MAX_BODY_BYTES ? undefined : body;
}

/** What n8n makes of a body before a node sees it (its body-parser.js, `parseBody`). */
function parseBody(type: string, body: Buffer): { body?: unknown; rawBody?: Buffer } | undefined {
	if (type.startsWith('multipart/')) return { body: { data: {}, files: {} } };
	if (type !== 'application/json' || body.length === 0) return { body: {}, rawBody: body };
	try {
		return { body: JSON.parse(body.toString('utf8')), rawBody: body };
	} catch {
		return undefined;
	}
}

/**
 * Publishes a trigger behind a listener that does what n8n's does with a webhook (its
 * webhook-helpers.js, `executeWebhook`, and live-webhooks.js): the body is read and parsed, the node's
 * `webhook` is called with n8n-core's context, a start is answered once the execution is there, and
 * static data are read before each call and written after it.
 */
export async function publishTrigger(setup: TriggerSetup): Promise<LiveTrigger> {
	configureGlobalAxiosDefaults();
	const { nodeType, credential, parameters = {}, mode = 'webhook', workflowId } = setup;
	const starts: INodeExecutionData[][] = [];
	const calls: HadCall[] = [];
	const log: string[] = [];
	const {
		name = NAME,
		others = [],
		types = [],
		connections = {},
		memory = { json: '{}' },
	} = setup.beside ?? {};
	if (setup.stored) memory.json = JSON.stringify({ [`node:${name}`]: setup.stored });
	const node: INode = {
		id: 't',
		name,
		type: typeName(nodeType),
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { [credential.type]: { id: '1', name: 'Test' } },
		webhookId: 'b2f6',
	};
	const { webhooks = [] } = nodeType.description;

	async function run(
		webhookDescription: IWebhookDescription,
		httpRequest: unknown,
		answer: ExpressAnswer,
	): Promise<IWebhookResponseData> {
		const staticData: unknown = JSON.parse(memory.json);
		const workflow = new Workflow({
			id: workflowId,
			name: 'Test',
			nodes: deepCopy([node, ...others]),
			connections,
			active: true,
			nodeTypes: nodeTypesOf([nodeType, ...types]),
			staticData: isRecord(staticData) ? toData(staticData) : {},
			settings: { executionOrder: 'v1' },
		});
		const own = workflow.getNode(name);
		if (!own || !nodeType.webhook) throw new Error('The node has no webhook');
		const world = { ...additionalData(credential), httpResponse: answer, executionId: undefined };
		Object.assign(world, { httpRequest });
		const webhook = {
			httpMethod: 'POST' as const,
			node: name,
			path: 'b2f6/webhook',
			webhookDescription,
			workflowId,
			workflowExecuteAdditionalData: world,
		};
		const context = new WebhookContext(workflow, own, world, mode, webhook, [], null);
		const note = (message: string) => void log.push(message);
		Object.assign(context.logger, { warn: note, error: note });
		const result = await nodeType.webhook.call(context);
		if (result.workflowData && live.unstored > 0) {
			live.unstored -= 1;
			throw new Error('The execution could not be stored');
		}
		if (mode === 'webhook') memory.json = JSON.stringify(workflow.staticData);
		return result;
	}

	async function serve(
		request: IncomingMessage,
		answer: ExpressAnswer,
	): Promise<{ status: number; body: unknown }> {
		const description = webhooks.find(({ httpMethod }) => httpMethod === request.method);
		if (!description) return { status: 404, body: { message: 'The webhook is not registered' } };
		const raw = await readBody(request);
		if (!raw) return { status: 413, body: { message: 'request entity too large' } };
		const type = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
		const parsed = parseBody(type, raw);
		const note: HadCall = { headers: request.headers, body: raw.toString(), status: 0 };
		calls.push(note);
		if (!parsed) return { status: 422, body: { message: 'Failed to parse request body' } };
		const url = new URL(request.url ?? '/', 'http://n8n');
		const query = Object.fromEntries(
			[...url.searchParams.keys()].map((name) => {
				// One that comes twice is a list, as in Express.
				const [first, ...more] = url.searchParams.getAll(name);
				return [name, more.length === 0 ? first : [first, ...more]];
			}),
		);
		const httpRequest = { headers: request.headers, query, params: {}, ...parsed };
		const result = await run(description, httpRequest, answer);
		if (result.workflowData) {
			starts.push(result.workflowData[0] ?? []);
			return { status: 200, body: { message: 'Workflow was started' } };
		}
		if (result.noWebhookResponse) return { status: answer.code, body: answer.sent };
		return { status: 200, body: result.webhookResponse };
	}

	function respond(request: IncomingMessage, response: ServerResponse): void {
		const answer = new ExpressAnswer();
		serve(request, answer)
			.catch((error: unknown) => ({ status: 500, body: { message: String(error) } }))
			.then(({ status, body }) => {
				const call = calls.find((had) => had.headers === request.headers);
				if (call) call.status = status;
				response.writeHead(status, { 'Content-Type': 'application/json' });
				answer.statusCode = status;
				response.end(JSON.stringify(body ?? {}), () => answer.emit('finish'));
				response.once('close', () => answer.emit('close'));
			})
			.catch(() => response.destroy());
	}

	const server = createServer(respond);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server has no port');
	const live: LiveTrigger = {
		url: `http://127.0.0.1:${address.port}/webhook/b2f6/webhook`,
		starts,
		calls,
		log,
		unstored: 0,
		stored() {
			const data: unknown = JSON.parse(memory.json);
			const own = isRecord(data) ? data[`node:${name}`] : undefined;
			return isRecord(own) ? toData(own) : {};
		},
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return live;
}

/**
 * What n8n's log says when a trigger is published: n8n asks the node whether its webhook is there (its
 * webhook.service.js, `createWebhookIfNotExists`).
 *
 * @param origin n8n's own address, `WEBHOOK_URL`
 */
export async function published(
	{ nodeType, credential, workflowId }: TriggerSetup,
	origin: string,
	activation: 'activate' | 'manual' = 'activate',
): Promise<string[]> {
	const node: INode = {
		id: 't',
		name: NAME,
		type: typeName(nodeType),
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { [credential.type]: { id: '1', name: 'Test' } },
		webhookId: 'b2f6',
	};
	const nodeTypes = nodeTypesOf([nodeType]);
	const more = { id: workflowId, connections: {}, active: true, nodeTypes };
	const workflow = new Workflow({ ...more, nodes: [node] });
	const world = {
		...additionalData(credential),
		webhookBaseUrl: `${origin}/webhook`,
		webhookTestBaseUrl: `${origin}/webhook-test`,
	};
	const [webhookDescription] = nodeType.description.webhooks ?? [];
	if (!webhookDescription) throw new Error('The node has no webhook');
	const webhook = {
		httpMethod: 'POST' as const,
		node: NAME,
		path: 'b2f6/webhook',
		webhookDescription,
		workflowId,
		workflowExecuteAdditionalData: world,
	};
	const mode = activation === 'manual' ? 'manual' : 'trigger';
	const context = new HookContext(workflow, node, world, mode, activation, webhook);
	const log: string[] = [];
	Object.assign(context.logger, { warn: (message: string) => void log.push(message) });
	const methods = nodeType.webhookMethods?.default;
	if (!(await methods?.checkExists.call(context))) await methods?.create.call(context);
	return log;
}

function toData(record: Record<string, unknown>): IDataObject {
	const data: IDataObject = {};
	return Object.assign(data, record);
}
