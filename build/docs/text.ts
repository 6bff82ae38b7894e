import type { DocLink } from '../../nodes/shared/operation';

/** Prints links as one sentence's worth of Markdown. */
export function linksText(links: readonly DocLink[]): string {
	return links.map(({ title, url }) => `[${title}](${url})`).join(', ');
}

/** Prints a value that has to be written exactly so. */
export function code(text: string): string {
	return `\`${text.replaceAll('|', '\\|')}\``;
}

/** A link as n8n writes it in a description, which is HTML. */
const LINK = /<a href="([^"]+)"[^>]*>([^<]*)<\/a>(.*)/s;

/** Prints words of a description as Markdown. */
export function prose(text: string): string {
	const words = (text.split(LINK, 1)[0] ?? '')
		.replaceAll('&gt;', '>')
		.replaceAll('<', '&lt;')
		.replace(/[\\*_|[\]`~]/g, '\\$&')
		.replaceAll('\n', ' ');
	const [, url, title = '', rest = ''] = LINK.exec(text) ?? [];
	return url === undefined ? words : `${words}[${prose(title)}](${url})${prose(rest)}`;
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

/** Prints a link to a heading of the same page. */
export function linkTo(heading: string): string {
	return `[${prose(heading)}](${anchorOf(heading)})`;
}

/** Prints rows, each with a cell for every heading, without the columns in which no row has any. */
export function tableText(headings: readonly string[], rows: readonly string[][]): string {
	const used = headings.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
	const line = (cells: readonly string[]) =>
		`| ${cells.filter((_, column) => used[column] === true).join(' | ')} |`;
	return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
