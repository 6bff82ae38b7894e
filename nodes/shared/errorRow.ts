import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	NodeOperationError,
} from 'n8n-workflow';

import { type Charged, rowMessage, toTryOnError, TryOnError } from '../../lib/errors';
import { RowFailure } from '../../lib/jobs/rows';

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

function plainDetails(error: TryOnError): IDataObject {
	return Object.fromEntries(
		Object.entries(error.details).filter(([, value]) => value !== undefined),
	);
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
	row: number,
	error: TryOnError,
): INodeExecutionData {
	return {
		json: {
			error: fullMessage(row, error),
			...(mayHaveDetails(context) && { details: plainDetails(error) }),
		},
		pairedItem: { item: row },
	};
}

/**
 * The items of a run that ended before its rows did: each row of the input says why.
 *
 * @param service its name, for what was not thrown on purpose
 */
export function failedRows(
	context: IExecuteFunctions,
	service: string,
	thrown: unknown,
): INodeExecutionData[] {
	const error = toTryOnError(thrown, service, 'input');
	return context.getInputData().map((_, row) => errorRow(context, row, error));
}

/**
 * n8n puts words of its own in place of any message that holds a network code such as ECONNRESET:
 * the job's id and whether it was charged would be lost with it.
 */
function withDetails(
	failure: NodeOperationError,
	message: string,
	error: TryOnError,
): NodeOperationError {
	failure.message = message;
	failure.context.details = plainDetails(error);
	return failure;
}

/**
 * What was thrown, as n8n's own kind of error: about a row, or about the node as a whole. n8n's
 * own errors stay what they are.
 */
export function failureOf(context: IExecuteFunctions, thrown: unknown): Error {
	if (thrown instanceof RowFailure) return nodeError(context, thrown.row, thrown.error);
	if (thrown instanceof TryOnError) {
		const failure = new NodeOperationError(context.getNode(), thrown.message, {
			description: thrown.details.serviceMessage,
		});
		return withDetails(failure, thrown.message, thrown);
	}
	return thrown instanceof Error ? thrown : new TypeError(String(thrown));
}

/** The error that ends the node because of one row. */
export function nodeError(
	context: IExecuteFunctions,
	row: number,
	error: TryOnError,
): NodeOperationError {
	const message = fullMessage(row, error);
	const failure = new NodeOperationError(context.getNode(), message, {
		itemIndex: row,
		description: error.details.serviceMessage,
	});
	return withDetails(failure, message, error);
}
