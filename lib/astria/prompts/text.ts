import { InputError } from '../../errors';
import type { Field, ValueField } from '../../fields/field';
import { readField } from '../../fields/values';
import { splitAddresses } from '../../media/addresses';
import { PROMPT_FIELDS } from '../fields/prompt';

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

/** The token of a tune: `<faceid:123:1> dress`, `<lora:45:0.8> ohwx woman`. */
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
export function withTokens(text: string, references: readonly Reference[]): string {
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

/** Label of the parameter that takes a text block. */
export const PASTE_LABEL = 'Paste From Astria';

/** What a text block says. Only what is set is there. */
interface TextBlock {
	text?: string;
	/** Checked values, by API name. */
	values: Record<string, unknown>;
	/** Addresses of files, by the API name of the field that takes the file itself. */
	addresses: Record<string, string[]>;
}

type Target = { kind: 'value'; field: ValueField } | { kind: 'file'; name: string };

const SETTING = /^([a-z][a-z0-9_]*)=/;

const FENCE = /^`{3,}\w*$/;

/** How Astria's site writes what was never set. */
const UNSET = new Set(['', 'undefined', 'null', 'None']);

function targetsOf([name, field]: [string, Field]): Array<[string, Target]> {
	if (field.type !== 'picture') return [[name, { kind: 'value', field }]];
	return [field.addressName, field.inlineName]
		.filter((key) => key !== undefined)
		.map((key) => [key, { kind: 'file', name }]);
}

/** By key. The text itself is no key: it is what stands above the settings. */
const TARGETS: ReadonlyMap<string, Target> = new Map(
	Object.entries<Field>(PROMPT_FIELDS)
		.filter(([name]) => name !== 'text')
		.flatMap(targetsOf),
);

interface Setting {
	key: string;
	value: string;
}

/** A key as people write it: `Num_Images`, `num images`. */
function keyOf(written: string): string {
	return written.trim().toLowerCase().replace(/\s+/g, '_');
}

function settingOf(line: string): Setting | undefined {
	const at = line.indexOf('=');
	if (at < 0) return undefined;
	const value = line.slice(at + 1).trim();
	const written = keyOf(line.slice(0, at));
	// A line of the text may hold an equal sign too; only what is known is read so freely.
	if (TARGETS.has(written)) return { key: written, value };
	const [, key] = SETTING.exec(line) ?? [];
	return key === undefined ? undefined : { key, value };
}

function linesOf(block: string): string[] {
	const lines = block
		.trim()
		.split(/\r\n|\r|\n/)
		.map((line) => line.trim());
	if (FENCE.test(lines[0] ?? '')) lines.shift();
	if (FENCE.test(lines.at(-1) ?? '')) lines.pop();
	return lines;
}

function refuse(problem: string, cure: string): never {
	throw new InputError(PASTE_LABEL, problem, cure);
}

/** The settings at the end, and what stands above them. */
function divide(lines: readonly string[]): { text: string; settings: Setting[] } {
	const isSetting = (line: string) => line === '' || settingOf(line) !== undefined;
	const end = lines.findLastIndex((line) => !isSetting(line)) + 1;
	const above = lines.slice(0, end);
	const stray = above.findIndex((line) => TARGETS.has(settingOf(line)?.key ?? ''));
	if (stray >= 0) {
		const stranger = above.slice(stray).find((line) => !isSetting(line)) ?? '';
		refuse(
			`has the line "${stranger}" between its settings`,
			'Put the whole text first, then one key=value in each line.',
		);
	}
	const settings = lines
		.slice(end)
		.map(settingOf)
		.filter((setting) => setting !== undefined);
	return { text: above.join('\n').trim(), settings };
}

function checkKeys(settings: readonly Setting[]): void {
	const unknown = settings.map(({ key }) => key).filter((key) => !TARGETS.has(key));
	if (unknown.length > 0) {
		refuse(
			`names settings that are not known: ${[...new Set(unknown)].join(', ')}`,
			"Correct or remove them, or put them into 'Additional Fields (JSON)'.",
		);
	}
}

function addressOf(key: string, value: string): string[] {
	const addresses = splitAddresses(value);
	const bad = addresses.find((address) => !/^(https?:\/\/|data:)/i.test(address));
	if (bad !== undefined) {
		refuse(
			`has ${key}=${bad}, which is no web address`,
			'Use an address that begins with https://.',
		);
	}
	return addresses;
}

/**
 * Reads the text block that Astria's site and documentation copy and paste (docs.astria.ai, Virtual
 * try-on): the text of a prompt, then its settings as `key=value`, one in a line. A code fence
 * around it is left out; an empty value, `undefined`, `null` and `None` mean unset.
 *
 * @throws InputError that names unknown keys, or the value at fault
 */
export function parseTextBlock(block: string): TextBlock {
	const { text, settings } = divide(linesOf(block));
	checkKeys(settings);
	const values: Record<string, unknown> = {};
	const addresses: Record<string, string[]> = {};
	for (const { key, value } of settings) {
		const target = TARGETS.get(key);
		if (target === undefined || UNSET.has(value)) continue;
		if (target.kind === 'file') {
			addresses[target.name] = addressOf(key, value);
		} else {
			const field = { ...target.field, label: `${PASTE_LABEL}: ${target.field.label}` };
			values[key] = readField(field, value);
		}
	}
	return { ...(text !== '' && { text }), values, addresses };
}

/**
 * Leaves out the old `ar` of a block where the whole request says the shape in newer words, a width,
 * a height or an `aspect_ratio`: Astria's site copies `ar=1:1` along with all of them.
 *
 * @param block the values of the block
 * @param others values that win over them
 */
export function withoutOldShape(
	block: Readonly<Record<string, unknown>>,
	others: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
	const { ar, ...rest } = block;
	const all = { ...rest, ...others };
	const shaped = [all.w, all.h, all.aspect_ratio].some((value) => value !== undefined);
	return ar === undefined || shaped ? rest : { ...rest, ar };
}
