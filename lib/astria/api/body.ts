import { isObject, type JsonObject, numberOf, textOf } from '../../json';
import { StreamedFile } from '../../media/file';
import type { FilePicture } from '../../media/picture';
import type { Cost } from '../../money';

/** What a body may hold: JSON, and files of the item. `undefined` is not sent. */
export type Param =
	| string
	| number
	| boolean
	| null
	| undefined
	| StreamedFile
	| readonly Param[]
	| Params;

/** Parameters by name, as Rails nests them: `{ tune: { title: … } }`. */
export interface Params {
	readonly [name: string]: Param;
}

interface Encoded {
	body: string | FormData;
	headers: Record<string, string>;
}

/** Part of a form: its name with Rails' brackets, and its content. */
type Part = [name: string, value: string | StreamedFile];

/** A file of the item as a part of a body, typed by its bytes and not by its name. */
export function filePart(picture: FilePicture): StreamedFile {
	const { file, size, fileName, type } = picture;
	return new StreamedFile(file, size, fileName, type.mimeType);
}

function isList(value: Param): value is readonly Param[] {
	return Array.isArray(value);
}

function isParams(value: Param): value is Params {
	return (
		typeof value === 'object' &&
		value !== null &&
		!isList(value) &&
		!(value instanceof StreamedFile)
	);
}

function holdsFile(value: Param): boolean {
	if (value instanceof StreamedFile) return true;
	if (isList(value)) return value.some(holdsFile);
	return isParams(value) && Object.values(value).some(holdsFile);
}

/**
 * Lists are `name[]` when they hold values or files, as Astria documents `tune[images][]`, and
 * `name[0][field]` when they hold objects: without the index two objects of which the second lacks
 * the first's last field would melt into one.
 */
function listParts(name: string, list: readonly Param[]): Part[] {
	return list.flatMap((entry, index) => {
		const nested = isParams(entry) || isList(entry);
		return partsOf(nested ? `${name}[${index}]` : `${name}[]`, entry);
	});
}

function partsOf(name: string, value: Param): Part[] {
	if (value === undefined) return [];
	if (value === null) return [[name, '']];
	if (value instanceof StreamedFile) return [[name, value]];
	if (isList(value)) return listParts(name, value);
	if (isParams(value)) {
		return Object.entries(value).flatMap(([key, inner]) => partsOf(`${name}[${key}]`, inner));
	}
	return [[name, String(value)]];
}

/**
 * Writes a body down: JSON when it holds no file, else a form with Rails' brackets
 * (docs.astria.ai, Create a tune). The files are read when the form is sent, one after another.
 *
 * In a form every line break becomes CRLF, as the format demands; who compares texts with what
 * Astria hands back has to allow for that.
 *
 * @param asForm a form even without files, for addresses that document nothing else
 */
export function encode(params: Params, asForm = false): Encoded {
	if (!holdsFile(params) && !asForm) {
		return { body: JSON.stringify(params), headers: { 'Content-Type': 'application/json' } };
	}
	const form = new FormData();
	for (const [name, value] of Object.entries(params)) {
		for (const [key, content] of partsOf(name, value)) form.append(key, content);
	}
	// The boundary, and with it the content type, is chosen by whoever sends the form.
	return { body: form, headers: {} };
}

/** Astria's prices are in millicents (Astria's command line: 100,000 are one US dollar). */
const MILLICENTS_PER_DOLLAR = 100_000;

/** The id of a tune, a prompt or a pack, or `undefined` when there is none. */
export function idOf(value: unknown): number | undefined {
	const id = isObject(value) ? numberOf(value.id) : undefined;
	return id !== undefined && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** The texts of a list; entries that are objects with a `url` count as that address. */
export function addressesOf(value: unknown): string[] {
	if (!Array.isArray(value)) return [];
	return value
		.map((entry: unknown) => textOf(entry) ?? (isObject(entry) ? textOf(entry.url) : undefined))
		.filter((entry) => entry !== undefined);
}

/** A time of Astria as milliseconds since the epoch, or `undefined`. */
export function timeOf(value: unknown): number | undefined {
	const time = typeof value === 'string' ? Date.parse(value) : NaN;
	return Number.isNaN(time) ? undefined : time;
}

/** An amount of Astria's in US dollars. */
export function dollarsOf(millicents: number): number {
	return millicents / MILLICENTS_PER_DOLLAR;
}

/** What an entity costs, in US dollars; `undefined` where Astria does not say. */
export function costOfEntity(entity: JsonObject): number | undefined {
	const millicents = numberOf(entity.cost_mc);
	return millicents === undefined ? undefined : dollarsOf(millicents);
}

/** What Astria bills in. */
const CURRENCY = 'USD';

/** An amount of US dollars, where there is one. */
export function inDollars(amount: number | undefined): Cost | undefined {
	return amount === undefined ? undefined : { amount, currency: CURRENCY };
}

/** What an entity costs, as columns; nothing where Astria does not say. */
export function costColumns(entity: JsonObject): { cost?: number; currency?: string } {
	const cost = costOfEntity(entity);
	return cost === undefined ? {} : { cost, currency: CURRENCY };
}
