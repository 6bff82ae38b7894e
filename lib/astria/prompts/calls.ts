import type { Timing } from '../../time';
import { numberOf } from '../../json';
import { ALL, type AstriaClient, change } from '../api/client';
import { isGone, unreadableAnswer } from '../api/errors';
import type { Params } from '../api/body';
import { orFallback } from '../models/catalog';
import { type Prompt, readPrompt } from './prompt';

/**
 * Does something with a prompt of whichever workspace: Astria says 404 of one that is in another
 * than the call's, and `all` is for reading only (Astria's command line, `--workspace`).
 *
 * @param work is done again with the workspace of the prompt, when it has one
 * @throws AstriaAnswerError 404 when the prompt is nowhere; what `work` throws
 */
async function whereverItIs<T>(
	client: AstriaClient,
	timing: Timing,
	id: number,
	work: (workspace?: number) => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!isGone(error)) throw error;
		const everywhere = client.read({ path: `/prompts/${id}`, workspace: ALL }, timing);
		const found = readPrompt(await orFallback(everywhere, undefined));
		const workspace = numberOf(found?.json.workspace_id);
		if (workspace === undefined) throw error;
		return await work(workspace);
	}
}

/**
 * Reads one prompt, of whichever workspace.
 *
 * @param expand what to show beside the usual
 * @throws AstriaAnswerError 404 when it is gone; ConnectionError, StoppedError
 */
export async function promptById(
	client: AstriaClient,
	timing: Timing,
	id: number,
	expand: readonly string[] = [],
): Promise<Prompt> {
	const call = { path: `/prompts/${id}`, query: { expand } };
	const prompt = readPrompt(
		await whereverItIs(
			client,
			timing,
			id,
			async (workspace) => await client.read({ ...call, workspace }, timing),
		),
	);
	if (prompt) return prompt;
	throw unreadableAnswer('prompt');
}

async function changeOne(
	client: AstriaClient,
	timing: Timing,
	id: number,
	call: Parameters<typeof change>[2],
): Promise<unknown> {
	return await whereverItIs(
		client,
		timing,
		id,
		async (workspace) => await change(client, timing, { ...call, workspace }),
	);
}

/** Changes a prompt. @throws AstriaAnswerError, ConnectionError */
export async function patchPrompt(
	client: AstriaClient,
	timing: Timing,
	id: number,
	prompt: Params,
): Promise<Prompt> {
	const call = { method: 'PATCH', path: `/prompts/${id}`, body: { prompt } } as const;
	const answer = await changeOne(client, timing, id, call);
	return readPrompt(answer) ?? (await promptById(client, timing, id));
}

/** Deletes a prompt with its pictures. @throws AstriaAnswerError, ConnectionError */
export async function removePrompt(
	client: AstriaClient,
	timing: Timing,
	id: number,
): Promise<void> {
	const call = { method: 'DELETE', path: `/prompts/${id}` } as const;
	await changeOne(client, timing, id, call);
}

/**
 * Likes a prompt, or takes the like back (docs.astria.ai, Like a prompt).
 *
 * @throws AstriaAnswerError, ConnectionError
 */
export async function setLiked(
	client: AstriaClient,
	timing: Timing,
	id: number,
	liked: boolean,
): Promise<void> {
	const call = { method: liked ? 'POST' : 'DELETE', path: `/prompts/${id}/likes` } as const;
	await changeOne(client, timing, id, call);
}
