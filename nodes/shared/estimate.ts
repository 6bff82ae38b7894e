import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { toTryOnError, type TryOnError } from '../../lib/errors';
import type { OptionsField } from '../../lib/fields/field';
import { readField } from '../../lib/fields/values';
import { type Cost, costText, type Sum, sumOf } from '../../lib/money';
import { eachRow } from './eachRow';
import { rowMessage } from './errorRow';
import { fieldProperty } from './fieldProperty';
import { type Columns, type Output, type Session, shownWhen } from './operation';
import { INPUT_OUTPUT, inputFieldsProperty } from './row';

interface RowEstimate {
	/** `undefined` where the row leaves their number to the service. */
	pictures: number | undefined;
	/** `undefined` where the service does not tell the price. */
	cost: Cost | undefined;
	/** What else tells the row. */
	columns?: IDataObject;
}

/** How an estimate is made. */
interface EstimatePlan {
	/** Which rows; default: each. A purchase of several rows is known by the first of them. */
	groups?: ReadonlyArray<readonly number[]>;
	/** Checks rows as far as it can be without paying. @throws InputError */
	look(rows: readonly number[]): Promise<RowEstimate>;
	/** What the account holds; nothing where the service does not tell. */
	balance?(): Promise<Cost | undefined>;
}

/** How many bad rows are named in the hint; the items name all of them. */
const NAMED = 5;

const OUTPUT_NAME = 'estimateOutput';

const OUTPUT = {
	type: 'options',
	label: 'Output',
	help: 'How the estimate comes out.',
	options: {
		all: {
			label: 'One Item in All',
			help: 'How many rows are ready, which are not, and what all would cost',
		},
		row: {
			label: 'One Item per Row',
			help: 'Whether each row is ready, and what it would cost',
		},
	},
	default: 'row',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

/** How an estimate comes out; the last parameters of an operation. */
export const estimateProperties: INodeProperties[] = [
	fieldProperty(OUTPUT_NAME, OUTPUT),
	...shownWhen({ [OUTPUT_NAME]: ['row'] }, [inputFieldsProperty]),
];

const ROW_COLUMNS = {
	ready: { meaning: 'Whether the row can be submitted as it is' },
	problem: { meaning: 'What is wrong with it; only then', optional: true },
	field: { meaning: 'Label of the parameter at fault', optional: true },
	pictures: { meaning: 'How many pictures it asks for, where it says so', optional: true },
	estimatedCost: {
		meaning: 'What they cost, or null when the service does not tell',
		optional: true,
	},
	currency: { meaning: 'Of the cost', optional: true },
} as const satisfies Columns;

const ALL_COLUMNS = {
	rows: { meaning: 'How many rows there are' },
	readyRows: { meaning: 'How many can be submitted as they are' },
	problems: { meaning: 'What is wrong with the others, each with its row' },
	pictures: { meaning: 'How many pictures the ready rows ask for, without those that do not say' },
	estimatedCost: { meaning: 'What they cost together, or null when no price is known' },
	currency: { meaning: 'Of the cost', optional: true },
	rowsWithoutPrice: { meaning: 'How many ready rows are not in the sum' },
	balance: { meaning: 'What the account holds, where the service tells it', optional: true },
} as const satisfies Columns;

/** @param more what else tells a row */
export const estimateOutputs = (more: Columns): Output[] => [
	{ columns: { ...ROW_COLUMNS, ...more } },
	{ when: 'with *Output* set to *One Item in All*', columns: ALL_COLUMNS },
	INPUT_OUTPUT,
];

type Looked = { row: number; count: number } & (
	| RowEstimate
	| { problem: TryOnError; words: string }
);

/** A bad row is part of the answer. @throws TryOnError about the account */
async function lookAt(
	context: IExecuteFunctions,
	rows: readonly number[],
	estimate: Promise<RowEstimate>,
): Promise<Looked> {
	const [row = 0] = rows;
	const count = rows.length;
	try {
		return { row, count, ...(await estimate) };
	} catch (thrown) {
		const problem = toTryOnError(thrown, 'input');
		if (problem.details.ofAccount) throw problem;
		return { row, count, problem, words: rowMessage(context, row, problem) };
	}
}

/** The columns about a cost; `null` says that the service does not tell. */
function costColumns(cost: Cost | undefined): IDataObject {
	return cost === undefined
		? { estimatedCost: null }
		: { estimatedCost: cost.amount, currency: cost.currency };
}

function rowColumns(looked: Looked): IDataObject {
	if (!('problem' in looked)) {
		const { pictures, cost, columns } = looked;
		const asked = pictures === undefined ? {} : { pictures };
		return { ready: true, ...asked, ...costColumns(cost), ...columns };
	}
	const { field } = looked.problem.details;
	return { ready: false, problem: looked.words, ...(field && { field }) };
}

/** How many rows these are of: several may be one purchase. */
function rowsIn(looked: readonly Looked[]): number {
	return looked.reduce((sum, { count }) => sum + count, 0);
}

/** The rows that are ready, and those of them whose price is not in the sum. */
function readyOf(looked: readonly Looked[], { cost: known }: Sum) {
	const ready = looked.flatMap((row) => ('problem' in row ? [] : row));
	const unpriced = ready.filter(({ cost }) => !cost || cost.currency !== known?.currency);
	return { ready: rowsIn(ready), unknown: rowsIn(unpriced) };
}

function sentences(looked: readonly Looked[], sum: Sum, balance?: Cost): string {
	const { cost } = sum;
	const { ready, unknown } = readyOf(looked, sum);
	const problems = problemsOf(looked);
	const more = rowsIn(looked.filter((row) => 'problem' in row).slice(NAMED));
	return [
		`${ready} of ${rowsIn(looked)} rows are ready.`,
		...problems.slice(0, NAMED),
		more > 0 ? `${more} more rows are not ready.` : '',
		cost ? `The ready rows cost about ${costText(cost)} together.` : '',
		ready > 0 && unknown > 0 ? `The price of ${unknown} of them is not known.` : '',
		balance ? `The account holds ${costText(balance)}.` : '',
		'Nothing was submitted.',
	]
		.filter((sentence) => sentence !== '')
		.join(' ');
}

function problemsOf(looked: readonly Looked[]): string[] {
	return looked.flatMap((row) => ('problem' in row ? row.words : []));
}

/**
 * Checks all rows as far as it can be without paying, and tells what they would cost. A bad row is
 * part of the answer; what is wrong with the account ends the run.
 *
 * @returns one item per row, or one in all
 * @throws NodeOperationError
 */
export async function estimateRows(
	context: IExecuteFunctions,
	session: Session,
	{ groups, look, balance }: EstimatePlan,
): Promise<INodeExecutionData[]> {
	const output = readField(OUTPUT, context.getNodeParameter(OUTPUT_NAME, 0, ''));
	const rowsOf = new Map(groups?.map((rows) => [rows[0] ?? 0, rows]));
	const looked: Looked[] = [];
	const items = await eachRow(
		context,
		session,
		async (row) => {
			const rows = rowsOf.get(row) ?? [row];
			const found = await lookAt(context, rows, look(rows));
			looked.push(found);
			return [{ json: rowColumns(found) }];
		},
		{ groups },
	);
	looked.sort((a, b) => a.row - b.row);
	const good = looked.flatMap((row) => ('problem' in row ? [] : row));
	const sum = sumOf(good.map(({ cost }) => cost));
	const held = await balance?.();
	const type = good.length < looked.length ? 'warning' : 'info';
	const message = sentences(looked, sum, held);
	context.addExecutionHints({ type, location: 'outputPane', message });
	if (output === 'row') return items;
	const { ready, unknown } = readyOf(looked, sum);
	const json = {
		rows: rowsIn(looked),
		readyRows: ready,
		problems: problemsOf(looked),
		pictures: good.reduce((count, { pictures = 0 }) => count + pictures, 0),
		...costColumns(sum.cost),
		rowsWithoutPrice: unknown,
		...(held && { balance: held.amount }),
	};
	const paired = looked.flatMap(({ row }) => rowsOf.get(row) ?? row).map((item) => ({ item }));
	const failed = items.filter((item) => item.json.error !== undefined);
	return [{ json, pairedItem: paired }, ...failed];
}
