import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { TUNE_FIELDS } from '../../../../lib/astria/fields/tune';
import { findToReuse, traitsOf } from '../../../../lib/astria/tunes/find';
import { picturesKey, type TuneRequest } from '../../../../lib/astria/tunes/request';
import { InputError, shown } from '../../../../lib/errors';
import type { OptionsField } from '../../../../lib/fields/field';
import { readField } from '../../../../lib/fields/values';
import type { AskedRow } from '../../../../lib/jobs/driver';
import { fieldProperty } from '../../../shared/fieldProperty';
import { keptOfRun, rowName } from '../../../shared/row';
import type { AstriaSession } from '../../shared/session';

/** Which items make a tune. */
const GROUPING = {
	type: 'options',
	label: 'Make a Tune From',
	help: 'How items become tunes',
	options: {
		all: {
			label: 'All Items Together',
			help: 'One tune from the pictures of all items; its settings are those of the first',
		},
		item: { label: 'Each Item', help: 'One tune from each item' },
		title: {
			label: 'Items With the Same Title',
			help: 'One tune for each title; its settings are those of its first item. By Callback, a tune comes once for each of its items.',
		},
	},
	default: 'item',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

const GROUPING_NAME = 'tunesFrom';

/** The parameter that says which items make a tune. */
export const groupsProperty: INodeProperties = fieldProperty(GROUPING_NAME, GROUPING);

const TITLE = { ...TUNE_FIELDS.title, required: undefined };

/** What the title of a row is read as; a row whose title cannot be read is refused later, by its name. */
function titleOf(context: IExecuteFunctions, row: number): string | undefined {
	try {
		return readField(TITLE, context.getNodeParameter('title', row, ''));
	} catch {
		return undefined;
	}
}

function groupsByTitle(context: IExecuteFunctions, rows: readonly number[]): number[][] {
	const groups = new Map<string | number, number[]>();
	for (const row of rows) {
		const title = titleOf(context, row) ?? row;
		groups.set(title, [...(groups.get(title) ?? []), row]);
	}
	return [...groups.values()];
}

/**
 * The rows of each tune that is to be made, in the order of their first rows.
 *
 * @throws InputError
 */
export function groupsOf(context: IExecuteFunctions): number[][] {
	const rows = context.getInputData().map((_, row) => row);
	switch (readField(GROUPING, context.getNodeParameter(GROUPING_NAME, 0, ''))) {
		case 'all':
			return rows.length === 0 ? [] : [rows];
		case 'title':
			return groupsByTitle(context, rows);
		case 'item':
			return rows.map((row) => [row]);
	}
}

/** What the node keeps of a run. */
const KEPT = 'tuneGroups';

function isGroups(value: unknown): value is number[][] {
	return Array.isArray(value) && value.every(Array.isArray);
}

/**
 * The same, as the first try of the run has found them: a purchase is known by its rows, and Retry On
 * Fail evaluates the titles anew.
 *
 * @throws InputError
 */
export function groupsOfRun(context: IExecuteFunctions): number[][] {
	return keptOfRun(context, KEPT, (kept) => (isGroups(kept) ? kept : groupsOf(context)));
}

/** How many rows of one title are named; what is beyond is counted. */
const NAMED = 5;

function mixedTitle(
	context: IExecuteFunctions,
	shared: string,
	rows: readonly number[],
	orReuse: boolean,
) {
	const { title, all } = GROUPING.options;
	const named = rows.slice(0, NAMED).map((row) => rowName(context, row));
	const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
	const would = orReuse
		? 'a new tune would be trained from those of the first alone'
		: 'each would be a tune of its own';
	return new InputError(
		TUNE_FIELDS.title.label,
		`is ${shown(shared)} in ${named.join(', ')}${more}, which differ in their pictures: ${would}, so none was submitted`,
		`Set '${GROUPING.label}' to ${title.label} or ${all.label}, or give each its own title.`,
	);
}

/**
 * What is wrong with tunes of one run that share a title and not their pictures: the photos of one
 * person, one in each item, would be trained and paid for one by one. A row that is there twice is
 * no such thing, nor is one for which the account's own tune is taken.
 *
 * @param asked tunes, by the first row of each
 * @returns by title, blanks around it aside
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function mixedTitles(
	context: IExecuteFunctions,
	{ client, timing }: AstriaSession,
	asked: ReadonlyArray<AskedRow<TuneRequest>>,
): Promise<Map<string, InputError>> {
	const byTitle = new Map<string, Array<AskedRow<TuneRequest>>>();
	for (const tune of asked) {
		const title = tune.request.title.trim();
		byTitle.set(title, [...(byTitle.get(title) ?? []), tune]);
	}
	const mixed = new Map<string, InputError>();
	for (const [title, tunes] of byTitle) {
		const [first] = tunes;
		const pictures = new Set(tunes.map(({ request }) => picturesKey(request)));
		if (!first || pictures.size === 1) continue;
		const { orReuse } = first.request;
		if (orReuse && (await findToReuse(client, timing, traitsOf(first.request)))) continue;
		const rows = tunes.map(({ row }) => row);
		mixed.set(title, mixedTitle(context, title, rows, orReuse));
	}
	return mixed;
}
