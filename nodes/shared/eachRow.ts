import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import pLimit from 'p-limit';

import { about, ofFreeCall, toTryOnError, type TryOnError } from '../../lib/errors';
import type { EntityField, FieldTable } from '../../lib/fields/field';
import { readField } from '../../lib/fields/values';
import { notTried } from '../../lib/jobs/outcome';
import { errorRow, nodeError, type RowItem } from './errorRow';
import { fieldProperties, fieldProperty } from './fieldProperty';
import { type Session, shownWhen } from './operation';
import { inputKeeper, rowReader } from './row';

/** How many rows of an operation that waits for nothing are worked on at once. */
const ROWS_AT_ONCE = 5;

/** What the rows are worked on in, and how much at once; default: each alone, a few at a time. */
interface RowChoice {
	/** Rows that belong together; each group is known by its first. */
	groups?: ReadonlyArray<readonly number[]>;
	atOnce?: number;
}

/** Rows as n8n pairs an item with them. */
export function pairedWith(rows: readonly number[]): Required<INodeExecutionData>['pairedItem'] {
	const [row = 0] = rows;
	return rows.length === 1 ? { item: row } : rows.map((item) => ({ item }));
}

/**
 * Runs an operation that costs nothing for every row, several at once.
 *
 * @param work makes the items of a row, or of a group
 * @returns the items in the order of the rows, with error rows where n8n is to continue
 * @throws NodeOperationError of the first row that failed, unless n8n is to continue
 */
export async function eachRow(
	context: IExecuteFunctions,
	{ service }: Pick<Session, 'service'>,
	work: (row: number) => Promise<RowItem[]>,
	{ groups, atOnce = ROWS_AT_ONCE }: RowChoice = {},
): Promise<INodeExecutionData[]> {
	const limit = pLimit(atOnce);
	const withInput = inputKeeper(context);
	let accountFailure: TryOnError | undefined;
	const all = groups ?? context.getInputData().map((_, row) => [row]);
	const done = all.map(async (rows) =>
		limit(async () => {
			const [row = 0] = rows;
			const pairedItem = pairedWith(rows);
			try {
				if (accountFailure) throw notTried('asked', accountFailure);
				const items = await work(row);
				return items.map((item) => ({ ...withInput(row, item), pairedItem }));
			} catch (thrown) {
				const error = ofFreeCall(toTryOnError(thrown, 'result'));
				if (error.details.ofAccount) accountFailure ??= error;
				if (context.continueOnFail())
					return [{ ...errorRow(context, service, row, error), pairedItem }];
				limit.clearQueue();
				throw nodeError(context, service, row, error);
			}
		}),
	);
	return (await Promise.all(done)).flat();
}

/** The thing of the service that an operation is about, such as a tune. */
interface Entity<Id extends string | number> {
	/** The parameter that names it. */
	properties: INodeProperties[];
	/** What a row names it by. @throws InputError */
	read(context: IExecuteFunctions, row: number): Id;
	/** Does something with the one that a row means; whatever goes wrong names it. @throws TryOnError */
	using<T>(context: IExecuteFunctions, row: number, work: (id: Id) => Promise<T>): Promise<T>;
	/** Does something free with that of every row, as {@link eachRow} does. @throws NodeOperationError */
	each(
		context: IExecuteFunctions,
		session: Pick<Session, 'service'>,
		work: (id: Id, row: number) => Promise<RowItem[]>,
	): Promise<INodeExecutionData[]>;
}

/**
 * What an operation needs to ask for a thing and to work with it.
 *
 * @param name of the parameter
 * @param toId reads what the parameter holds
 */
export function entityOf<Id extends string | number>(
	name: string,
	field: EntityField,
	toId: (given: unknown) => Id,
): Entity<Id> {
	const read = (context: IExecuteFunctions, row: number) =>
		toId(context.getNodeParameter(name, row, ''));
	const using: Entity<Id>['using'] = async (context, row, work) => {
		const id = read(context, row);
		return await about(field.label, String(id), async () => await work(id));
	};
	return {
		properties: fieldProperties(name, field),
		read,
		using,
		each: async (context, session, work) =>
			await eachRow(
				context,
				session,
				async (row) => await using(context, row, async (id) => await work(id, row)),
			),
	};
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
