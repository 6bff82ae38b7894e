import { asList, asRecord, isRecord, stringAt } from './guards';

/** A workflow as its JSON file has it. */
export interface WorkflowJson {
	name: string;
	nodes: readonly object[];
	connections: object;
	settings?: object;
	pinData?: object;
}

/** A workflow that n8n has stored. */
export interface HostWorkflow {
	id: string;
	versionId: string;
	name: string;
	/** Those of its Webhook nodes; paths as they follow `/webhook/`. */
	webhooks: Array<{ path: string; method: string }>;
}

/** A node type that n8n has loaded. */
export interface HostNodeType {
	/** With the package's name in front, such as `n8n-nodes-base.webhook`. */
	name: string;
	displayName: string;
	versions: number[];
	credentials: string[];
	/** Its parameters, as the editor gets them. */
	properties: Array<Record<string, unknown>>;
}

const WEBHOOK_TYPE = 'n8n-nodes-base.webhook';

function readWebhook(node: unknown): { path: string; method: string } | undefined {
	const { type, parameters, disabled } = asRecord(node);
	if (type !== WEBHOOK_TYPE || disabled === true) return undefined;
	const { path, httpMethod } = asRecord(parameters);
	if (typeof path !== 'string') return undefined;
	// The parameter is absent while it has its default.
	return { path, method: typeof httpMethod === 'string' ? httpMethod : 'GET' };
}

/**
 * Reads a workflow as n8n's own interface gives it.
 *
 * @throws Error when it has not the shape of a workflow
 */
export function readWorkflow(value: unknown): HostWorkflow {
	const workflow = asRecord(value);
	return {
		id: stringAt(workflow, 'id', 'A workflow'),
		versionId: stringAt(workflow, 'versionId', 'A workflow'),
		name: stringAt(workflow, 'name', 'A workflow'),
		webhooks: asList(workflow.nodes).flatMap((node) => readWebhook(node) ?? []),
	};
}

/**
 * Reads how far a publication has come.
 *
 * @returns true when all triggers work, undefined while it goes on
 * @throws Error with what the triggers said when one failed
 */
export function isPublished(value: unknown): true | undefined {
	const { status, triggers } = asRecord(value);
	if (status === 'published') return true;
	if (status === 'in_progress' || status === 'not_published') return undefined;
	const said = asList(triggers).map((trigger) => asRecord(trigger).errorMessage);
	throw new Error(`Not published (${String(status)}): ${said.filter(Boolean).join('; ')}`);
}

/**
 * Reads a node type as n8n's own interface gives it.
 *
 * @throws Error when it has not the shape of a node type
 */
export function readNodeType(value: unknown): HostNodeType {
	const type = asRecord(value);
	const name = stringAt(type, 'name', 'A node type');
	const versions = Array.isArray(type.version) ? type.version : [type.version];
	return {
		name,
		displayName: stringAt(type, 'displayName', `The node type ${name}`),
		versions: versions.map(Number),
		credentials: asList(type.credentials).map((entry) => stringAt(asRecord(entry), 'name', name)),
		properties: asList(type.properties).filter(isRecord),
	};
}

/** The workflow with the credentials that its nodes name replaced by stored ones of that type. */
export function useCredentials(
	workflow: WorkflowJson,
	stored: ReadonlyArray<{ id: string; name: string; type: string }>,
): WorkflowJson {
	const byType = new Map(stored.map(({ id, name, type }) => [type, { id, name }]));
	const nodes = workflow.nodes.map((node) => {
		const named = Object.entries(asRecord(asRecord(node).credentials));
		if (named.length === 0) return node;
		const used = named.map(([type, own]) => [type, byType.get(type) ?? own]);
		return { ...node, credentials: Object.fromEntries(used) };
	});
	return { ...workflow, nodes };
}
