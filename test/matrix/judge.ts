import { stringify } from 'flatted';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { objectOf } from '../../lib/json';
import { type NodeResult, readFile } from '../engine/engine';
import { type MatrixBed, secretOf, type Service, SERVICES } from './bed';
import type { Purchase } from './calls';

/** How a row ended, the best first. */
export const ENDS = {
	G: 'good: as if nothing had happened',
	D: 'good, but the file is missing: its address and `downloadError` are there',
	F: 'an error row of a free operation: it does not speak of a charge',
	N: 'an error row that says that nothing was charged',
	R: 'an error row that names the references that were made for it, and charged; the prompt was not',
	J: 'an error row that tells the id of what was bought: it may be charged, and *Get* fetches it',
	U: 'an error row that says that nobody knows whether it was charged',
} as const;

export type End = keyof typeof ENDS;

/** What is to be judged. */
export interface Ended {
	result: NodeResult;
	/** The numbers of the rows that went in. */
	numbers: readonly number[];
	/** What the service has taken during the cell. */
	purchases: readonly Purchase[];
	/** Whether the operation buys. */
	buys: boolean;
	/** How much of that may be for several rows. */
	shared: number;
	/** The columns of a good row when nothing goes wrong. */
	columns: ReadonlySet<string>;
	/** How often the call under test was made. */
	met: number;
	/** Whether the answer to a purchase may be lost, so that nobody can tell its id. */
	mayBeLost: boolean;
}

/** A cell's verdict. */
export interface Verdict {
	/** The worst end of a row. */
	end: End;
	/** What is broken: empty in a cell that keeps every promise. */
	broken: string[];
}

function rowOf({ pairedItem }: INodeExecutionData): number {
	return typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : -1;
}

function endOf(json: IDataObject, buys: boolean): End {
	if (json.error === undefined) return json.downloadError === undefined ? 'G' : 'D';
	if (!buys) return 'F';
	const { charged, requestId } = objectOf(json.details);
	if (charged === 'no') return 'N';
	if (charged === 'yes' && requestId === undefined) return 'R';
	return requestId === undefined ? 'U' : 'J';
}

/** Columns that are there where the service tells: its price is asked for besides. */
const OPTIONAL = new Set(['cost', 'currency']);

/** Those that only the file itself may tell besides. */
const OF_FILE = new Set([...OPTIONAL, 'contentType', 'fileName', 'fileSize']);

/** How a file of PNG or JPEG begins. */
const PICTURE_STARTS = [0x89, 0xff];

/** Whether each file of an item is a picture. */
async function hasPictures(item: INodeExecutionData): Promise<boolean> {
	const files = Object.keys(item.binary ?? {});
	const starts = await Promise.all(files.map(async (name) => (await readFile(item, name))[0]));
	return starts.every((start) => start !== undefined && PICTURE_STARTS.includes(start));
}

/** What is wrong with one row. */
function* faultsOfRow(
	json: IDataObject,
	bought: readonly Purchase[],
	{ buys, mayBeLost, columns, shared }: Ended,
): Generator<string> {
	const text = JSON.stringify(json);
	const { charged } = objectOf(json.details);
	if (json.error === undefined) {
		const optional = json.downloadError === undefined ? OPTIONAL : OF_FILE;
		const missing = [...columns].filter((name) => !(name in json) && !optional.has(name));
		if (missing.length > 0) yield `a good row without ${missing.join(', ')}`;
	}
	if (!buys) {
		if (charged !== undefined || /charged/.test(String(json.error ?? ''))) {
			yield 'a free operation speaks of a charge';
		}
		return;
	}
	if (bought.length > 1) yield `bought ${bought.length} times`;
	const [purchase] = bought;
	if (json.error === undefined) {
		if (!purchase) yield 'a good row without a purchase';
		else if (!text.includes(purchase.id)) yield 'a good row has the id of another';
		return;
	}
	if (charged === undefined) yield 'does not say whether it was charged';
	if (!purchase) {
		if (charged === 'yes' && shared === 0) yield 'says that it was charged, and it was not bought';
		if (charged === 'unknown' && !mayBeLost) yield 'does not know that it was not bought';
		return;
	}
	if (charged === 'no') yield 'says that it was not charged, and it was bought';
	if (!text.includes(purchase.id) && !(mayBeLost && charged === 'unknown')) {
		yield 'does not tell the id of what was bought';
	}
}

/** Where the key of a service is, and must not be. */
export function* leaks({ sandbox, log, ...bed }: MatrixBed, run: unknown): Generator<string> {
	const secrets: Array<[Service, string]> = SERVICES.map((service) => [
		service,
		secretOf({ sandbox, log, ...bed }, service),
	]);
	const texts = [
		['what the node puts out', stringify(run)],
		['the log', log.lines.map(({ text }) => text).join('\n')],
	] as const;
	for (const [service, secret] of secrets) {
		for (const [where, text] of texts) if (text.includes(secret)) yield `the key is in ${where}`;
		for (const call of sandbox.calls) {
			if (call.service === service) continue;
			const { headers, path, query, body } = call;
			const sent = JSON.stringify([headers, path, query.toString(), body.toString('latin1')]);
			if (sent.includes(secret)) yield `the key goes to ${call.service}`;
		}
	}
}

/** Judges what a node put out, under a setting in which it goes on after an error. */
export async function judge(bed: MatrixBed, ended: Ended): Promise<Verdict> {
	const { result, numbers, purchases, buys, met, mayBeLost } = ended;
	const [items = []] = result.outputs;
	const broken = new Set(leaks(bed, result.run));
	if (result.error) broken.add(`the node ends: ${result.error.message}`);
	const rows = items.map(rowOf);
	if (rows.some((row, index) => row < (rows[index - 1] ?? 0))) broken.add('rows are out of order');
	if (met === 0) broken.add('the call was not made, so that nothing is shown');
	const shared = purchases.filter(({ number }) => !numbers.includes(number));
	if (shared.length > ended.shared) broken.add('something else was bought');
	const told = JSON.stringify(items);
	if (!mayBeLost && shared.some(({ id }) => !told.includes(id))) {
		broken.add('does not tell the id of what rows share');
	}
	for (const item of items) if (!(await hasPictures(item))) broken.add('a file is no picture');
	let end: End = 'G';
	const order = Object.keys(ENDS);
	for (const [row, number] of numbers.entries()) {
		const own = items.filter((_, index) => rows[index] === row);
		if (own.length === 0) broken.add(`row ${row + 1} is missing`);
		const bought = purchases.filter((purchase) => purchase.number === number);
		for (const { json } of own) {
			for (const fault of faultsOfRow(json, bought, ended)) broken.add(fault);
			const next = endOf(json, buys);
			if (order.indexOf(next) > order.indexOf(end)) end = next;
		}
	}
	if (rows.some((row) => row < 0 || row >= numbers.length)) broken.add('an item of no row');
	return { end, broken: [...broken] };
}
