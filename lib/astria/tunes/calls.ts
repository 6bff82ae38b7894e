import type { Timing } from '../../time';
import { isObject, type JsonObject } from '../../json';
import { type AstriaClient, change } from '../api/client';
import { unreadableAnswer } from '../api/errors';
import { idOf, type Params } from '../api/body';
import { EntityList } from '../api/list';

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

/** Finds a tune in an answer, bare or wrapped as in a callback. */
export function readTune(answer: unknown): Tune | undefined {
	if (Array.isArray(answer)) return readTune(answer[0]);
	if (!isObject(answer)) return undefined;
	if (isObject(answer.tune)) return readTune(answer.tune);
	return idOf(answer) === undefined ? undefined : answer;
}

function checkTune(answer: unknown): Tune {
	const tune = readTune(answer);
	if (!tune) throw unreadableAnswer('tune');
	return tune;
}

const tunesAt = (path: string) => new EntityList<Tune>(path, readTune, (tune) => tune);

/** Tunes by whose they are. */
export const TUNES: Record<TuneSource, EntityList<Tune>> = {
	own: tunesAt('/tunes'),
	gallery: tunesAt('/gallery/tunes'),
};

/**
 * Reads one tune, also one of the gallery.
 *
 * @param workspace in place of the credential's
 * @throws AstriaAnswerError 404 when it is gone
 */
export async function tuneById(
	client: AstriaClient,
	timing: Timing,
	id: number,
	workspace?: string,
): Promise<Tune> {
	return checkTune(await client.read({ path: `/tunes/${id}`, workspace }, timing));
}

/** Changes a tune; what it costs is the extension of its life, where that is switched on. */
export async function patchTune(
	client: AstriaClient,
	timing: Timing,
	id: number,
	tune: Params,
): Promise<Tune> {
	const call = { method: 'PATCH', path: `/tunes/${id}`, body: { tune } } as const;
	const answer = await change(client, timing, call);
	// The answer of a change is the tune; where it is empty, the tune is read.
	return readTune(answer) ?? (await tuneById(client, timing, id));
}

/** Deletes a tune with its pictures and the prompts under it. @throws AstriaAnswerError */
export async function removeTune(client: AstriaClient, timing: Timing, id: number): Promise<void> {
	await change(client, timing, { method: 'DELETE', path: `/tunes/${id}` });
}
