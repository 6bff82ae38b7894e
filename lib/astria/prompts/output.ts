import { PROMPT_FIELDS } from '../fields/prompt';
import { isUnset } from '../../fields/coerce';
import { costColumns, type JsonObject, numberOf, textOf } from '../api/json';
import { type AstriaPrompt, type PromptStatus, statusOf } from './prompt';
import { tunesNamedIn } from './tokens';

/** What is said of a prompt in every item; flat, with names of its own. */
export interface PromptColumns {
	[column: string]: string | number | undefined;
	promptId: number;
	tuneId?: number;
	status: PromptStatus;
	text?: string;
	seed?: number;
	cost?: number;
	currency?: string;
	workspaceId?: number;
	videoModel?: string;
	/** Why it has failed, in Astria's words. */
	userError?: string;
	/** Times as Astria writes them. */
	createdAt?: string;
	startedAt?: string;
	endedAt?: string;
}

/** The columns of a prompt, without those that Astria does not tell. */
export function promptColumns(prompt: AstriaPrompt): PromptColumns {
	const { id, tuneId, json } = prompt;
	const told: Omit<PromptColumns, 'promptId' | 'status'> = {
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
	};
	return {
		promptId: id,
		status: statusOf(prompt),
		...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
	};
}

/** Whom Astria calls says nothing about the pictures, and its address often holds a secret. */
const PRIVATE: ReadonlySet<string> = new Set(['callback']);

/** Ids of the tunes that a prompt refers to, beside the one that it runs on. */
export function referencesOf({ json }: AstriaPrompt): number[] {
	return tunesNamedIn(`${textOf(json.text) ?? ''} ${textOf(json.video_prompt) ?? ''}`);
}

/**
 * What was asked for, by API name, as far as Astria shows it: not the pictures that a prompt was
 * given, except for the references of a video (docs.astria.ai, Retrieve a prompt).
 */
function inputOf({ json }: AstriaPrompt): JsonObject {
	const named = Object.entries(json).filter(
		([name]) => name in PROMPT_FIELDS && !PRIVATE.has(name),
	);
	return Object.fromEntries(named.filter(([, value]) => !isUnset(value)));
}

/** The columns of a prompt in one item, its pictures by their addresses. */
export function promptSummary(prompt: AstriaPrompt): {
	[column: string]: string | number | string[] | number[] | undefined;
} {
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
