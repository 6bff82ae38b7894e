import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ALL, type AstriaClient, type Query } from '../../../lib/astria/api/client';
import { type Selection, timeOf } from '../../../lib/astria/api/entity';
import { isGone } from '../../../lib/astria/api/errors';
import { PACK, PROMPT, SELECTION } from '../../../lib/astria/fields/entities';
import { TUNE } from '../../../lib/astria/fields/tune';
import { about, toTryOnError } from '../../../lib/errors';
import type { EntityField, FieldTable, OptionsField } from '../../../lib/fields/field';
import { readField, readValues } from '../../../lib/fields/values';
import { mayPass, type Timing } from '../../../lib/time';
import { eachRow, limitProperties, readLimit } from '../../shared/eachRow';
import type { RowItem } from '../../shared/errorRow';
import { fieldProperties, fieldProperty, filterCollection } from '../../shared/fieldProperty';
import type { Session } from '../../shared/operation';
import { collectionReader, notesOfRun, oncePerId } from '../../shared/row';
import type { AstriaSession } from './session';

/** The thing of Astria that an operation is about, such as a tune. */
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
		session: Pick<Session, 'service' | 'timing'>,
		work: (id: Id, row: number) => Promise<RowItem[]>,
	): Promise<INodeExecutionData[]>;
	/**
	 * Deletes that of every row, each once. What an earlier try of the run has deleted is gone by now,
	 * also when its answer was lost; what was never there is not. @throws NodeOperationError
	 */
	deleteEach(
		context: IExecuteFunctions,
		session: AstriaSession,
		remove: (client: AstriaClient, timing: Timing, id: Id) => Promise<void>,
	): Promise<INodeExecutionData[]>;
}

/**
 * What an operation needs to ask for a thing and to work with it.
 *
 * @param name of the parameter
 * @param toId reads what the parameter holds
 */
function entityOf<Id extends string | number>(
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
	const each: Entity<Id>['each'] = async (context, session, work) =>
		await eachRow(
			context,
			session,
			async (row) => await using(context, row, async (id) => await work(id, row)),
		);
	return {
		properties: fieldProperties(name, field),
		read,
		using,
		each,
		deleteEach: async (context, session, remove) => {
			const { client, timing } = session;
			const { earlier, notes } = notesOfRun(context, 'deletes');
			const once = oncePerId<unknown>();
			const deleteOne = async (id: Id) => {
				try {
					await remove(client, timing, id);
					notes[String(id)] = true;
				} catch (error) {
					if (mayPass(error)) notes[String(id)] = true;
					if (!isGone(error) || earlier[String(id)] !== true) throw toTryOnError(error, 'result');
				}
			};
			return await each(context, session, async (id) => {
				await once(id, async () => await deleteOne(id));
				return [{ json: { deleted: true, [name]: id } }];
			});
		},
	};
}

/** The tune that an operation is about; the node has `searchTunes`. */
export const theTune = entityOf('tuneId', TUNE, (given) => readField(TUNE, given));

/**
 * The parameters for it where an operation says more of it.
 *
 * @param what such as "delete: one of your account"
 */
export const tuneTo = (what: string): INodeProperties[] =>
	fieldProperties('tuneId', { ...TUNE, help: `The tune to ${what}.` });

/** The prompt that an operation is about; the node has `searchPrompts`. */
export const thePrompt = entityOf('promptId', PROMPT, (given) => readField(PROMPT, given));

/** The pack that an operation is about; the node has `searchPacks`. */
export const thePack = entityOf('packId', PACK, (given) => readField(PACK, given));

const SOURCE_NAME = 'source';

const SOURCE = {
	type: 'options',
	label: 'Source',
	help: 'Whose are listed.',
	options: { gallery: { label: 'Gallery', help: '' }, own: { label: 'Own', help: '' } },
	default: 'own',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

/**
 * The parameter for whose tunes or packs are listed.
 *
 * @param what is listed, in the plural
 */
export function sourceProperty(what: string): INodeProperties {
	return fieldProperty(SOURCE_NAME, {
		...SOURCE,
		help: `Whose ${what} to list`,
		options: {
			gallery: { ...SOURCE.options.gallery, help: `Public ${what} of Astria` },
			own: { ...SOURCE.options.own, help: `The ${what} of your account` },
		},
	});
}

/** Whose tunes or packs a row lists. @throws InputError */
export function readSource(context: IExecuteFunctions, row: number): 'own' | 'gallery' {
	return readField(SOURCE, context.getNodeParameter(SOURCE_NAME, row, ''));
}

/** The parameters that say which part of a list is wanted. */
export const selectionProperties = (filters: FieldTable): INodeProperties[] => [
	...limitProperties,
	filterCollection({ ...filters, ...SELECTION }),
];

/**
 * Reads which part of a list a row wants. A switch that is off asks for nothing.
 *
 * @param read reads the list's own filters
 * @throws InputError
 */
export function readSelection(
	context: IExecuteFunctions,
	row: number,
	read: (parameter: (name: string) => unknown) => Query,
): Selection {
	const parameter = collectionReader(context, row, 'filters');
	const { start, end, all_workspaces: everywhere } = readValues(SELECTION, parameter);
	const asked = Object.entries(read(parameter)).filter(([, value]) => value !== false);
	return {
		filters: Object.fromEntries(asked),
		...(everywhere === true && { workspace: ALL }),
		start: timeOf(start),
		end: timeOf(end),
		limit: readLimit(context, row),
	};
}
