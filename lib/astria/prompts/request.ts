import { randomInt } from 'node:crypto';

import { PROMPT_FIELDS } from '../fields/prompt';
import { type Field, fieldsThatAre, type FieldTable, type PictureField } from '../../fields/field';
import { hashOf } from '../../jobs/driver';
import { keyOf, type Picture } from '../../media/picture';
import { filePart, type Param, type Params } from '../api/encode';
import type { JsonObject } from '../api/json';

/** What is made: a prompt of a tune, or another one like a prompt that exists. */
export type PromptTarget =
	| { kind: 'tune'; tuneId: number }
	| {
			kind: 'duplicate';
			promptId: number;
			/** The picture of that prompt to go on from, counted from 0. */
			imageIndex?: number;
	  };

/** A prompt to be made, checked and complete. */
export interface PromptRequest {
	target: PromptTarget;
	/** By API name, without the files. */
	values: Readonly<JsonObject>;
	/** By API name of the field that takes the file itself; a data URI only where Astria takes one. */
	files: Readonly<Record<string, readonly Picture[]>>;
	/** Whether Astria must not take it for an older prompt. */
	distinct: boolean;
	/** For values without a seed; it says nothing of what the row asks for. */
	chosenSeed?: number;
}

/**
 * What Astria compares when the account's idempotency is switched on: a prompt that agrees in all of
 * these, and in its tune, is not made again, whatever its pictures (docs.astria.ai, API overview).
 */
const COMPARED: ReadonlySet<string> = new Set([
	'tune_id',
	...fieldsThatAre('compared', PROMPT_FIELDS),
]);

/** Seeds are whole numbers below this. */
const SEEDS = 2 ** 32;

function contentsOf({ files }: PromptRequest): Array<[string, string[]]> {
	return Object.entries(files).map(([name, pictures]) => [name, pictures.map(keyOf)]);
}

/** The same for two requests only when they ask for the same. */
export function promptFingerprint(request: PromptRequest): string {
	const { target, values, distinct } = request;
	return hashOf([Object.entries(target), Object.entries(values), contentsOf(request), distinct]);
}

/**
 * What of a request Astria does not compare, as a hash.
 *
 * @returns `undefined` when it compares everything, so that two equal prompts are equal
 */
export function uncomparedOf(request: PromptRequest): string | undefined {
	const values = Object.entries(request.values).filter(([name]) => !COMPARED.has(name));
	const contents = contentsOf(request);
	return values.length + contents.length === 0 ? undefined : hashOf([values, contents]);
}

/**
 * A seed that the node has chosen, or one that sets a request apart. Without one, the same text over
 * another picture can be answered with an older prompt; a seed that Astria chooses itself is not
 * compared.
 *
 * @returns `undefined` when the request has a seed, or does not need one
 */
export function seedFor(request: PromptRequest): number | undefined {
	const { target, values, distinct, chosenSeed } = request;
	if (values.seed !== undefined) return undefined;
	if (chosenSeed !== undefined) return chosenSeed;
	const needsOne = target.kind === 'tune' && uncomparedOf(request) !== undefined;
	return distinct && needsOne ? randomInt(SEEDS) : undefined;
}

/** Anything of JSON as a part of a body. */
function paramOf(value: unknown): Param {
	switch (typeof value) {
		case 'string':
		case 'number':
		case 'boolean':
			return value;
		case 'object':
			if (value === null) return null;
			return Array.isArray(value) ? value.map(paramOf) : paramsOf(value);
		default:
			return undefined;
	}
}

/** An object of JSON as a part of a body. */
export function paramsOf(value: object): Params {
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, paramOf(inner)]));
}

function isPictureField(field: Field | undefined): field is PictureField {
	return field?.type === 'picture';
}

const FIELDS: FieldTable = PROMPT_FIELDS;

function fileParams([name, pictures]: [string, readonly Picture[]]): Params {
	const field = FIELDS[name];
	const { multiple, addressName, inlineName } = isPictureField(field) ? field : {};
	const params: Record<string, Param[]> = {};
	for (const picture of pictures) {
		if (picture.kind === 'file') {
			(params[name] ??= []).push(filePart(picture));
		} else {
			const inline = inlineName !== undefined && picture.address.startsWith('data:');
			const key = inline ? inlineName : (addressName ?? name);
			(params[key] ??= []).push(picture.address);
		}
	}
	return multiple
		? params
		: Object.fromEntries(Object.entries(params).map(([key, [value]]) => [key, value]));
}

/** The names under which the file of a field may be sent. */
export function namesOfFile(name: string): string[] {
	const field = FIELDS[name];
	const { addressName, inlineName } = isPictureField(field) ? field : {};
	return [name, addressName, inlineName].filter((known) => known !== undefined);
}

/**
 * The fields of a prompt as Astria takes them: files of the item under the field's own name, their
 * addresses under another (docs.astria.ai, Create a prompt).
 */
export function promptParams({ values, files }: Pick<PromptRequest, 'values' | 'files'>): Params {
	// Only Additional Fields put such a name among the values, and they win.
	const isReplaced = ([name]: [string, unknown]) =>
		namesOfFile(name).some((known) => known in values);
	const own = Object.entries(files).filter((file) => !isReplaced(file));
	return own.reduce<Params>(
		(params, file) => ({ ...params, ...fileParams(file) }),
		paramsOf(values),
	);
}

/**
 * The call that makes a prompt.
 *
 * @param seed sets it apart; see {@link seedFor}
 */
export function promptCall(request: PromptRequest, seed?: number): { path: string; body: Params } {
	const { target } = request;
	const prompt: Params = { ...promptParams(request), ...(seed !== undefined && { seed }) };
	if (target.kind === 'tune') {
		return { path: `/tunes/${target.tuneId}/prompts`, body: { prompt } };
	}
	const { promptId, imageIndex } = target;
	return {
		path: `/prompts/${promptId}/duplicate`,
		// Beside the prompt, not in it (docs.astria.ai, Duplicate a prompt).
		body: { prompt, ...(imageIndex !== undefined && { image_index: imageIndex }) },
	};
}
