import { randomUUID } from 'node:crypto';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { copyOf, type ErrorDetails, InputError, toTryOnError } from '../../lib/errors';
import type { FieldTable, Values } from '../../lib/fields/field';
import { ROW_OPTIONS, RUN_OPTIONS } from '../../lib/fields/shared';
import { isUnset, type ParameterReader, readField, readValues } from '../../lib/fields/values';
import type { RunIdentity } from '../../lib/jobs/memory';
import { hashOf, numberOf, objectOf } from '../../lib/json';
import { isOnThisMachine } from '../../lib/url';
import type { RowItem } from './errorRow';
import { ADDED, optionsCollection } from './fieldProperty';
import type { Column, Output } from './operation';

/** What tells whether a node runs as a tool. */
export interface ToolContext extends Pick<IExecuteFunctions, 'getNode'> {
	/** Only n8n 2.10 and later have it. */
	isToolExecution?(): boolean;
}

/** Whether the node runs as an AI agent's tool, whose answers can hold no files. */
export function isTool(context: ToolContext): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/** Names of calls, by what n8n hands over for them. */
const calls = new WeakMap<object, string>();

/**
 * Which of an agent's calls this is. n8n raises the run index with every try of a call and gives two
 * calls the same one, but what it hands over is one object on all tries of a call, and another one
 * in each call (n8n-core 1.122 and 2.41: `makeHandleToolInvocation`, and the engine's loop of tries).
 *
 * @returns a name, the same on each try; `undefined` when the node is no tool
 */
function callOf(context: ToolContext & Pick<IExecuteFunctions, 'getInputData'>) {
	if (!isTool(context)) return undefined;
	const [item] = context.getInputData();
	const call = (item && calls.get(item.json)) ?? randomUUID();
	if (item) calls.set(item.json, call);
	return call;
}

/**
 * Does something once for each id of a run: a job of four pictures gives four items with its id, and
 * what was deleted or cancelled for the first of them is gone for the others.
 *
 * @returns does it, or waits for who does it already; each gets an error of its own. @throws TryOnError
 */
export function oncePerId<T>(): (id: string | number, work: () => Promise<T>) => Promise<T> {
	const known = new Map<string | number, Promise<T>>();
	return async (id, work) => {
		const doing = known.get(id) ?? work();
		known.set(id, doing);
		try {
			return await doing;
		} catch (thrown) {
			throw copyOf(toTryOnError(thrown, 'result'));
		}
	};
}

/** Which run of the node this is. In a loop there are several within an execution. */
export function identityOf(context: IExecuteFunctions): RunIdentity {
	return {
		execution: context.getExecutionId(),
		run: Number(context.evaluateExpression('{{ $runIndex }}', 0)),
		call: callOf(context),
	};
}

/**
 * What is kept of this run for its further tries: Retry On Fail runs the node anew for all rows.
 *
 * @param name of it in the node's own memory
 * @param read reads what an earlier try of the run has kept; is given nothing where there is none
 * @returns what `read` gives, which is kept as it is when this try ends
 */
export function keptOfRun<Kept extends object>(
	context: IExecuteFunctions,
	name: string,
	read: (kept: unknown) => Kept,
): Kept {
	const { execution, run, call } = identityOf(context);
	const of = [execution, call ?? run].join(' ');
	const memory = context.getContext('node');
	const known = objectOf(memory[name]);
	const kept = read(known.of === of ? known.kept : undefined);
	Object.assign(memory, { [name]: { of, kept } });
	return kept;
}

/**
 * What an operation notes of this run for its further tries.
 *
 * @param name of its notes
 * @returns `earlier`: what earlier tries have noted of each id; `notes`: to note it for further ones
 */
export function notesOfRun(
	context: IExecuteFunctions,
	name: string,
): { earlier: Readonly<Record<string, boolean>>; notes: Record<string, boolean> } {
	const notes = keptOfRun(context, name, (kept) =>
		Object.fromEntries(Object.entries(objectOf(kept)).map(([id, is]) => [id, is === true])),
	);
	return { earlier: { ...notes }, notes };
}

/** Where the rows are. */
export type InputContext = Pick<IExecuteFunctions, 'getInputData'>;

/** How n8n's Google Sheets node calls a row's own number. */
export const SHEET_ROW = 'row_number';

/** The number that the row has in its sheet. */
function sheetRow(context: InputContext, row: number): number | undefined {
	// An item that a node of the community has made may lack its JSON.
	const item: Partial<INodeExecutionData> | undefined = context.getInputData()[row];
	const given: unknown = item?.json?.[SHEET_ROW];
	const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
	const isOne = typeof number === 'number' && Number.isSafeInteger(number) && number > 0;
	return isOne ? number : undefined;
}

/**
 * How a row is called inside a sentence: as its sheet does, or by its place in the input.
 *
 * @param row index in the input, from 0
 * @returns such as `sheet row 15`, or `item 2`, counted from 1 as n8n's table of items does
 */
export function rowName(context: InputContext, row: number): string {
	const number = sheetRow(context, row);
	return number === undefined ? `item ${row + 1}` : `sheet row ${number}`;
}

/** Name of the collection of what is asked of the node itself. */
const OPTIONS = 'options';

/** Addresses of the services that runs of a node work with. */
const services = new WeakMap<IExecuteFunctions, string>();

/** Notes which service this run works with, for who reads its pictures. */
export function worksWith(context: IExecuteFunctions, address: string): void {
	services.set(context, address);
}

/** Whether the service of this run is on this machine, which others cannot get to. */
export function isServedHere(context: IExecuteFunctions): boolean {
	return isOnThisMachine(services.get(context) ?? '');
}

/** Reads the parameters of a row; one that the operation does not have is not set. */
export function rowReader(context: IExecuteFunctions, row: number): ParameterReader {
	return (name) => context.getNodeParameter(name, row, '');
}

/** Reads the values of an object, such as a collection that n8n hands over whole. */
export function readerOf(given: unknown): ParameterReader {
	const object = objectOf(given);
	return (name) => object[name];
}

/**
 * Reads the parameters inside a collection of the row, each on its own: an expression that fails is
 * the failure of whoever asks for that parameter.
 */
export function collectionReader(
	context: IExecuteFunctions,
	row: number,
	collection: string,
): ParameterReader {
	return (name) => context.getNodeParameter(`${collection}.${name}`, row, '');
}

/**
 * Reads the options of a run: what cannot differ between rows is that of the first one. A limit that
 * was added and holds nothing, as by a misspelt expression or an empty cell, would be no limit at all
 * to whoever trusts in it.
 *
 * @throws InputError
 */
export function readRunOptions<Table extends FieldTable>(
	context: IExecuteFunctions,
	table: Table,
): Values<Table> {
	const parameter = collectionReader(context, 0, OPTIONS);
	const raw = { rawExpressions: true };
	const added = objectOf(context.getNodeParameter(OPTIONS, 0, {}, raw));
	for (const [name, { guard, label, type }] of Object.entries(table)) {
		if (!guard || !(name in added) || !isUnset(parameter(name))) continue;
		const isSwitch = type === 'boolean';
		throw new InputError(
			label,
			isSwitch ? 'is empty, neither on nor off' : 'is empty, so that it limits nothing',
			`${isSwitch ? 'Turn it on or off' : 'Enter a number'}, or remove the option. An expression that finds no value is empty, too.`,
		);
	}
	return readValues(table, parameter);
}

/** Reads the fields of a table wherever they stand: in the collection of added ones, or on the panel. */
export function fieldReader(context: IExecuteFunctions, row: number): ParameterReader {
	const added = objectOf(context.getNodeParameter(ADDED, row, {}));
	const onPanel = rowReader(context, row);
	return (name) => (name in added ? added[name] : onPanel(name));
}

/** Of a seed in hexadecimal: a whole number of 32 bits, whichever service takes it. */
const SEED_DIGITS = 8;

/** What comes out of it. */
export const SEED_COLUMN: Column = {
	meaning:
		'The seed that was sent, when one was: the same seed, number of pictures and other settings make the same pictures again',
	optional: true,
};

/**
 * The seed of a row is that of its purchase: the same on each try of a run or call, another one in
 * each run, call and execution.
 */
function seedOf(context: IExecuteFunctions, row: number): number {
	const { execution, run, call } = identityOf(context);
	const purchase = [execution, context.getNode().id, call ?? run, row];
	return Number.parseInt(hashOf(purchase).slice(0, SEED_DIGITS), 16);
}

/**
 * Adds a seed to what a row asks for, where the node is to choose one. It goes along beside the
 * row's own fields: two rows that ask for the same do so whatever was chosen for them.
 */
export function withChosenSeed<Request extends object>(
	context: IExecuteFunctions,
	row: number,
	request: Request,
): Request & { chosenSeed?: number } {
	const given = collectionReader(context, row, OPTIONS)('chooseSeeds');
	return readField(ROW_OPTIONS.chooseSeeds, given) === true
		? { ...request, chosenSeed: seedOf(context, row) }
		: request;
}

const { includeInputFields } = RUN_OPTIONS;

/** The options of an operation that asks nothing else of the node. */
export const inputFieldsProperty: INodeProperties = optionsCollection({ includeInputFields });

/** What comes out in addition. */
export const INPUT_OUTPUT: Output = {
	when: `in addition with *${includeInputFields.label}*`,
	columns: {
		'…': {
			meaning:
				"The row's own columns, but for `error` and `details` of an earlier failure, and what a node of this package has said of an earlier job of the row. Where the names are the same, the columns above win",
		},
	},
};

/**
 * How the good rows of this run keep what they came with. It is asked for once, before anything is
 * paid.
 *
 * @returns adds the columns of a row of the input to an item, whose own columns win
 */
export function inputKeeper(context: IExecuteFunctions): (row: number, item: RowItem) => RowItem {
	if (!includesInput(context)) return (_row, item) => item;
	const rows = context.getInputData();
	return (row, item) => withColumns(rows[row]?.json ?? {}, item);
}

/** Whether the good rows of this run keep what they came with. */
export function includesInput(context: IExecuteFunctions): boolean {
	const given = collectionReader(context, 0, OPTIONS)('includeInputFields');
	return readField(includeInputFields, given) === true;
}

/** By what a row is known that a node of this package has made. */
const IDS = ['requestId', 'promptId', 'tuneId'] as const;

/** The column that tells what an operation has bought. */
export type IdColumn = (typeof IDS)[number];

/** What went wrong then, which may be right by now. */
const TROUBLE = ['downloadError', 'promptError', 'resultError', 'warning'];

/** Columns that such a row has only sometimes: left over, they would pass for those of another job. */
const OF_ITS_JOB = [
	...['cost', 'currency', 'seed', 'timings', 'recovered', 'reused', 'tunesDeleted'],
	...['tunesNotDeleted', 'imageUrl', 'imageUrls', 'imageIndex', 'fileSize', 'width', 'height'],
];

/** Columns that every such row has, once its job has come to something. */
const OF_EVERY_JOB = [
	...['status', 'queuePosition', 'imageCount', 'contentType', 'fileName', 'userError'],
	...['startedAt', 'endedAt', 'trained', 'trainedAt', 'eta', 'expiresAt'],
];

/** Those that a tune's row has too; a tune makes no pictures. */
const OF_TUNES = ['cost', 'currency', 'recovered', 'reused'];

/** The ID that tells what a row of this package is about: a prompt names its tune as well. */
function idColumnOf(row: IDataObject): IdColumn | undefined {
	return IDS.find((id) => !isUnset(row[id]));
}

/**
 * The columns of a row of another job that would pass for those of a new one, where both may have them.
 *
 * @param of what the new job is known by
 */
function staleOfOther(row: IDataObject, of: IdColumn): string[] {
	const was = isUnset(row[of]) ? idColumnOf(row) : of;
	if (was === undefined) return [];
	const hasTune = [was, of].includes('tuneId') && was !== of;
	return [...TROUBLE, ...(hasTune ? OF_TUNES : [...OF_ITS_JOB, ...OF_EVERY_JOB])];
}

/** The columns of a row that an item must not have from it: they are of an earlier job. */
function staleOf(row: IDataObject, { json }: RowItem): string[] {
	const of = idColumnOf(json);
	if (of === undefined) return [];
	// A sheet or a base may hand a number back as a text.
	const idOf = (id: unknown) => numberOf(id) ?? id;
	const isOfSame = !isUnset(row[of]) && idOf(row[of]) === idOf(json[of]);
	return isOfSame ? TROUBLE : staleOfOther(row, of);
}

/**
 * The columns of a row that failed. Once something was, or may have been, bought for it, what a node of
 * this package has said of an earlier purchase is left out, as in a good row: a Get by its id would
 * fetch the wrong one. Before that, the earlier purchase is still the row's own.
 *
 * @param made what the operation buys; absent where it works on what is there, by the row's own id
 */
export function columnsOfFailed(
	row: IDataObject,
	{ requestId, charged }: ErrorDetails,
	made?: IdColumn,
): IDataObject {
	if (made === undefined || (requestId === undefined && charged === 'no')) return row;
	const out = new Set<string>([made, ...staleOfOther(row, made)]);
	const id = requestId !== undefined && { [made]: numberOf(requestId) ?? requestId };
	return { ...id, ...Object.fromEntries(Object.entries(row).filter(([name]) => !out.has(name))) };
}

/** Whether it is what an error row of this package has under `details`. */
function isOfFailure(details: unknown): boolean {
	const { service, stage } = objectOf(details);
	return typeof service === 'string' && typeof stage === 'string';
}

/**
 * Columns that say that a row has failed: n8n would take a good row for a bad one by its error, and
 * run the node again where Retry On Fail is on. Details without one may be those of a product.
 */
function ofFailures({ error, details }: IDataObject): string[] {
	return !isUnset(error) || isOfFailure(details) ? ['error', 'details'] : ['error'];
}

/**
 * An item with the columns of its row; its own win. What a node of this package has said of another
 * job is left out.
 */
export function withColumns(row: IDataObject, item: RowItem): RowItem {
	const stale = new Set([...ofFailures(row), ...staleOf(row, item)]);
	const kept = Object.entries(row).filter(([name]) => !stale.has(name));
	return { ...item, json: { ...Object.fromEntries(kept), ...item.json } };
}

/** Rows as n8n pairs an item with them. */
export function pairedWith(rows: readonly number[]): Required<INodeExecutionData>['pairedItem'] {
	const [row = 0] = rows;
	return rows.length === 1 ? { item: row } : rows.map((item) => ({ item }));
}
