import type { SandboxAnswer } from '../types';
import { now } from './clock';
import { reachable, refuseIfAny } from './door';
import { cast, castAll, castSent, textOf } from './fields';
import type { Field, Fields, Problems } from './fields';
import { readFiles } from './files';
import { findTwinPrompt } from './idempotency';
import { charge, PRICES } from './money';
import type { ParamTree } from './params';
import { PROMPT_FIELDS, PROMPT_FILES } from './prompt-fields';
import { checkPrompt, checkTemplate } from './prompt-rules';
import { schedulePrompt } from './prompt-run';
import { promptJson } from './prompt-view';
import type { Output, Prompt, StoredFile, Tune } from './store';
import { fillIn, referencedTunes, wordsOf } from './tokens';
import { isVideo, outputsWanted } from './video-rules';
import type { World } from './world';

/** A prompt that has been checked and may be bought. */
export type PromptDraft = Omit<Prompt, 'id' | 'tuneId' | 'paidIn'>;

/** What a prompt is made from. */
export interface PromptOrder {
	/** The tune it is posted to. */
	host: Tune;
	params: ParamTree;
	/** The workspace of the call; `workspace_id` among the parameters comes first. */
	workspaceId: number | null;
	origin: string;
	/** Default: the fields of POST …/prompts. */
	table?: readonly Field[];
	/** The prompt that is duplicated: its fields hold where `params` has none. */
	from?: Prompt;
	/** The picture of that prompt to go on from. */
	base?: Output;
}

const WORKSPACE: Field = { name: 'workspace_id', type: 'integer' };

async function filesOf(
	world: World,
	{ params, from, base }: PromptOrder,
	fields: Fields,
	problems: Problems,
): Promise<Record<string, StoredFile[]>> {
	const files: Record<string, StoredFile[]> = { ...from?.files };
	// A video goes on from the picture as its first frame, a picture takes it as its input.
	if (base !== undefined) files[isVideo(fields) ? 'video_first_frame' : 'input_image'] = [base];
	for (const field of PROMPT_FILES) {
		const sent = await readFiles(world, field, params, problems);
		if (sent.length > 0) files[field.name] = sent;
	}
	return files;
}

function fieldsOf({ params, from, table = PROMPT_FIELDS }: PromptOrder, problems: Problems) {
	if (from === undefined) return castAll(table, params, problems);
	return { ...from.fields, ...castSent(table, params, problems) };
}

function fillTexts(world: World, host: Tune, fields: Fields): void {
	const tunes = [host, ...referencedTunes(world.store, wordsOf(fields))];
	for (const name of ['text', 'video_prompt']) {
		const text = textOf(fields, name);
		if (text !== undefined) fields[name] = fillIn(text, tunes);
	}
}

function costOf(fields: Fields, host: Tune): number {
	if (host.fields.branch === 'fast') return 0;
	return (isVideo(fields) ? PRICES.video : PRICES.picture) * outputsWanted(fields);
}

/**
 * Reads and checks a prompt, files included. Nothing is bought yet.
 * @throws {Refused} 422 with what is wrong
 */
export async function draftPrompt(world: World, order: PromptOrder): Promise<PromptDraft> {
	const { host, params } = order;
	const problems: Problems = {};
	const fields = fieldsOf(order, problems);
	const workspace = cast(WORKSPACE, params.workspace_id, problems);
	const files = await filesOf(world, order, fields, problems);
	const candidate = { fields, files, host };
	checkPrompt(world, candidate, problems);
	refuseIfAny(problems);
	checkTemplate(candidate);
	fillTexts(world, host, fields);
	const createdAt = now(world);
	return {
		fields,
		files,
		workspaceId: typeof workspace === 'number' ? reachable(world, workspace) : order.workspaceId,
		createdAt,
		updatedAt: createdAt,
		startedTrainingAt: null,
		trainedAt: null,
		outputs: [],
		userError: null,
		liked: false,
		packPlace: 0,
		costMc: costOf(fields, host),
		origin: order.origin,
	};
}

/** Takes a paid draft on, and starts it as soon as its tune is trained. */
export function addPrompt(world: World, host: Tune, draft: PromptDraft): Prompt {
	const prompt: Prompt = {
		...draft,
		id: world.store.newId(),
		tuneId: host.id,
		paidIn: draft.workspaceId,
	};
	world.store.prompts.set(prompt.id, prompt);
	schedulePrompt(world, prompt);
	return prompt;
}

/**
 * Buys one prompt. With idempotency on, an equal one that exists is returned instead.
 * @throws {Refused} 422 with what is wrong, or for want of money
 */
export async function buyPrompt(
	world: World,
	order: PromptOrder,
): Promise<{ prompt: Prompt; isNew: boolean }> {
	const draft = await draftPrompt(world, order);
	const twin = findTwinPrompt(world, order.host.id, draft);
	if (twin !== undefined) return { prompt: twin, isNew: false };
	charge(world, [draft]);
	return { prompt: addPrompt(world, order.host, draft), isNew: true };
}

/** The answer to a creation, in the shape that the sandbox was told to use. */
export function createdAnswer(world: World, prompt: Prompt, shape = world.settings.promptAnswer) {
	const body = promptJson(world, prompt);
	const bodies = { bare: body, wrapped: { prompt: body }, array: [body] };
	const answer: SandboxAnswer = { status: 201, body: bodies[shape] };
	return answer;
}
