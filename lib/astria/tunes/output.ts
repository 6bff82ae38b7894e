import { addressesOf, costColumns, idOf, known, numberOf, textOf } from '../api/json';
import type { Tune } from './calls';
import { stateOf } from './state';

/** A column of a tune as it comes out of the node. */
export type TuneColumn = string | number | boolean | string[];

/**
 * A tune as it comes out of the node: flat, with names of its own. `name` is the class, `token` the
 * word for the subject in prompts, `cost` in US dollars, `images` the addresses of the pictures that
 * it was made from, and `status` one of `queued`, `training`, `trained`, `failed`, `expired`.
 *
 * @param now milliseconds since the epoch, by Astria's clock
 * @returns columns without those that Astria does not tell
 */
export function tuneOutput(tune: Tune, now: number): Record<string, TuneColumn> {
	const status = stateOf(tune, now);
	return known<TuneColumn>({
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
