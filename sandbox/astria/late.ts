import { ageMs } from './clock';
import type { Prompt } from './store';
import type { World } from './world';

/** No wait is over at once, also when the clock has been set back meanwhile. */
function isOver(world: World, since: Date, waitMs: number): boolean {
	return waitMs <= 0 || ageMs(world, since) >= waitMs;
}

/** Whether a tune or prompt is found by those who do not know its id: in lists, and as a twin. */
export function isListed(world: World, { createdAt }: { createdAt: Date }): boolean {
	return isOver(world, createdAt, world.settings.listedAfterMs);
}

/** Whether a prompt can be had at all, by its id or in a list. */
export function isThere(world: World, { packPlace, createdAt }: Prompt): boolean {
	return isOver(world, createdAt, packPlace * world.settings.packPromptsAfterMs);
}
