import { isObject } from '../json';
import { Refusal, shown } from '../refusal';

/** Where a text goes on with the next address. A data URI has an address's letters inside. */
const AT_SCHEME = /(?<![^\s,])(?=https?:|data:)/i;

/** Ends of lines, and addresses that begin with `//`. */
const AT_LINE = /[\r\n]+|(?<![^\s,])(?=\/\/)/;

const DATA = /^data:/i;

/** Airtable writes attachments into CSV files as `name.jpg (https://…)`. */
const IN_PARENTHESES = /\s\((https?:\/\/[^\s()]+)\)/gi;

const BETWEEN = /[\s,]/;

/** Without blanks around and commas behind; letter by letter, for a text may be very long. */
function tidy(text: string): string {
	let end = text.length;
	while (end > 0 && BETWEEN.test(text.charAt(end - 1))) end -= 1;
	return text.slice(0, end).trimStart();
}

/**
 * Divides a text into addresses: in lines of their own, or with commas or blanks between them.
 *
 * @returns without blanks around them and without empty ones; whether each is an address at all is
 * for the caller to check
 */
export function splitAddresses(text: string): string[] {
	const parts = text.split(AT_SCHEME);
	const named = parts.length === 1 ? [...text.matchAll(IN_PARENTHESES)] : [];
	const found =
		named.length > 0
			? named.map(([, address = '']) => address)
			: parts.flatMap((part) => (DATA.test(part) ? [part] : part.split(AT_LINE)));
	return found.map(tidy).filter((part) => part !== '');
}

/**
 * Where objects that stand for a file have its address: Airtable and Google (`url`), Shopify and
 * WooCommerce (`src`), HAL (`href`); Notion and Contentful have an object with it inside.
 */
const KEYS = ['url', 'src', 'href', 'file', 'external'];

/** Lists in objects in lists: what is deeper is no attachment. */
const MAX_DEPTH = 4;

/** What JSON text says: a list, an object, or a text in quotes. */
function parsed(text: string): unknown {
	if (!/^\s*["[{]/.test(text)) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/**
 * Finds the addresses of files in what an expression gives: a text with one or several, an
 * attachment such as `{ url }` or `{ src }`, a list of those, or any of these as JSON text.
 *
 * @param depth how far inside the value
 * @returns the addresses as they are written there, in order; none in what is empty
 * @throws Refusal when a part of it holds no address
 */
export function addressesIn(value: unknown, depth = 0): string[] {
	if (value === undefined || value === null) return [];
	if (typeof value === 'string') {
		const inside = parsed(value);
		return inside === undefined ? splitAddresses(value) : addressesIn(inside, depth + 1);
	}
	if (Array.isArray(value) && depth < MAX_DEPTH) {
		return value.flatMap((entry) => addressesIn(entry, depth + 1));
	}
	if (isObject(value) && depth < MAX_DEPTH) {
		const key = KEYS.find((name) => value[name] !== undefined);
		if (key !== undefined) return addressesIn(value[key], depth + 1);
		throw new Refusal(
			`is ${shown(value)}, an object without url, src or href`,
			'Name the part that is the address in the expression, such as {{ $json.Photo.url }}.',
		);
	}
	throw new Refusal(
		`is ${shown(value)}, which is no address`,
		Array.isArray(value)
			? 'Pick the addresses in the expression, such as {{ $json.Photo[0] }}.'
			: 'Use an address that begins with https:// and opens without a log-in.',
	);
}
