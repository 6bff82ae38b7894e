import { parse } from 'flatted';

import { asList, asRecord, isRecord, stringAt } from './guards';

/** A file of an item; its bytes are with n8n (`id`) or here (`base64`). */
export interface BinaryFile {
	id?: string;
	base64?: string;
	fileName?: string;
	fileExtension?: string;
	mimeType: string;
}

/** Where an item came from. */
export interface ItemOrigin {
	item: number;
	/** Which input of the node; 0 for the first. */
	input: number;
}

/** Why a node or an item failed, as n8n stored it. */
export interface Failure {
	name: string;
	message: string;
	description?: string;
	httpCode?: string;
	context: Record<string, unknown>;
}

/** One item that a node put out. */
export interface OutputItem {
	json: Record<string, unknown>;
	binary: Record<string, BinaryFile>;
	pairedItem: ItemOrigin[];
	error?: Failure;
}

/** One run of a node. */
export interface NodeRun {
	status: string;
	/** In ms. */
	executionTime: number;
	/** Items by output; an output that nothing came out of is empty. */
	outputs: OutputItem[][];
	error?: Failure;
	hints: string[];
}

/** A stored execution. */
export interface Execution {
	id: string;
	workflowId: string;
	/** `new`, `running`, `waiting`, `success`, `error`, `canceled` or `crashed`. */
	status: string;
	mode: string;
	/** Until when it is suspended; ISO date. */
	waitTill?: string;
	error?: Failure;
	/** By the node's name; a node that ran in a loop has several. */
	runs: Record<string, NodeRun[]>;
	/** Everything n8n stored, to search it for what must not be there. */
	stored: string;
}

function optional(record: Record<string, unknown>, key: string): string | undefined {
	const value = record[key];
	return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function readFailure(value: unknown): Failure | undefined {
	if (!isRecord(value)) return undefined;
	const description = optional(value, 'description');
	const httpCode = optional(value, 'httpCode');
	return {
		name: optional(value, 'name') ?? '',
		message: optional(value, 'message') ?? '',
		...(description === undefined ? {} : { description }),
		...(httpCode === undefined ? {} : { httpCode }),
		context: asRecord(value.context),
	};
}

function readFile(value: unknown): BinaryFile {
	const file = asRecord(value);
	const id = optional(file, 'id');
	const fileName = optional(file, 'fileName');
	const fileExtension = optional(file, 'fileExtension');
	return {
		// With an id, `data` only names where n8n keeps the bytes.
		...(id === undefined ? { base64: stringAt(file, 'data', 'A file') } : { id }),
		...(fileName === undefined ? {} : { fileName }),
		...(fileExtension === undefined ? {} : { fileExtension }),
		mimeType: stringAt(file, 'mimeType', 'A file'),
	};
}

/** n8n stores a number, an object, or a list of either. */
function readOrigins(value: unknown): ItemOrigin[] {
	if (value === undefined || value === null) return [];
	const origins = Array.isArray(value) ? value : [value];
	return origins.map((origin: unknown) => {
		const { item, input } = isRecord(origin) ? origin : { item: origin, input: 0 };
		if (typeof item !== 'number') throw new Error(`No item number: ${JSON.stringify(origin)}`);
		return { item, input: typeof input === 'number' ? input : 0 };
	});
}

function readItem(value: unknown): OutputItem {
	const item = asRecord(value);
	const error = readFailure(item.error);
	const files = Object.entries(asRecord(item.binary));
	return {
		json: asRecord(item.json),
		binary: Object.fromEntries(files.map(([name, file]) => [name, readFile(file)])),
		pairedItem: readOrigins(item.pairedItem),
		...(error ? { error } : {}),
	};
}

/** The items of a normal node are under `main`; a tool's are under the name of its connection. */
function readOutputs(data: unknown): OutputItem[][] {
	const byConnection = asRecord(data);
	const [first] = Object.values(byConnection);
	return asList(byConnection.main ?? first).map((items) => asList(items).map(readItem));
}

function readRun(value: unknown): NodeRun {
	const run = asRecord(value);
	const error = readFailure(run.error);
	return {
		status: optional(run, 'executionStatus') ?? '',
		executionTime: typeof run.executionTime === 'number' ? run.executionTime : 0,
		outputs: readOutputs(run.data),
		...(error ? { error } : {}),
		hints: asList(run.hints).map((hint) => optional(asRecord(hint), 'message') ?? ''),
	};
}

/**
 * Reads an execution as `GET /rest/executions/:id` gives it.
 *
 * @throws Error when it has not the shape of an execution
 */
export function readExecution(value: unknown): Execution {
	const record = asRecord(value);
	const stored = stringAt(record, 'data', 'An execution');
	const content: unknown = parse(stored);
	const result = asRecord(asRecord(content).resultData);
	const runs = Object.entries(asRecord(result.runData));
	const error = readFailure(result.error);
	const waitTill = optional(record, 'waitTill');
	return {
		id: optional(record, 'id') ?? '',
		workflowId: optional(record, 'workflowId') ?? '',
		status: stringAt(record, 'status', 'An execution'),
		mode: stringAt(record, 'mode', 'An execution'),
		...(waitTill === undefined ? {} : { waitTill }),
		...(error ? { error } : {}),
		runs: Object.fromEntries(runs.map(([node, list]) => [node, asList(list).map(readRun)])),
		stored,
	};
}

/**
 * One run of a node.
 *
 * @param node the node's name
 * @param run which run, default the last
 * @throws Error that lists the nodes that ran, when this one did not
 */
export function nodeRun(execution: Execution, node: string, run = -1): NodeRun {
	const found = execution.runs[node]?.at(run);
	if (found) return found;
	const ran = Object.keys(execution.runs).join(', ') || 'none';
	const why = execution.error ? ` (${execution.error.message})` : '';
	throw new Error(
		`'${node}' did not run in execution ${execution.id}, ${execution.status}${why}. Ran: ${ran}`,
	);
}

/**
 * The items that a node put out.
 *
 * @param output which output; 0 is the first, 1 the error output of a node with one output
 * @throws Error when the node did not run, or failed
 */
export function outputItems(execution: Execution, node: string, output = 0): OutputItem[] {
	const run = nodeRun(execution, node);
	if (run.error) {
		const { message, description = '' } = run.error;
		throw new Error(`'${node}' failed: ${message} ${description}`.trimEnd());
	}
	return run.outputs[output] ?? [];
}
