import type { FailureSign } from './options';
import type { Tune } from './store';
import type { World } from './world';

/** A time as Astria writes it. */
export function iso(date: Date | null): string | null {
	return date?.toISOString() ?? null;
}

/** How a failed training shows; the same fields are there, and empty, before. */
function failureJson({ settings }: World, { failedAt, failMessage }: Tune) {
	const signs: Record<FailureSign, string | null> = {
		failed_at: iso(failedAt),
		fail_message: failMessage,
		user_error: failMessage,
		error: failMessage,
		status: failedAt === null ? null : 'failed',
	};
	return Object.fromEntries(settings.failureSigns.map((sign) => [sign, signs[sign]]));
}

function shortJson(world: World, tune: Tune) {
	const { fields } = tune;
	return {
		id: tune.id,
		title: fields.title ?? null,
		name: fields.name ?? null,
		is_api: true,
		eta: iso(tune.eta),
		callback: fields.callback ?? null,
		trained_at: iso(tune.trainedAt),
		started_training_at: iso(tune.startedTrainingAt),
		expires_at: iso(tune.expiresAt),
		created_at: iso(tune.createdAt),
		updated_at: iso(tune.updatedAt),
		...failureJson(world, tune),
		url: `${tune.origin}/tunes/${tune.id}.json`,
		orig_images: tune.images.map(({ url }) => url),
	};
}

/** A tune as the API answers it; tunes that a pack made have a shorter answer. */
export function tuneJson(world: World, tune: Tune): Record<string, unknown> {
	if (tune.fromPack) return shortJson(world, tune);
	const { fields } = tune;
	return {
		...shortJson(world, tune),
		token: fields.token ?? null,
		base_tune_id: fields.base_tune_id ?? null,
		args: null,
		steps: fields.steps ?? null,
		face_crop: fields.face_crop ?? null,
		training_face_correct: fields.training_face_correct ?? null,
		// Nothing is really trained here, so there is no model to download.
		ckpt_url: null,
		ckpt_urls: [],
		branch: fields.branch ?? null,
		model_type: fields.model_type ?? null,
		characteristics: tune.characteristics,
		auto_extend: fields.auto_extend ?? false,
		workspace_id: tune.workspaceId,
		cost_mc: tune.costMc,
	};
}
