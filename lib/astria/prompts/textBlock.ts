import { InputError } from '../../errors';
import { PROMPT_FIELDS } from '../fields/prompt';
import { type ValueField, readField } from '../../fields/coerce';
import type { Field } from '../../fields/field';
import { splitAddresses } from '../../media/addresses';

/** Label of the parameter that takes a text block. */
export const PASTE_LABEL = 'Paste From Astria';

/** What a text block says. Only what is set is there. */
export interface TextBlock {
	text?: string;
	/** Checked values, by API name. */
	values: Record<string, unknown>;
	/** Addresses of files, by the API name of the field that takes the file itself. */
	addresses: Record<string, string[]>;
}

/** What one key of a block fills. */
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
