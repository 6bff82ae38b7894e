import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { ofFreeCall, toTryOnError, type TryOnError } from '../../lib/errors';
import { errorRow, nodeError, type RowItem } from './errorRow';
import { inputKeeper } from './inputFields';
import type { Session } from './session';

/** How many rows of an operation that waits for nothing are worked on at once. */
const ROWS_AT_ONCE = 5;

/** Which rows, and how many of them at once; default: all, a few at a time. */
interface RowChoice {
	rows?: readonly number[];
	atOnce?: number;
}

/**
 * Runs an operation that costs nothing for every row, several at once.
 *
 * @param work makes the items of a row
 * @param chosen which rows; default: all
 * @returns the items in the order of the rows, with error rows where n8n is to continue
 * @throws NodeOperationError of the first row that failed, unless n8n is to continue
 */
export async function eachRow(
	context: IExecuteFunctions,
	{ service }: Pick<Session, 'service'>,
	work: (row: number) => Promise<RowItem[]>,
	{ rows: chosen, atOnce = ROWS_AT_ONCE }: RowChoice = {},
): Promise<INodeExecutionData[]> {
	const limit = pLimit(atOnce);
	const withInput = inputKeeper(context);
	let accountFailure: TryOnError | undefined;
	const all = context.getInputData().map((_, row) => row);
	const rows = (chosen ?? all).map(async (row) =>
		limit(async () => {
			try {
				if (accountFailure) throw accountFailure;
				const items = await work(row);
				return items.map((item) => ({ ...withInput(row, item), pairedItem: { item: row } }));
			} catch (thrown) {
				const error = ofFreeCall(toTryOnError(thrown, 'result'));
				if (error.details.ofAccount) accountFailure = error;
				if (context.continueOnFail()) return [errorRow(context, service, row, error)];
				limit.clearQueue();
				throw nodeError(context, service, row, error);
			}
		}),
	);
	return (await Promise.all(rows)).flat();
}
