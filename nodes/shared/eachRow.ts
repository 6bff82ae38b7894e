import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import pLimit from 'p-limit';

import { ofFreeCall, toTryOnError, type TryOnError } from '../../lib/errors';
import type { FieldTable } from '../../lib/fields/field';
import { readField } from '../../lib/fields/values';
import { notTried } from '../../lib/jobs/outcome';
import { errorRow, nodeError, type RowItem } from './errorRow';
import { fieldProperty } from './fieldProperty';
import { type Session, shownWhen } from './operation';
import { inputKeeper, pairedWith, rowReader } from './row';

/** How many rows of an operation that waits for nothing are worked on at once. */
const ROWS_AT_ONCE = 5;

/** What the rows are worked on in, and how much at once; default: each alone, a few at a time. */
interface RowChoice {
	/** Rows that belong together; each group is known by its first. */
	groups?: ReadonlyArray<readonly number[]>;
	atOnce?: number;
}

/**
 * Runs an operation that costs nothing for every row, several at once.
 *
 * @param work makes the items of a row, or of a group; its signal is aborted by Stop, and when another
 * row has ended the node
 * @returns the items in the order of the rows, with error rows where n8n is to continue
 * @throws NodeOperationError of the first row that failed, unless n8n is to continue
 */
export async function eachRow(
	context: IExecuteFunctions,
	{ service, timing }: Pick<Session, 'service' | 'timing'>,
	work: (row: number, signal: AbortSignal) => Promise<RowItem[]>,
	{ groups, atOnce = ROWS_AT_ONCE }: RowChoice = {},
): Promise<INodeExecutionData[]> {
	const limit = pLimit(atOnce);
	const ended = new AbortController();
	const signal = AbortSignal.any([ended.signal, ...(timing.signal ? [timing.signal] : [])]);
	const withInput = inputKeeper(context);
	let accountFailure: TryOnError | undefined;
	const all = groups ?? context.getInputData().map((_, row) => [row]);
	const done = all.map(async (rows) =>
		limit(async () => {
			const [row = 0] = rows;
			const pairedItem = pairedWith(rows);
			try {
				if (accountFailure) throw notTried('asked', accountFailure);
				const items = await work(row, signal);
				return items.map((item) => ({ ...withInput(row, item), pairedItem }));
			} catch (thrown) {
				const error = ofFreeCall(toTryOnError(thrown, 'result'));
				if (error.details.ofAccount) accountFailure ??= error;
				if (context.continueOnFail())
					return [{ ...errorRow(context, service, row, error), pairedItem }];
				limit.clearQueue();
				ended.abort();
				throw nodeError(context, service, row, error);
			}
		}),
	);
	return (await Promise.all(done)).flat();
}

const LIST_FIELDS = {
	returnAll: {
		type: 'boolean',
		label: 'Return All',
		help: 'Whether to return all results or only up to a given limit',
		default: false,
		defaultApplies: true,
	},
	limit: {
		type: 'integer',
		label: 'Limit',
		help: 'Max number of results to return',
		min: 1,
		// n8n's own.
		default: 50,
		defaultApplies: true,
	},
} as const satisfies FieldTable;

/** The parameters that say how much of a list is wanted. */
export const limitProperties: INodeProperties[] = [
	fieldProperty('returnAll', LIST_FIELDS.returnAll),
	...shownWhen({ returnAll: [false] }, [fieldProperty('limit', LIST_FIELDS.limit)]),
];

/** How many a row lists at most; `undefined` for all. @throws InputError */
export function readLimit(context: IExecuteFunctions, row: number): number | undefined {
	const parameter = rowReader(context, row);
	const isAll = readField(LIST_FIELDS.returnAll, parameter('returnAll'));
	return isAll ? undefined : readField(LIST_FIELDS.limit, parameter('limit'));
}
