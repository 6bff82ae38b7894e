import { callBackPrompt } from './callbacks';
import { now } from './clock';
import { UnreadableSource, firstFrame, makeOutputs } from './generate';
import { giveBack } from './money';
import type { Output, Prompt } from './store';
import { wordsOf } from './tokens';
import { isVideo, outputsWanted } from './video-rules';
import type { World } from './world';

/** The part of the time that a prompt waits in Astria's queue, and that a video takes to its picture. */
const QUEUE_SHARE = 0.2;
const FIRST_FRAME_SHARE = 0.3;

/** Words in a text that make things go wrong, so that a test can see it happen. */
const MAGIC = {
	/** Ends with `user_error`. */
	error: 'error',
	/** Ends without pictures and without an error. */
	noImages: 'noimages',
	/** One picture less than asked for. */
	partial: 'partial',
	/** Never ends. */
	stuck: 'stuck',
};

/**
 * Gives back what was taken for pictures that did not come: of three pictures at 33,000 mc each, two
 * were delivered and 66,000 mc told (https://github.com/astriaai/articles,
 * benchmark/image-models-2026-09/runs.json, prompt 46575197).
 */
function settleCost(world: World, prompt: Prompt): void {
	const perOutput = prompt.costMc / outputsWanted(prompt.fields);
	const costMc = perOutput * prompt.outputs.length;
	giveBack(world, { workspaceId: prompt.paidIn, costMc: prompt.costMc - costMc });
	prompt.costMc = costMc;
}

/** Draws when its turn comes; after the end of the sandbox nobody looks, and nothing is drawn. */
async function draw(world: World, work: () => Promise<Output[]>): Promise<Output[]> {
	return await world.studio(async () => (world.closing.aborted ? [] : await work()));
}

async function finish(world: World, prompt: Prompt): Promise<void> {
	const words = wordsOf(prompt.fields);
	const finished: Partial<Prompt> = {};
	if (words.includes(MAGIC.error)) {
		finished.userError = 'The provider refused this prompt.';
	} else if (!words.includes(MAGIC.noImages)) {
		try {
			const outputs = await draw(world, () => makeOutputs(world, prompt));
			finished.outputs = words.includes(MAGIC.partial) ? outputs.slice(0, -1) : outputs;
		} catch (error) {
			if (!(error instanceof UnreadableSource)) throw error;
			finished.userError = 'The provider could not read a reference image.';
		}
	}
	// Nothing is finished after the end, least of all without the pictures that were given up.
	if (world.closing.aborted) return;
	const trainedAt = now(world);
	Object.assign(prompt, { outputs: [] }, finished, { trainedAt, updatedAt: trainedAt });
	settleCost(world, prompt);
	await callBackPrompt(world, prompt);
}

function start(world: World, prompt: Prompt): void {
	const { generationMs } = world.settings;
	const words = wordsOf(prompt.fields);
	const steps = [
		{
			afterMs: generationMs * QUEUE_SHARE,
			work: () => {
				prompt.startedTrainingAt = now(world);
			},
		},
	];
	if (words.includes(MAGIC.stuck)) {
		world.timeline.plan(prompt.id, steps);
		return;
	}
	const frameMs = isVideo(prompt.fields) ? generationMs * FIRST_FRAME_SHARE : 0;
	const showFrame = async () => {
		prompt.outputs = await draw(world, () => firstFrame(world, prompt));
	};
	world.timeline.plan(prompt.id, [
		...steps,
		...(frameMs > 0 ? [{ afterMs: frameMs, work: showFrame }] : []),
		{
			afterMs: generationMs * (1 - QUEUE_SHARE) - frameMs,
			work: () => finish(world, prompt),
		},
	]);
}

/** Plans a prompt's way to its pictures; one whose tune is in training starts after it. */
export function schedulePrompt(world: World, prompt: Prompt): void {
	const host = world.store.tunes.get(prompt.tuneId);
	if (host?.trainedAt) start(world, prompt);
}

/** Starts the prompts that waited for a tune. */
export function startWaiting(world: World, tuneId: number): void {
	for (const prompt of world.store.prompts.values()) {
		const isWaiting = prompt.startedTrainingAt === null && prompt.trainedAt === null;
		if (prompt.tuneId === tuneId && isWaiting) start(world, prompt);
	}
}
