import { costOf, numberOf, textOf } from '../api/json';
import { type AstriaPrompt, type PromptStatus, statusOf } from './prompt';

/** What is said of a prompt in every item; flat, with names of its own. */
export interface PromptColumns {
	[column: string]: string | number | undefined;
	promptId: number;
	tuneId?: number;
	status: PromptStatus;
	text?: string;
	seed?: number;
	/** US dollars. */
	cost?: number;
	workspaceId?: number;
	videoModel?: string;
	/** Why it has failed, in Astria's words. */
	userError?: string;
	createdAt?: string;
}

/** The columns of a prompt, without those that Astria does not tell. */
export function promptColumns(prompt: AstriaPrompt): PromptColumns {
	const { id, tuneId, json } = prompt;
	const told: Omit<PromptColumns, 'promptId' | 'status'> = {
		tuneId,
		text: textOf(json.text) ?? textOf(json.video_prompt),
		seed: numberOf(json.seed),
		cost: costOf(json),
		workspaceId: numberOf(json.workspace_id),
		videoModel: textOf(json.video_model),
		userError: textOf(json.user_error),
		createdAt: textOf(json.created_at),
	};
	return {
		promptId: id,
		status: statusOf(prompt),
		...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
	};
}

/** The columns of a prompt in one item, its pictures by their addresses. */
export function promptSummary(prompt: AstriaPrompt): {
	[column: string]: string | number | string[] | undefined;
} {
	const { outputs } = prompt;
	const [first] = outputs;
	return {
		...promptColumns(prompt),
		...(first && { imageUrl: first.url }),
		imageUrls: outputs.map(({ url }) => url),
		imageCount: outputs.length,
	};
}
