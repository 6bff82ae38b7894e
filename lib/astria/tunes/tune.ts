import { type Charged, JobFailedError, MaxWaitError } from '../../errors';
import { isObject, type JsonObject, numberOf, textOf, withoutUndefined } from '../../json';
import type { Timing } from '../../time';
import { type AstriaClient, change, type Params } from '../api/client';
import { addressesOf, costColumns, costOfEntity, EntityList, idOf, timeOf } from '../api/entity';
import { failureWords, hasFailed, saying, says, unreadableAnswer } from '../api/errors';

/** A tune as Astria shows it: an object with an id; what else it holds varies. */
export type Tune = JsonObject;

/** Whose tunes: the account's own, or the public ones. */
export type TuneSource = 'own' | 'gallery';

/** Finds a tune in an answer, bare or wrapped as in a callback. */
export function readTune(answer: unknown): Tune | undefined {
	if (Array.isArray(answer)) return readTune(answer[0]);
	if (!isObject(answer)) return undefined;
	if (isObject(answer.tune)) return readTune(answer.tune);
	return idOf(answer) === undefined ? undefined : answer;
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
	const tune = readTune(await client.read({ path: `/tunes/${id}`, workspace }, timing));
	if (!tune) throw unreadableAnswer('tune');
	return tune;
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

/** The branch of tunes that are not trained and cost nothing (docs.astria.ai, API overview). */
export const MOCK = 'fast';

/** Where a tune is. */
type TuneState = 'queued' | 'training' | 'trained' | 'failed' | 'expired';

/** @param now milliseconds since the epoch, by Astria's clock */
export function stateOf(tune: Tune, now: number): TuneState {
	if (hasFailed(tune)) return 'failed';
	const expires = timeOf(tune.expires_at);
	if (expires !== undefined && expires <= now) return 'expired';
	if (says(tune.trained_at)) return 'trained';
	return says(tune.started_training_at) ? 'training' : 'queued';
}

function failed(tune: Tune): JobFailedError {
	const words = failureWords(tune);
	const said = words === '' ? 'Astria gives no reason.' : saying(words);
	return new JobFailedError(`The training failed. ${said}`, {
		stage: 'wait',
		retryable: false,
		cure: 'Look at the pictures and try others.',
		charged: 'unknown',
		...(words !== '' && { serviceMessage: words }),
	});
}

function expired(tune: Tune): JobFailedError {
	const since = textOf(tune.expires_at) ?? 'some time ago';
	return new JobFailedError(
		`The tune expired on ${since}: Astria keeps tunes for 30 days after their training, unless Auto Extend is on.`,
		{ stage: 'wait', retryable: false, charged: 'yes' },
	);
}

/**
 * Whether a tune that was bought costs, as far as Astria has shown. One without a cost is a mock, or
 * one whose training has failed and was given back, of which it may show no other sign.
 */
export function chargeOfTune(tune: Tune | undefined): Charged {
	if (tune === undefined || costOfEntity(tune) !== 0) return 'yes';
	return textOf(tune.branch) === MOCK ? 'no' : 'unknown';
}

/**
 * Judges a tune that is waited for.
 *
 * @param now milliseconds since the epoch, by Astria's clock
 * @returns the tune when it is trained, `undefined` when it is not yet
 * @throws JobFailedError when it failed or expired
 */
export function trainedOrNot(tune: Tune, now: number): Tune | undefined {
	switch (stateOf(tune, now)) {
		case 'failed':
			throw failed(tune);
		case 'expired':
			throw expired(tune);
		case 'trained':
			return tune;
		default:
			return undefined;
	}
}

/**
 * The error of a wait that took too long.
 *
 * @param last what Astria showed last
 * @param maxWait milliseconds
 */
export function notTrained(
	last: Tune | undefined,
	maxWaitMs: number,
	charged: Charged,
): MaxWaitError {
	const eta = textOf(last?.eta);
	const started = says(last?.started_training_at);
	const state = started ? 'was still in training' : 'had not started training';
	const givenBack =
		last !== undefined && costOfEntity(last) === 0 && textOf(last.branch) !== MOCK
			? ' Astria shows no cost for it, as for a training that has failed.'
			: '';
	const expected = eta === undefined ? '' : ` Astria expected it to be ready at ${eta}.`;
	return new MaxWaitError(`The tune ${state}`, maxWaitMs, charged, `${expected}${givenBack}`);
}

/**
 * A tune as it comes out of the node: flat, with names of its own. `name` is the class, `token` the
 * word for the subject in prompts, `cost` in US dollars, `images` the addresses of the pictures that
 * it was made from, and `status` one of `queued`, `training`, `trained`, `failed`, `expired`.
 *
 * @param now milliseconds since the epoch, by Astria's clock
 * @returns columns without those that Astria does not tell
 */
export function tuneOutput(tune: Tune, now: number) {
	const status = stateOf(tune, now);
	return withoutUndefined({
		tuneId: idOf(tune),
		title: textOf(tune.title),
		name: textOf(tune.name),
		modelType: textOf(tune.model_type),
		branch: textOf(tune.branch),
		baseTuneId: numberOf(tune.base_tune_id),
		token: textOf(tune.token),
		status,
		trained: status === 'trained',
		trainedAt: textOf(tune.trained_at),
		workspaceId: numberOf(tune.workspace_id),
		createdAt: textOf(tune.created_at),
		eta: textOf(tune.eta),
		expiresAt: textOf(tune.expires_at),
		images: addressesOf(tune.orig_images),
		...costColumns(tune),
	});
}
