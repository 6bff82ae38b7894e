import type { INodeProperties } from 'n8n-workflow';

import { holdsOthers, partsOf } from './properties';
import { cellsOf, HEADINGS, type PageState, type Row, rowOf, rowsOf } from './rows';
import { anchorOf, prose, sentence, tableText } from './text';
import { entriesText } from './values';

/** So many rows that show under the same condition get a table of their own. */
const MIN_GROUP = 5;

const ADDED =
	'Each of these takes effect only when it is added; the default is what it then starts with.';

/** A part of a page with a heading, and where it is: here, or further up where it stands already. */
interface Block {
	heading: string;
	address: string;
	/** Empty when it stands further up. */
	parts: string[];
}

function blockOf(state: PageState, heading: string, intro: string, rows: readonly Row[]): Block {
	const table = tableText(HEADINGS, rows.map(cellsOf));
	const there = state.printed.get(table);
	if (there !== undefined) return { heading, address: anchorOf(there), parts: [] };
	state.printed.set(table, heading);
	const parts = [`### ${heading}`, ...(intro === '' ? [] : [intro]), table];
	return { heading, address: anchorOf(heading), parts };
}

function collectionOf(state: PageState, title: string, property: INodeProperties): Block {
	const { displayName, description = '', typeOptions } = property;
	const more = typeOptions?.multipleValues === true ? entriesText(property) : ADDED;
	const intro = [prose(description), more].filter((text) => text !== '').map(sentence);
	const rows = rowsOf(state, partsOf(property));
	return blockOf(state, `${title}: ${displayName}`, intro.join(' '), rows);
}

/** The condition of a row that many others have too. */
function sharedCondition({ conditions }: Row, all: readonly Row[]): string | undefined {
	return conditions.find(
		(condition) => all.filter((row) => row.conditions.includes(condition)).length >= MIN_GROUP,
	);
}

/** Rows that many share a condition with stand together; where they were is a link to them. */
function grouped(
	state: PageState,
	title: string,
	all: readonly Row[],
): { rows: Row[]; blocks: Block[] } {
	const rows = all.filter((row) => sharedCondition(row, all) === undefined);
	const shared = new Set(
		all.map((row) => sharedCondition(row, all)).filter((text) => text !== undefined),
	);
	const blocks = [...shared].map((condition) => {
		const members = all
			.filter((row) => sharedCondition(row, all) === condition)
			.map(({ cells, conditions }) => ({
				cells,
				conditions: conditions.filter((text) => text !== condition),
			}));
		return blockOf(state, `${title}, when ${condition}`, '', members);
	});
	return { rows, blocks };
}

function linkTo({ heading, address }: Block, title: string): string {
	return `[${heading.slice(title.length).replace(/^[:,] /, '')}](${address})`;
}

/** All parameters of an operation: its own, those that show together, and the collections. */
export function parametersText(
	state: PageState,
	title: string,
	properties: readonly INodeProperties[],
): string[] {
	const shown = properties.filter(({ type }) => type !== 'notice' && type !== 'hidden');
	const notices = properties.filter(({ type }) => type === 'notice');
	const collections = new Map(
		shown.filter(holdsOthers).map((property) => [property, collectionOf(state, title, property)]),
	);
	const all = shown.map((property) => {
		const block = collections.get(property);
		const values = block && `[Its parameters](${block.address})`;
		return rowOf(state, property, shown, [], values);
	});
	const { rows, blocks } = grouped(state, title, all);
	const more = blocks.map((block) => linkTo(block, title));
	return [
		...notices.map(({ displayName }) => `> ${prose(displayName)}`),
		tableText(HEADINGS, rows.map(cellsOf)),
		...(more.length === 0 ? [] : [`Further parameters: ${more.join('; ')}.`]),
		...[...blocks, ...collections.values()].flatMap(({ parts }) => parts),
	];
}
