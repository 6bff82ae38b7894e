import { isObject, type JsonObject, numberOf, textOf } from '../../json';
import { type Prompt, statusOf } from '../prompts/prompt';
import { stateOf, type Tune } from '../tunes/tune';

/** What may happen to a tune or a prompt. */
export type AstriaEvent = 'promptFailed' | 'promptFinished' | 'tuneFailed' | 'tuneTrained';

/** A tune or a prompt that has ended. */
export type Happening = { id: number; event: AstriaEvent } & ({ prompt: Prompt } | { tune: Tune });

/** What a happening must be like. */
export interface EventFilters {
	events: ReadonlySet<AstriaEvent>;
	/** The tune itself, or that of the prompt. */
	tuneId?: number;
	/** Part of a tune's title or a prompt's text, in any case. */
	text?: string;
	/** Whether FaceIDs count, which are trained as soon as they are made. */
	faceIds: boolean;
	/** Whether it may be in any workspace; default the credential's. */
	allWorkspaces?: boolean;
}

function holds(filters: EventFilters, told: unknown): boolean {
	return (textOf(told) ?? '').toLowerCase().includes((filters.text ?? '').toLowerCase());
}

/** Whether a prompt is one that is asked for, whatever happens to it. */
export function isWantedPrompt(filters: EventFilters, { tuneId, json }: Prompt): boolean {
	const isOfTune = filters.tuneId === undefined || tuneId === filters.tuneId;
	return isOfTune && (holds(filters, json.text) || holds(filters, json.video_prompt));
}

/** Whether a tune is one that is asked for, whatever happens to it. */
export function isWantedTune(filters: EventFilters, tune: Tune): boolean {
	const isTheOne = filters.tuneId === undefined || numberOf(tune.id) === filters.tuneId;
	const isCounted = filters.faceIds || textOf(tune.model_type) !== 'faceid';
	return isTheOne && isCounted && holds(filters, tune.title);
}

/** How a prompt has ended; `undefined` while it has not. */
export function eventOfPrompt(prompt: Prompt): AstriaEvent | undefined {
	const status = statusOf(prompt);
	if (status === 'FAILED') return 'promptFailed';
	return status === 'COMPLETED' ? 'promptFinished' : undefined;
}

/**
 * How a tune has ended; `undefined` while it has not. One that has expired was trained before.
 *
 * @param now milliseconds since the epoch, by Astria's clock
 */
export function eventOfTune(tune: Tune, now: number): AstriaEvent | undefined {
	const state = stateOf(tune, now);
	if (state === 'failed') return 'tuneFailed';
	return state === 'trained' || state === 'expired' ? 'tuneTrained' : undefined;
}

/** What a callback is about, by the word of whoever has called. */
export interface Named {
	kind: 'prompt' | 'tune';
	id: number;
}

/** How many a call may name; a pack run has tens of prompts. */
const MOST_NAMED = 200;

/** An entity that comes bare tells by its own address, or by its fields, what it is. */
function kindOf({ url, ...entity }: JsonObject): Named['kind'] {
	const isPrompt = /\/prompts\/\d/.test(textOf(url) ?? '') || 'tune_id' in entity;
	return isPrompt ? 'prompt' : 'tune';
}

function named(kind: Named['kind'], id: unknown): Named[] {
	return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? [{ kind, id }] : [];
}

/**
 * Reads which tunes and prompts a callback is about: `{"tune": …}`, `{"prompt": …}`, a bare entity,
 * a list of prompts, or `{"prompts": […]}` (docs.astria.ai, API overview, and Astria's own starter).
 *
 * @returns each once
 */
export function namedIn(body: unknown): Named[] {
	// A tune that comes bare may list its own prompts; only a wrapper has no id.
	if (isObject(body) && body.id === undefined && Array.isArray(body.prompts)) {
		return namedIn(body.prompts);
	}
	const entities: unknown[] = Array.isArray(body) ? body.slice(0, MOST_NAMED) : [body];
	const all = entities.flatMap((entity) => {
		if (!isObject(entity)) return [];
		if (isObject(entity.prompt)) return named('prompt', entity.prompt.id);
		if (isObject(entity.tune)) return named('tune', entity.tune.id);
		return named(kindOf(entity), entity.id);
	});
	return [...new Map(all.map((one) => [`${one.kind} ${one.id}`, one])).values()];
}
