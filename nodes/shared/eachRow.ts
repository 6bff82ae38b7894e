import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { ofFreeCall, toTryOnError, type TryOnError } from '../../lib/errors';
import { errorRow, nodeError } from './errorRow';

/**
 * Runs an operation that costs nothing for every row, several at once.
 *
 * @param atOnce how many rows at once
 * @param work makes the items of a row
 * @param chosen which rows; default: all
 * @returns the items in the order of the rows, with error rows where n8n is to continue
 * @throws NodeOperationError of the first row that failed, unless n8n is to continue
 */
export async function eachRow(
	context: IExecuteFunctions,
	service: string,
	atOnce: number,
	work: (row: number) => Promise<INodeExecutionData[]>,
	chosen: readonly number[] = context.getInputData().map((_, row) => row),
): Promise<INodeExecutionData[]> {
	const limit = pLimit(atOnce);
	let accountFailure: TryOnError | undefined;
	const rows = chosen.map(async (row) =>
		limit(async () => {
			try {
				if (accountFailure) throw accountFailure;
				return await work(row);
			} catch (thrown) {
				const error = ofFreeCall(toTryOnError(thrown, service, 'result'));
				if (error.details.ofAccount) accountFailure = error;
				if (context.continueOnFail()) return [errorRow(context, row, error)];
				limit.clearQueue();
				throw nodeError(context, row, error);
			}
		}),
	);
	return (await Promise.all(rows)).flat();
}
