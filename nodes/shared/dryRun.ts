import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readField } from '../../lib/fields/coerce';
import { RUN_OPTIONS } from '../../lib/fields/shared';
import { textOf } from '../../lib/json';
import { collectionReader } from './readFields';
import type { Session } from './session';

/** What a dry run says of a good row in the column `status`. */
export const DRY_RUN = 'DRY_RUN';

/**
 * Which rows are only to be checked, each by its own option, and which are to be bought.
 *
 * @throws InputError
 */
export function dryRows(context: IExecuteFunctions): { dry: number[]; paid: number[] } {
	const rows = context.getInputData().map((_, row) => row);
	const dry = rows.filter((row) => {
		const given = collectionReader(context, row, 'options')('dryRun');
		return readField(RUN_OPTIONS.dryRun, given) === true;
	});
	return { dry, paid: rows.filter((row) => !dry.includes(row)) };
}

/** Items of several makers in the order of the rows that they are paired with. */
export function inRowOrder(items: readonly INodeExecutionData[]): INodeExecutionData[] {
	const rowOf = ({ pairedItem }: INodeExecutionData): number =>
		typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : 0;
	return [...items].sort((a, b) => rowOf(a) - rowOf(b));
}

/** What a row would cost, as far as the service tells. */
export interface Estimate {
	amount: number;
	/** Such as `USD`. */
	currency: string;
}

/** Prices have fractions of cents; what binary numbers add behind them is cut off. */
const rounded = (amount: number) => Math.round(amount * 1e6) / 1e6;

/** The columns about the cost of a row; `null` says that the service does not tell. */
export function costColumns(estimate: Estimate | undefined): IDataObject {
	return estimate === undefined
		? { estimatedCost: null }
		: { estimatedCost: rounded(estimate.amount), currency: estimate.currency };
}

function total(service: string, items: readonly INodeExecutionData[]): string {
	const sums = new Map<string, number>();
	for (const { json } of items) {
		if (typeof json.estimatedCost !== 'number') continue;
		const currency = textOf(json.currency) ?? '';
		sums.set(currency, (sums.get(currency) ?? 0) + json.estimatedCost);
	}
	const parts = [...sums].map(([currency, sum]) => `${rounded(sum)} ${currency}`);
	const told = items.filter(({ json }) => typeof json.estimatedCost === 'number').length;
	if (parts.length === 0) return `${service} does not tell the price.`;
	const some = told < items.length ? ` for the ${told} whose price is known` : '';
	return `They cost about ${parts.join(' and ')}${some}.`;
}

/**
 * Tells in the output panel what a dry run has found.
 *
 * @param items good rows and error rows
 */
export function tellDryRun(
	context: IExecuteFunctions,
	{ service }: Pick<Session, 'service'>,
	items: readonly INodeExecutionData[],
): void {
	const good = items.filter(({ json }) => json.status === DRY_RUN);
	const cost = good.length > 0 ? `${total(service, good)} ` : '';
	context.addExecutionHints({
		type: good.length < items.length ? 'warning' : 'info',
		location: 'outputPane',
		message: `Dry run: ${good.length} of ${items.length} rows are fine. ${cost}Nothing was submitted.`,
	});
}
