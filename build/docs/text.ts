import type { DocLink } from '../../nodes/shared/operation';

/** Prints links as one sentence's worth of Markdown. */
export function linksText(links: readonly DocLink[]): string {
	return links.map(({ title, url }) => `[${title}](${url})`).join(', ');
}

/** Prints a value that has to be written exactly so. */
export function code(text: string): string {
	return `\`${text.replaceAll('|', '\\|')}\``;
}

const ANCHOR = /<a href="([^"]+)"[^>]*>([^<]*)<\/a>/g;

/** n8n's descriptions are HTML, in which a bracket that is no tag is written so. */
function decoded(text: string): string {
	return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function escaped(text: string): string {
	return decoded(text)
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replace(/[\\*_|[\]`~]/g, '\\$&')
		.replaceAll('\n', ' ');
}

/** Prints words of a description as Markdown; links in them, as n8n writes them, stay links. */
export function prose(text: string): string {
	let done = '';
	let from = 0;
	for (const { 0: whole, 1: url = '', 2: title = '', index } of text.matchAll(ANCHOR)) {
		done += `${escaped(text.slice(from, index))}[${escaped(title)}](${url})`;
		from = index + whole.length;
	}
	return done + escaped(text.slice(from));
}

/** n8n ends a single sentence without a full stop; on a page it has one. */
export function sentence(text: string): string {
	return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** `A`, `A or B`, `A, B or C`. */
export function anyOf(words: readonly string[]): string {
	const last = words.at(-1) ?? '';
	return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** The address of a heading within its page, as GitHub makes it. */
export function anchorOf(heading: string): string {
	const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
	return `#${kept.replaceAll(' ', '-')}`;
}

/**
 * Prints a table, without the columns in which no row says anything.
 *
 * @param rows each with a cell for every heading
 */
export function tableText(headings: readonly string[], rows: readonly string[][]): string {
	const used = headings.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
	const line = (cells: readonly string[]) =>
		`| ${cells.filter((_, column) => used[column] === true).join(' | ')} |`;
	return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
