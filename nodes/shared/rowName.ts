import type { IExecuteFunctions } from 'n8n-workflow';

import { type TryOnError, wholeMessage } from '../../lib/errors';

/** Where the rows are. */
export type InputContext = Pick<IExecuteFunctions, 'getInputData'>;

/** How n8n's Google Sheets node calls a row's own number. */
export const SHEET_ROW = 'row_number';

/** The number that the row has in its sheet. */
function sheetRow(context: InputContext, row: number): number | undefined {
	const given: unknown = context.getInputData()[row]?.json[SHEET_ROW];
	const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
	const isOne = typeof number === 'number' && Number.isSafeInteger(number) && number > 0;
	return isOne ? number : undefined;
}

/**
 * How a row is called inside a sentence: as its sheet does, or by its place in the input.
 *
 * @param row index in the input, from 0
 * @returns such as `sheet row 15`, or `item 2`, counted from 1 as n8n's table of items does
 */
export function rowName(context: InputContext, row: number): string {
	const number = sheetRow(context, row);
	return number === undefined ? `item ${row + 1}` : `sheet row ${number}`;
}

/** Words about a row, which begin with its name. */
export function aboutRow(context: InputContext, row: number, words: string): string {
	const name = rowName(context, row);
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${words}`;
}

/** What went wrong with a row and what to do about it. */
export function rowMessage(context: InputContext, row: number, error: TryOnError): string {
	return aboutRow(context, row, wholeMessage(error));
}
