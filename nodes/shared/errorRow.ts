import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	NodeOperationError,
} from 'n8n-workflow';

import {
	type Charged,
	type ErrorDetails,
	joined,
	ofFreeCall,
	toTryOnError,
	TryOnError,
	wholeMessage,
} from '../../lib/errors';
import { RowFailure } from '../../lib/jobs/outcome';
import { withoutUndefined } from '../../lib/json';
import type { Column } from './operation';
import {
	columnsOfFailed,
	type IdColumn,
	type InputContext,
	isTool,
	notesOfRun,
	rowName,
	type ToolContext,
} from './row';

/** An item before it is paired with its row. */
export type RowItem = Pick<INodeExecutionData, 'json' | 'binary'>;

/**
 * What of n8n's contexts an error row needs: who resumes a suspended run has no rows of his own, and
 * hands in what was kept of them.
 */
export type RowContext = InputContext & ToolContext;

/** What people ask first about a row that did not work. */
const CHARGE_WORDS: Record<Charged, string> = {
	no: 'This row was not charged.',
	yes: 'This row was charged.',
	unknown: 'This row may have been charged: the service does not say.',
};

/** What to do, and the answer to "was it charged?" where anybody asks. */
function adviceOf({ details: { cure, charged } }: TryOnError): string {
	return joined(cure, charged && CHARGE_WORDS[charged]);
}

/** What an error tells beside its message, without what it does not know. */
export function plainDetails(service: string, error: TryOnError): IDataObject {
	return withoutUndefined({ service, ...error.details });
}

/**
 * n8n moves an item to the error output by the keys of its JSON: `error`, `message` and `details`
 * in 2.x, `error` alone in 1.x, where a row with details would pass for a success. A context that
 * knows `isToolExecution` is of n8n 2.10 or later.
 */
export function mayHaveDetails(context: RowContext): boolean {
	return !isRouted(context) || typeof context.isToolExecution === 'function';
}

function isRouted(context: RowContext): boolean {
	return context.getNode().onError === 'continueErrorOutput';
}

/** An agent knows what it has asked for. */
function keepsInput(context: RowContext): boolean {
	return !isRouted(context) && !isTool(context);
}

/** Words about a row, which begin with its name. */
function aboutRow(context: InputContext, row: number, words: string): string {
	const name = rowName(context, row);
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${words}`;
}

/** The row that an error is about: of a purchase of several, the one at fault, where it is known. */
function rowAtFault(row: number, { details: { itemIndex } }: TryOnError): number {
	return itemIndex ?? row;
}

/**
 * Does something about one of several rows that are bought together; whatever goes wrong is said of
 * it.
 *
 * @throws TryOnError
 */
export async function aboutOneRow<T>(row: number, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (thrown) {
		throw toTryOnError(thrown, 'input').add({ itemIndex: row });
	}
}

/** What went wrong with a row and what to do about it. */
export function rowMessage(context: InputContext, row: number, error: TryOnError): string {
	return aboutRow(context, rowAtFault(row, error), wholeMessage(error));
}

/**
 * The item of a failed row. The message alone tells all that matters, the job's id too, in one line;
 * the details are for the workflow. The row's own columns are kept: n8n adds them itself to what it
 * moves to the error output, which it knows by its keys.
 *
 * @param made what the operation buys
 */
export function errorRow(
	context: RowContext,
	service: string,
	row: number,
	error: TryOnError,
	made?: IdColumn,
): INodeExecutionData {
	const message = aboutRow(context, rowAtFault(row, error), joined(error.message, adviceOf(error)));
	return {
		json: {
			...(keepsInput(context) &&
				columnsOfFailed(context.getInputData()[row]?.json ?? {}, error.details, made)),
			error: message,
			...(mayHaveDetails(context) && { details: plainDetails(service, error) }),
		},
		pairedItem: { item: row },
	};
}

/**
 * Where it is noted that a run has begun to buy: from then on, whatever ends it may have come after a
 * purchase, and so may the end of a further try.
 */
export const BUYING = 'buying';

/** A run may end for a reason of its own after an earlier try has bought some of its rows. */
const BOUGHT_BEFORE = 'Get Many lists what this run may have bought before.';

/** What ended a run, whose rows may have been charged once it has begun to buy. */
function endOf(context: IExecuteFunctions, thrown: unknown, buys: boolean): TryOnError {
	if (thrown instanceof RowFailure) return thrown.error;
	if (!buys) return ofFreeCall(toTryOnError(thrown, 'input'));
	const { begun } = notesOfRun(context, BUYING).earlier;
	const error = toTryOnError(thrown, 'input');
	return begun ? error.add({ charged: 'unknown' }).advise(BOUGHT_BEFORE) : error;
}

type KnownDetail = keyof {
	[Name in keyof ErrorDetails as string extends Name ? never : Name]: true;
};

/** What comes out for a row that failed, the same for every operation. */
export const ERROR_COLUMNS: Record<'error' | `details.${KnownDetail}`, Column> = {
	error: {
		meaning:
			'What went wrong, with the row, the field or the ID of the job, prompt or tune, what the service said, what to do, and whether it was charged, in one line',
	},
	'details.service': { meaning: 'The service' },
	'details.stage': {
		meaning: '`input`, `upload`, `submit`, `wait`, `result`, `download` or `cancel`',
	},
	'details.cure': { meaning: 'What to do, where there is something to do', optional: true },
	'details.charged': { meaning: '`no`, `yes` or `unknown`; absent where nothing is bought' },
	'details.retryable': { meaning: 'Whether the same row may succeed when it is run again' },
	'details.requestId': {
		meaning:
			'ID of the job at fal, or of the prompt or tune at Astria, when there is one: Get takes it',
	},
	'details.statusCode': { meaning: 'HTTP status of the answer, when it was an answer' },
	'details.field': { meaning: 'Label of the parameter at fault' },
	'details.itemIndex': {
		meaning:
			'Of several items that make a tune together: the one whose picture is at fault, from 0',
		optional: true,
	},
	'details.errorType': { meaning: "The service's own code for the cause" },
	'details.serviceMessage': { meaning: "The service's own words" },
	'details.ofAccount': {
		meaning:
			'Whether the account or its key is at fault, so that every other row would fail as well',
	},
	'details.jobEnded': {
		meaning:
			'Only where the service itself says that the job has ended without what it was for: nothing more comes of it. Without it, the job may be finished, or yet to come',
		optional: true,
	},
	'details.paidRequestIds': { meaning: 'Ids of other jobs of the run that the service has taken' },
	'details.submittedRows': {
		meaning:
			'The rows of those jobs and of those that nobody knows of, each with its id or `unknown`',
	},
};

/**
 * The items of a run that ended before its rows did: each row of the input says why.
 *
 * @param buys whether the operation buys anything
 */
export function failedRows(
	context: IExecuteFunctions,
	service: string,
	thrown: unknown,
	buys: boolean,
	made?: IdColumn,
): INodeExecutionData[] {
	const error = endOf(context, thrown, buys);
	return context.getInputData().map((_, row) => errorRow(context, service, row, error, made));
}

interface Told {
	title: string;
	advice: string | undefined;
	details: IDataObject;
	/** The row that it is about, when it is about one. */
	itemIndex?: number;
}

/**
 * n8n's own kind of error: what happened is its title, and what to do stands below. An agent is told
 * the title alone, so that for a tool it holds everything.
 */
function operationError(
	context: IExecuteFunctions,
	{ title, advice, details, itemIndex }: Told,
): NodeOperationError {
	const forAgent = isTool(context);
	const message = forAgent ? joined(title, advice) : title;
	const description = forAgent ? undefined : advice;
	const failure = new NodeOperationError(context.getNode(), message, { itemIndex, description });
	// n8n puts words of its own in place of any message that holds a network code such as ECONNRESET:
	// the job's id would be lost with it.
	failure.message = message;
	failure.context.details = details;
	return failure;
}

/**
 * What was thrown, as n8n's own kind of error: about a row, or about the node as a whole. n8n's
 * own errors stay what they are.
 */
export function failureOf(context: IExecuteFunctions, service: string, thrown: unknown): Error {
	if (thrown instanceof RowFailure) return nodeError(context, service, thrown.row, thrown.error);
	if (thrown instanceof TryOnError) {
		return operationError(context, {
			title: joined(thrown.message),
			advice: thrown.details.cure,
			details: plainDetails(service, thrown),
		});
	}
	return thrown instanceof Error ? thrown : new TypeError(String(thrown));
}

/** The error that ends the node because of one row. */
export function nodeError(
	context: IExecuteFunctions,
	service: string,
	row: number,
	error: TryOnError,
): NodeOperationError {
	const itemIndex = rowAtFault(row, error);
	return operationError(context, {
		title: aboutRow(context, itemIndex, joined(error.message)),
		advice: adviceOf(error),
		details: plainDetails(service, error),
		itemIndex,
	});
}
