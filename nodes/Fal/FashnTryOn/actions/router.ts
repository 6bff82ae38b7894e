import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { failureOf } from '../../../shared/errorRow';
import * as cancel from './tryOn/cancel.operation';
import * as generate from './tryOn/generate.operation';
import * as get from './tryOn/get.operation';
import * as submit from './tryOn/submit.operation';

const OPERATIONS = { cancel, generate, get, submit };

/** The parameters of all operations. */
export const operationProperties = Object.values(OPERATIONS).flatMap(
	({ properties }) => properties,
);

function isOperation(name: unknown): name is keyof typeof OPERATIONS {
	return typeof name === 'string' && Object.hasOwn(OPERATIONS, name);
}

/**
 * Runs the chosen operation; what it says of a row becomes n8n's own kind of error.
 *
 * @throws NodeOperationError
 */
export async function route(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const operation = context.getNodeParameter('operation', 0);
	if (!isOperation(operation)) throw new TypeError(`Unknown operation: ${operation}`);
	try {
		return await OPERATIONS[operation].execute(context);
	} catch (error) {
		throw failureOf(context, error);
	}
}
