import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { toTryOnError } from '../../lib/errors';
import { errorRow, nodeError } from './errorRow';

/**
 * Runs an operation that costs nothing for every row, several at once.
 *
 * @param atOnce how many rows at once
 * @param work makes the items of a row
 * @returns the items in the order of the rows, with error rows where n8n is to continue
 * @throws NodeOperationError of the first row that failed, unless n8n is to continue
 */
export async function eachRow(
	context: IExecuteFunctions,
	service: string,
	atOnce: number,
	work: (row: number) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const limit = pLimit(atOnce);
	const rows = context.getInputData().map(async (_, row) =>
		limit(async () => {
			try {
				return await work(row);
			} catch (thrown) {
				const error = toTryOnError(thrown, service, 'result');
				if (context.continueOnFail()) return [errorRow(context, row, error)];
				limit.clearQueue();
				throw nodeError(context, row, error);
			}
		}),
	);
	return (await Promise.all(rows)).flat();
}
