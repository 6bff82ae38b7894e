import { isLoopbackUrl } from '../loopback';
import { textOf } from './fields';
import { promptJson } from './prompt-view';
import type { Prompt, PromptGroup, SentCallback, Tune } from './store';
import { tuneJson } from './tune-view';
import type { World } from './world';

const CALLBACK_TIMEOUT_MS = 10_000;

/** Posts once, as Astria does: no retry, no redirect, no signature. Public hosts are not called. */
async function send(world: World, url: string, body: unknown): Promise<void> {
	const sent: SentCallback = { url, body };
	world.store.callbacks.push(sent);
	if (!isLoopbackUrl(url)) return;
	try {
		const response = await fetch(url, {
			method: 'POST',
			redirect: 'manual',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify(body),
			signal: AbortSignal.any([world.closing, AbortSignal.timeout(CALLBACK_TIMEOUT_MS)]),
		});
		sent.status = response.status;
		await response.body?.cancel();
	} catch {
		// The receiver's trouble: Astria does not try again, and nobody is told.
	}
}

function wrap(world: World, name: string, body: unknown): unknown {
	return world.settings.callbackBody === 'wrapped' ? { [name]: body } : body;
}

/** Tells a tune's callback address that its training is over. */
export async function callBackTune(world: World, tune: Tune): Promise<void> {
	const url = textOf(tune.fields, 'callback');
	if (url !== undefined) await send(world, url, wrap(world, 'tune', tuneJson(world, tune)));
}

async function callBackGroup(world: World, group: PromptGroup): Promise<void> {
	const prompts = group.promptIds
		.map((id) => world.store.prompts.get(id))
		.filter((prompt) => prompt !== undefined);
	if (prompts.some(({ trainedAt }) => trainedAt === null)) return;
	world.store.groups.splice(world.store.groups.indexOf(group), 1);
	const bodies = prompts.map((prompt) => promptJson(world, prompt));
	const isArray = world.settings.promptsCallbackBody === 'array';
	await send(world, group.callback, isArray ? bodies : { prompts: bodies });
}

/**
 * Tells the callback addresses that wait for a prompt: its own, when it made something (a failed
 * prompt may stay silent at Astria, and always does here), and its pack run's, when it was the last.
 */
export async function callBackPrompt(world: World, prompt: Prompt): Promise<void> {
	const url = textOf(prompt.fields, 'callback');
	if (url !== undefined && prompt.userError === null) {
		await send(world, url, wrap(world, 'prompt', promptJson(world, prompt)));
	}
	for (const group of [...world.store.groups]) {
		if (group.promptIds.includes(prompt.id)) await callBackGroup(world, group);
	}
}
