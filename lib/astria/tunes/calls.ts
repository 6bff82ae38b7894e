import type { Timing } from '../../jobs/retry';
import { change } from '../api/change';
import type { AstriaClient, Query } from '../api/client';
import type { Params } from '../api/encode';
import { unreadable } from '../api/errors';
import { idOf, isObject, type JsonObject } from '../api/json';

/** A tune as Astria shows it: an object with an id; what else it holds varies. */
export type Tune = JsonObject;

/** Whose tunes: the account's own, or the public ones. */
export type TuneSource = 'own' | 'gallery';

/** What a list is narrowed to (docs.astria.ai, List tunes). */
export interface TuneFilters {
	/** Part of the title. */
	title?: string;
	/** Class. */
	name?: string;
	model_type?: string;
	branch?: string;
}

const PATHS: Record<TuneSource, string> = { own: '/tunes', gallery: '/gallery/tunes' };

/** Astria's lists hold no more in a page (docs.astria.ai, List tunes). */
export const LONGEST_PAGE = 120;

/** Finds a tune in an answer, bare or wrapped as in a callback. */
export function readTune(answer: unknown): Tune | undefined {
	if (Array.isArray(answer)) return readTune(answer[0]);
	if (!isObject(answer)) return undefined;
	if (isObject(answer.tune)) return readTune(answer.tune);
	return idOf(answer) === undefined ? undefined : answer;
}

function checkTune(answer: unknown): Tune {
	const tune = readTune(answer);
	if (!tune) throw unreadable('tune');
	return tune;
}

/** @throws ConnectionError when the answer is no list */
export function readTunes(answer: unknown): Tune[] {
	if (!Array.isArray(answer)) throw unreadable('list');
	return answer.map(readTune).filter((tune) => tune !== undefined);
}

/** The address of one page of a list, newest first. */
export function tunesPage(
	source: TuneSource,
	filters: TuneFilters,
	limit: number,
	beforeId?: number,
): { path: string; query: Query } {
	return { path: PATHS[source], query: { ...filters, limit, before_id: beforeId } };
}

/**
 * Goes through a list, newest first, page by page with `before_id`; ends at an empty page, as
 * Astria documents, or when a page brings nothing that is older.
 *
 * @param pageSize of the first page; the others are as long as they may be
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function* eachTune(
	client: AstriaClient,
	timing: Timing,
	source: TuneSource,
	filters: TuneFilters,
	pageSize = LONGEST_PAGE,
): AsyncGenerator<Tune> {
	let oldest: number | undefined;
	for (let size = Math.min(pageSize, LONGEST_PAGE); ; size = LONGEST_PAGE) {
		const page = readTunes(await client.read(tunesPage(source, filters, size, oldest), timing));
		const before: number = oldest ?? Infinity;
		for (const tune of page) {
			const id = idOf(tune) ?? Infinity;
			if (id >= before) continue;
			oldest = Math.min(id, oldest ?? Infinity);
			yield tune;
		}
		if (oldest === undefined || oldest === before) return;
	}
}

/**
 * Lists tunes, newest first.
 *
 * @param limit how many at most; `undefined` for all
 */
export async function listTunes(
	client: AstriaClient,
	timing: Timing,
	source: TuneSource,
	filters: TuneFilters,
	limit?: number,
): Promise<Tune[]> {
	const tunes: Tune[] = [];
	if (limit !== undefined && limit <= 0) return tunes;
	for await (const tune of eachTune(client, timing, source, filters, limit)) {
		tunes.push(tune);
		if (tunes.length === limit) break;
	}
	return tunes;
}

/** Reads one tune, also one of the gallery. @throws AstriaAnswerError 404 when it is gone */
export async function getTune(client: AstriaClient, timing: Timing, id: number): Promise<Tune> {
	return checkTune(await client.read({ path: `/tunes/${id}` }, timing));
}

/** Changes a tune; what it costs is the extension of its life, where that is switched on. */
export async function updateTune(
	client: AstriaClient,
	timing: Timing,
	id: number,
	tune: Params,
): Promise<Tune> {
	const call = { method: 'PATCH', path: `/tunes/${id}`, body: { tune } } as const;
	const answer = await change(client, timing, call);
	// The answer of a change is the tune; where it is empty, the tune is read.
	return readTune(answer) ?? (await getTune(client, timing, id));
}

/** Deletes a tune with its pictures and the prompts under it. @throws AstriaAnswerError */
export async function deleteTune(client: AstriaClient, timing: Timing, id: number): Promise<void> {
	await change(client, timing, { method: 'DELETE', path: `/tunes/${id}` });
}
