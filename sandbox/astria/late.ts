import { ageMs } from './clock';
import type { Prompt } from './store';
import type { World } from './world';

/** Whether a tune or prompt is found by those who do not know its id: in lists, and as a twin. */
export function isListed(world: World, { createdAt }: { createdAt: Date }): boolean {
	return ageMs(world, createdAt) >= world.settings.listedAfterMs;
}

/** Whether a prompt can be had at all, by its id or in a list. */
export function isThere(world: World, { fromPack, createdAt }: Prompt): boolean {
	return !fromPack || ageMs(world, createdAt) >= world.settings.packPromptsAfterMs;
}
