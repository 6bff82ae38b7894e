import { callBackTune } from './callbacks';
import { now } from './clock';
import { charge, giveBack } from './money';
import { addPrompt } from './prompt-create';
import { startWaiting } from './prompt-run';
import type { Tune } from './store';
import type { TuneDraft } from './tune-create';
import { textOf } from './fields';
import type { World } from './world';

/** The part of the training time that a tune waits in the queue. */
const QUEUE_SHARE = 0.2;

/** Words in a title that make things go wrong, so that a test can see it happen. */
const MAGIC = {
	/** The training ends with an error. */
	fails: 'fails',
	/** The training never starts. */
	stuck: 'stuck',
	/** Trained, and already past the time that Astria keeps it. */
	expired: 'expired',
};

function has(tune: Tune, word: string): boolean {
	return textOf(tune.fields, 'title')?.toLowerCase().includes(word) === true;
}

function begin(world: World, tune: Tune): void {
	tune.startedTrainingAt = now(world);
	tune.updatedAt = tune.startedTrainingAt;
}

/**
 * The prompts that wait for it wait for ever. It costs nothing: of two trainings that Astria's own
 * trainer has on record, the one that failed has a `cost_mc` of 0
 * (https://github.com/burgalon/SimpleTuner-astria, astria/worker.py).
 */
function fail(world: World, tune: Tune): void {
	giveBack(world, tune);
	tune.costMc = 0;
	tune.failedAt = now(world);
	tune.updatedAt = tune.failedAt;
	tune.failMessage = 'Training failed: no face was found in the pictures';
}

function complete(world: World, tune: Tune): void {
	const trainedAt = now(world);
	tune.startedTrainingAt ??= trainedAt;
	tune.trainedAt = trainedAt;
	tune.updatedAt = trainedAt;
	const lifetime = has(tune, MAGIC.expired) ? -1 : world.settings.lifetimeMs;
	tune.expiresAt = new Date(trainedAt.getTime() + lifetime);
	startWaiting(world, tune.id);
}

function train(world: World, tune: Tune): void {
	// A reference is nothing but its pictures: ready at once, and no callback comes.
	if (tune.fields.model_type === 'faceid') {
		complete(world, tune);
		return;
	}
	if (has(tune, MAGIC.stuck)) return;
	const end = async () => {
		if (has(tune, MAGIC.fails)) {
			fail(world, tune);
			return;
		}
		complete(world, tune);
		await callBackTune(world, tune);
	};
	const { trainingMs } = world.settings;
	world.timeline.plan(tune.id, [
		{ afterMs: trainingMs * QUEUE_SHARE, work: () => begin(world, tune) },
		{ afterMs: trainingMs * (1 - QUEUE_SHARE), work: end },
	]);
}

/**
 * Buys a tune and its prompts, and starts the training.
 * @throws {Refused} 422 for want of money
 */
export function buyTune(world: World, draft: TuneDraft): Tune {
	charge(world, [draft.tune, ...draft.prompts]);
	const tune = { ...draft.tune, id: world.store.newId() };
	world.store.tunes.set(tune.id, tune);
	for (const prompt of draft.prompts) addPrompt(world, tune, prompt);
	train(world, tune);
	return tune;
}
