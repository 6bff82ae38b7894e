import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	NodeOperationError,
} from 'n8n-workflow';

import {
	type Charged,
	type ErrorDetails,
	rowMessage,
	toTryOnError,
	TryOnError,
} from '../../lib/errors';
import { RowFailure } from '../../lib/jobs/rows';
import type { Column } from './operation';

/** An item before it is paired with its row. */
export type RowItem = Pick<INodeExecutionData, 'json' | 'binary'>;

/** What people ask first about a row that did not work. */
const CHARGE_WORDS: Record<Charged, string> = {
	no: 'This row was not charged.',
	yes: 'This row was charged.',
	unknown: 'This row may have been charged: the service does not say.',
};

/** Message of a row's error, with the answer to "was it charged?" at its end where anybody asks. */
function fullMessage(row: number, error: TryOnError): string {
	const { charged } = error.details;
	const message = rowMessage(row, error);
	return charged === undefined ? message : `${message} ${CHARGE_WORDS[charged]}`;
}

function plainDetails(service: string, error: TryOnError): IDataObject {
	const entries: Array<[string, IDataObject[string]]> = Object.entries({
		service,
		...error.details,
	});
	return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * n8n moves an item to the error output by the keys of its JSON: `error`, `message` and `details`
 * in 2.x, `error` alone in 1.x, where a row with details would pass for a success. A context that
 * knows `isToolExecution` is of n8n 2.10 or later.
 */
function mayHaveDetails(context: IExecuteFunctions): boolean {
	const isRouted = context.getNode().onError === 'continueErrorOutput';
	return !isRouted || typeof context.isToolExecution === 'function';
}

/**
 * The item of a failed row. The message alone tells what matters, the job's id too; the details
 * are for the workflow.
 */
export function errorRow(
	context: IExecuteFunctions,
	service: string,
	row: number,
	error: TryOnError,
): INodeExecutionData {
	return {
		json: {
			error: fullMessage(row, error),
			...(mayHaveDetails(context) && { details: plainDetails(service, error) }),
		},
		pairedItem: { item: row },
	};
}

/** An error that nobody foresaw may have come after something was bought. */
function endOf(thrown: unknown): TryOnError {
	if (thrown instanceof RowFailure) return thrown.error;
	return thrown instanceof TryOnError
		? thrown
		: toTryOnError(thrown, 'input').add({ charged: 'unknown' });
}

type KnownDetail = keyof {
	[Name in keyof ErrorDetails as string extends Name ? never : Name]: true;
};

/** What comes out for a row that failed, the same for every operation. */
export const ERROR_COLUMNS: Record<'error' | `details.${KnownDetail}`, Column> = {
	error: {
		meaning:
			'What went wrong, with the row, the field or the id of the job, what the service said, what to do, and whether it was charged',
	},
	'details.service': { meaning: 'The service' },
	'details.stage': {
		meaning: '`input`, `upload`, `submit`, `wait`, `result`, `download` or `cancel`',
	},
	'details.charged': { meaning: '`no`, `yes` or `unknown`; absent where nothing is bought' },
	'details.retryable': { meaning: 'Whether the same row may succeed when it is run again' },
	'details.requestId': { meaning: 'Id of the job, when there is one: Get takes it' },
	'details.statusCode': { meaning: 'HTTP status of the answer, when it was an answer' },
	'details.field': { meaning: 'Label of the parameter at fault' },
	'details.errorType': { meaning: "The service's own code for the cause" },
	'details.serviceMessage': { meaning: "The service's own words" },
	'details.ofAccount': {
		meaning:
			'Whether the account or its key is at fault, so that every other row would fail as well',
	},
	'details.paidRequestIds': { meaning: 'Ids of other jobs of the run that the service has taken' },
	'details.submittedRows': {
		meaning:
			'The rows of those jobs and of those that nobody knows of, each with its id or `unknown`',
	},
};

/** The items of a run that ended before its rows did: each row of the input says why. */
export function failedRows(
	context: IExecuteFunctions,
	service: string,
	thrown: unknown,
): INodeExecutionData[] {
	const error = endOf(thrown);
	return context.getInputData().map((_, row) => errorRow(context, service, row, error));
}

/**
 * n8n puts words of its own in place of any message that holds a network code such as ECONNRESET:
 * the job's id and whether it was charged would be lost with it.
 */
function withDetails(failure: NodeOperationError, message: string, details: IDataObject) {
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
		const failure = new NodeOperationError(context.getNode(), thrown.message, {
			description: thrown.details.serviceMessage,
		});
		return withDetails(failure, thrown.message, plainDetails(service, thrown));
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
	const message = fullMessage(row, error);
	const failure = new NodeOperationError(context.getNode(), message, {
		itemIndex: row,
		description: error.details.serviceMessage,
	});
	return withDetails(failure, message, plainDetails(service, error));
}
