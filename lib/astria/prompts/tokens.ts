/** How a tune takes part in a prompt (docs.astria.ai, FaceID and Flux fine-tuning). */
export type ReferenceKind = 'lora' | 'faceid';

/** A tune that a prompt refers to. */
export interface Reference {
	tuneId: number;
	kind: ReferenceKind;
	/** Strength; partner models know none but 1. */
	weight: number;
	/** What it shows, such as `woman` or `dress`. It follows the token directly. */
	className?: string;
}

/** More digits say nothing, and an exponent would break the token. */
const WEIGHT_DIGITS = 3;

/**
 * The token of a tune: `<faceid:123:1> dress`, `<lora:45:0.8> ohwx woman`.
 */
export function tokenOf({ tuneId, kind, weight, className }: Reference): string {
	const strength = Number(weight.toFixed(WEIGHT_DIGITS));
	const token = `<${kind}:${tuneId}:${strength}>`;
	const word = className?.trim() ?? '';
	return word === '' ? token : `${token} ${word}`;
}

/** As Astria's own command line finds the tunes that a text refers to. */
const ANY_TOKEN = /<[a-z0-9_]+:(\d+):[^<>]*>/g;

/** Ids of the tunes whose tokens stand in a text, in their order, each once. */
export function tunesNamedIn(text: string): number[] {
	return [...new Set([...text.matchAll(ANY_TOKEN)].map(([, id]) => Number(id)))];
}

/** Whether a text has a token of this tune already, with whatever weight. */
export function hasTokenOf(text: string, { tuneId, kind }: Reference): boolean {
	return new RegExp(`<${kind}:${tuneId}(?::[^<>]*)?>`).test(text);
}

/**
 * Puts the tokens of tunes in front of a text, those that are not in it yet. In front, since flags
 * stand at the end of a text and swallow what follows them (docs.astria.ai, Prompt masking).
 */
export function withReferences(text: string, references: readonly Reference[]): string {
	return references
		.filter((reference) => !hasTokenOf(text, reference))
		.filter((reference, index, all) => {
			const same = ({ tuneId, kind }: Reference) =>
				tuneId === reference.tuneId && kind === reference.kind;
			return all.findIndex(same) === index;
		})
		.map(tokenOf)
		.concat(text.trim())
		.filter((part) => part !== '')
		.join(' ');
}

const FLAG = /(?:^|\s)--[a-z]/i;

/**
 * Whether Astria can read the flags of a text: with an odd number of double quotes it reads none of
 * them.
 */
export function flagsAreReadable(text: string): boolean {
	if (!FLAG.test(text)) return true;
	const quotes = text.replace(/\\./gs, '').split('"').length - 1;
	return quotes % 2 === 0;
}
