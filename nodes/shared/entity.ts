import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { about } from '../../lib/errors';
import type { EntityField } from '../../lib/fields/field';
import { eachRow } from './eachRow';
import type { RowItem } from './errorRow';
import { fieldProperties } from './fieldProperty';
import type { Session } from './session';

/** The thing of the service that an operation is about, such as a tune. */
export interface Entity<Id extends string | number> {
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
