import { type Charged, JobFailedError } from '../../errors';
import { isUnset } from '../../fields/values';
import { isObject, type JsonObject, numberOf, textOf, withoutUndefined } from '../../json';
import type { MadePicture } from '../../media/download';
import type { Timing } from '../../time';
import { ALL, type AstriaClient, change, type Params } from '../api/client';
import { costColumns, costOfEntity, EntityList, idOf, timeOf } from '../api/entity';
import { failureWords, hasFailed, saying, isGone, unreadableAnswer } from '../api/errors';
import { PROMPT_FIELDS } from '../fields/prompt';
import { orFallback } from '../models/catalog';
import { tunesNamedIn } from './text';

/** A prompt as Astria shows it. */
export interface Prompt {
	id: number;
	tuneId?: number;
	outputs: MadePicture[];
	/** Everything that Astria said, for whoever wants more of it. */
	json: JsonObject;
}

function outputsOf(json: JsonObject): MadePicture[] {
	const list = (name: string): unknown[] => {
		const value = json[name];
		return Array.isArray(value) ? value : [];
	};
	const contentTypes = list('content_types');
	const fileNames = list('filenames');
	return list('images').flatMap((entry, index) => {
		const url = textOf(entry) ?? (isObject(entry) ? textOf(entry.url) : undefined);
		if (url === undefined) return [];
		const contentType = textOf(contentTypes[index]);
		const fileName = textOf(fileNames[index]);
		return [{ url, ...(contentType && { contentType }), ...(fileName && { fileName }) }];
	});
}

/**
 * Reads a prompt out of an answer: Astria shows it bare, wrapped as `{"prompt": …}`, or as the only
 * entry of a list.
 *
 * @returns `undefined` when the answer holds none
 */
export function readPrompt(answer: unknown): Prompt | undefined {
	if (Array.isArray(answer)) return readPrompt(answer[0]);
	if (!isObject(answer)) return undefined;
	if (isObject(answer.prompt)) return readPrompt(answer.prompt);
	const id = idOf(answer);
	if (id === undefined) return undefined;
	const tuneId = numberOf(answer.tune_id);
	return { id, ...(tuneId !== undefined && { tuneId }), outputs: outputsOf(answer), json: answer };
}

/** The prompts that are listed at an address. */
export const promptsAt = (path: string) =>
	new EntityList<Prompt>(path, readPrompt, ({ json }) => json);

/** The account's prompts. */
export const PROMPTS = promptsAt('/prompts');

/** How far a prompt is; `FAILED` has ended without what it was for. */
export type PromptStatus = 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

function faultOf({ json, outputs }: Prompt): string | undefined {
	if (hasFailed(json)) {
		const words = failureWords(json);
		return words === '' ? 'The prompt failed, and Astria gives no reason.' : saying(words);
	}
	if (outputs.length > 0 || timeOf(json.trained_at) === undefined) return undefined;
	return 'Astria says that the prompt is finished, but it has no pictures.';
}

function hasVideo(outputs: readonly MadePicture[]): boolean {
	return outputs.some(({ contentType }) => contentType?.startsWith('video/') === true);
}

/**
 * How far a prompt is (docs.astria.ai, Retrieve a prompt; Astria's own command line and plugin go by
 * the same). The picture that a video begins with is shown before the video is.
 */
export function statusOf(prompt: Prompt): PromptStatus {
	const { json, outputs } = prompt;
	if (faultOf(prompt) !== undefined) return 'FAILED';
	const isVideo = textOf(json.video_model) !== undefined;
	const ended = timeOf(json.trained_at) !== undefined;
	if (outputs.length > 0 && (ended || !isVideo || hasVideo(outputs))) return 'COMPLETED';
	return timeOf(json.started_training_at) === undefined ? 'IN_QUEUE' : 'IN_PROGRESS';
}

/** Whether a prompt has ended, well or badly. */
export function hasEnded(prompt: Prompt): boolean {
	return ['COMPLETED', 'FAILED'].includes(statusOf(prompt));
}

/** Astria tells what it takes for a prompt; for one that failed it often tells nothing. */
function chargeOf(json: JsonObject): Charged {
	const cost = costOfEntity(json);
	if (cost === undefined) return 'unknown';
	return cost > 0 ? 'yes' : 'no';
}

/**
 * Judges a prompt that is waited for.
 *
 * @returns the prompt when it is finished, `undefined` while it is not
 * @throws JobFailedError when it will never have what it was for
 */
export function finishedPrompt(prompt: Prompt): Prompt | undefined {
	const fault = faultOf(prompt);
	if (fault === undefined) return statusOf(prompt) === 'COMPLETED' ? prompt : undefined;
	const urls = prompt.outputs.map(({ url }) => url);
	const said = failureWords(prompt.json);
	throw new JobFailedError(fault, {
		stage: 'result',
		retryable: false,
		charged: chargeOf(prompt.json),
		...(said && { serviceMessage: said }),
		...(urls.length > 0 && { imageUrls: urls }),
	});
}

/**
 * What is said of a prompt in every item; flat, with names of its own, and times as Astria writes
 * them.
 *
 * @returns columns without those that Astria does not tell
 */
export function promptColumns(prompt: Prompt) {
	const { id, tuneId, json } = prompt;
	return {
		promptId: id,
		status: statusOf(prompt),
		...withoutUndefined({
			tuneId,
			text: textOf(json.text) ?? textOf(json.video_prompt),
			seed: numberOf(json.seed),
			...costColumns(json),
			workspaceId: numberOf(json.workspace_id),
			videoModel: textOf(json.video_model),
			userError: textOf(json.user_error),
			createdAt: textOf(json.created_at),
			startedAt: textOf(json.started_training_at),
			endedAt: textOf(json.trained_at),
		}),
	};
}

/** Whom Astria calls says nothing about the pictures, and its address often holds a secret. */
const PRIVATE: ReadonlySet<string> = new Set(['callback']);

/** Ids of the tunes that a prompt refers to, beside the one that it runs on. */
export function referencesOf({ json }: Prompt): number[] {
	return tunesNamedIn(`${textOf(json.text) ?? ''} ${textOf(json.video_prompt) ?? ''}`);
}

/**
 * What was asked for, by API name, as far as Astria shows it: not the pictures that a prompt was
 * given, except for the references of a video (docs.astria.ai, Retrieve a prompt).
 */
function inputOf({ json }: Prompt): JsonObject {
	const named = Object.entries(json).filter(
		([name]) => name in PROMPT_FIELDS && !PRIVATE.has(name),
	);
	return Object.fromEntries(named.filter(([, value]) => !isUnset(value)));
}

/** The columns of a prompt in one item, its pictures by their addresses. */
export function promptSummary(prompt: Prompt) {
	const { outputs } = prompt;
	const [first] = outputs;
	return {
		...promptColumns(prompt),
		...(first && { imageUrl: first.url }),
		imageUrls: outputs.map(({ url }) => url),
		imageCount: outputs.length,
		referenceTuneIds: referencesOf(prompt),
		input: JSON.stringify(inputOf(prompt)),
	};
}

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
