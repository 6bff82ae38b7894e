import { TryOnError } from '../../errors';
import { fieldsThatAre } from '../../fields/field';
import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { costOf, type JsonObject, numberOf, textOf } from '../api/json';
import { LONGEST_PAGE } from '../api/pages';
import { PROMPT_FIELDS } from '../fields/prompt';
import { promptsPage } from './calls';
import { type AstriaPrompt, readPrompts } from './prompt';

/** What makes a prompt dearer or cheaper than another one on the same tune. */
const PRICED = fieldsThatAre('priced', PROMPT_FIELDS);

/** How many pictures are expected where a prompt does not say; Astria documents no default of its own. */
const EXPECTED_PICTURES = 1;

/** A setting that is off is the same as one that is not there. */
function sameSetting(a: unknown, b: unknown): boolean {
	const plain = (value: unknown) => (value === false || value === null ? undefined : value);
	return plain(a) === plain(b);
}

/** How many pictures a prompt asks for, by the values of its fields. */
export function wantedOf(values: Readonly<JsonObject>): number {
	return numberOf(values.num_images) ?? EXPECTED_PICTURES;
}

/** What a prompt has made and was charged for: Astria may deliver fewer pictures than were wanted. */
function deliveredOf({ json, outputs }: AstriaPrompt): number {
	// The picture that a video begins with is part of it.
	return textOf(json.video_model) === undefined ? outputs.length : wantedOf(json);
}

/** A price that cannot be asked for is one that nobody knows; a refused key ends the run. */
function noneKnown(error: unknown): [] {
	if (error instanceof TryOnError && !error.details.ofAccount) return [];
	throw error;
}

/**
 * Estimates prompts by what like prompts of the account have cost: Astria publishes no prices, but
 * tells of each finished prompt what it cost, all its pictures together (`cost_mc`; Astria's
 * command line).
 */
export class PromptCosts {
	private readonly finished = new Map<number, Promise<AstriaPrompt[]>>();

	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
	) {}

	/**
	 * @param tuneId the tune that the prompt runs on
	 * @param values of the prompt, by API name
	 * @returns US dollars, or `undefined` when the account has made nothing like it lately, or cannot
	 * be asked
	 * @throws AstriaAnswerError when the account is at fault
	 */
	async estimate(tuneId: number, values: Readonly<JsonObject>): Promise<number | undefined> {
		const pending = this.finished.get(tuneId) ?? this.read(tuneId);
		this.finished.set(tuneId, pending);
		const like = (await pending.catch(noneKnown)).find(({ json }) =>
			PRICED.every((name) => sameSetting(json[name], values[name])),
		);
		if (like === undefined) return undefined;
		const cost = costOf(like.json);
		return cost === undefined ? undefined : (cost / deliveredOf(like)) * wantedOf(values);
	}

	/** Finished prompts of a tune whose cost is known, newest first. */
	private async read(tuneId: number): Promise<AstriaPrompt[]> {
		const page = { ...promptsPage({ tune_id: tuneId }, LONGEST_PAGE), stage: 'input' as const };
		return readPrompts(await this.client.read(page, this.timing)).filter(
			(prompt) => costOf(prompt.json) !== undefined && deliveredOf(prompt) > 0,
		);
	}
}
