import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { failedRows, failureOf } from './errorRow';

/** An operation: its parameters, and what it does. */
export interface Operation {
	properties: INodeProperties[];
	execute(context: IExecuteFunctions): Promise<INodeExecutionData[]>;
}

/** Operations by resource and name, as the parameters `resource` and `operation` call them. */
export type Operations = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** The parameters of all operations. */
export function propertiesOf(operations: Operations): INodeProperties[] {
	return Object.values(operations).flatMap((resource) =>
		Object.values(resource).flatMap(({ properties }) => properties),
	);
}

/**
 * Runs the chosen operation. What ends it as a whole becomes n8n's own kind of error, or, where n8n
 * is to continue, the error of every row: n8n would hand on the input as a success.
 *
 * @param service its name, for error rows
 * @throws NodeOperationError
 */
export async function route(
	context: IExecuteFunctions,
	service: string,
	operations: Operations,
): Promise<INodeExecutionData[]> {
	const resource = context.getNodeParameter('resource', 0);
	const name = context.getNodeParameter('operation', 0);
	const operation = operations[resource]?.[name];
	if (!operation) throw new TypeError(`Unknown operation: ${resource} ${name}`);
	try {
		return await operation.execute(context);
	} catch (error) {
		if (context.continueOnFail()) return failedRows(context, service, error);
		throw failureOf(context, error);
	}
}
