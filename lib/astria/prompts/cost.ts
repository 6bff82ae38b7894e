import pLimit from 'p-limit';

import { TryOnError } from '../../errors';
import { fieldsThatAre } from '../../fields/field';
import { oncePer, type Timing } from '../../jobs/retry';
import { type JsonObject, numberOf, textOf } from '../../json';
import { type Cost, rounded } from '../../money';
import type { AstriaClient } from '../api/client';
import { costOfEntity, inDollars } from '../api/body';
import { LONGEST_PAGE } from '../api/list';
import { PROMPT_FIELDS } from '../fields/prompt';
import { promptById } from './calls';
import { type Prompt, PROMPTS } from './prompt';
import type { PromptRequest } from './request';

/** What makes a prompt dearer or cheaper than another one on the same tune. */
const PRICED = fieldsThatAre('priced', PROMPT_FIELDS);

/** How many pictures are expected where a prompt does not say; Astria documents no default of its own. */
const EXPECTED_PICTURES = 1;

const ORIGINALS_AT_ONCE = 5;

/** A setting that is off is the same as one that is not there. */
function sameSetting(a: unknown, b: unknown): boolean {
	const plain = (value: unknown) => (value === false || value === null ? undefined : value);
	return plain(a) === plain(b);
}

/** How many pictures a prompt asks for; a video is one. */
export function wantedOf(values: Readonly<JsonObject>): number {
	return numberOf(values.num_images) ?? EXPECTED_PICTURES;
}

/** What a prompt has made and was charged for: Astria may deliver fewer pictures than were wanted. */
function deliveredOf({ json, outputs }: Prompt): number {
	// The picture that a video begins with is part of it.
	return textOf(json.video_model) === undefined ? outputs.length : wantedOf(json);
}

const hasPrice = (prompt: Prompt) =>
	costOfEntity(prompt.json) !== undefined && deliveredOf(prompt) > 0;

/**
 * @param made prompts that have a price, all on the tune that is wanted
 * @returns what a prompt will cost by the first of them that is like it, in US dollars
 */
function priceBy(made: readonly Prompt[], values: Readonly<JsonObject>): number | undefined {
	const like = made.find(({ json }) =>
		PRICED.every((name) => sameSetting(json[name], values[name])),
	);
	if (like === undefined) return undefined;
	const cost = costOfEntity(like.json);
	return cost === undefined ? undefined : rounded((cost / deliveredOf(like)) * wantedOf(values));
}

/** What cannot be asked for is what nobody knows; a refused key ends the run. */
async function ifTold<T>(answer: Promise<T>): Promise<T | undefined> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof TryOnError && !error.details.ofAccount) return undefined;
		throw error;
	}
}

interface Whole {
	/** `undefined` where the original of a duplicate cannot be read. */
	tuneId?: number;
	values: Readonly<JsonObject>;
	original?: Prompt;
}

/**
 * Estimates prompts by what like prompts of the account have cost: Astria publishes no prices, but
 * tells of each finished prompt what it cost, all its pictures together (`cost_mc`; Astria's
 * command line).
 */
export class PromptCosts {
	private readonly limit = pLimit(ORIGINALS_AT_ONCE);
	private readonly originalOf = oncePer(
		async (id: number) =>
			await this.limit(async () => await ifTold(promptById(this.client, this.timing, id))),
	);
	/** Finished prompts of a tune whose cost is known, newest first. */
	private readonly finishedOn = oncePer(async (tuneId: number) => await ifTold(this.read(tuneId)));

	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
	) {}

	/** How many pictures a prompt will make. @throws AstriaAnswerError when the account is at fault */
	async picturesOf(request: PromptRequest): Promise<number> {
		return wantedOf((await this.wholeOf(request)).values);
	}

	/**
	 * What a prompt will cost. One that goes on from a picture of another one costs no more than that:
	 * to take a picture over saves the making of it (docs.astria.ai, Duplicate a prompt).
	 *
	 * @returns `undefined` when the account has made nothing like it lately, or cannot
	 * be asked
	 * @throws AstriaAnswerError when the account is at fault
	 */
	async costOf(request: PromptRequest): Promise<Cost | undefined> {
		const { tuneId, values, original } = await this.wholeOf(request);
		if (tuneId === undefined) return undefined;
		const own = original?.tuneId === tuneId && hasPrice(original) ? [original] : [];
		return inDollars(
			priceBy(own, values) ?? priceBy((await this.finishedOn(tuneId)) ?? [], values),
		);
	}

	/** A duplicate takes from its original what it does not say otherwise. */
	private async wholeOf({ target, values }: PromptRequest): Promise<Whole> {
		if (target.kind === 'tune') return { tuneId: target.tuneId, values };
		const original = await this.originalOf(target.promptId);
		if (original === undefined) return { values };
		const { json, outputs } = original;
		const pictures = numberOf(json.num_images) ?? Math.max(outputs.length, EXPECTED_PICTURES);
		return {
			tuneId: numberOf(values.tune_id) ?? original.tuneId,
			values: { ...json, num_images: pictures, ...values },
			original,
		};
	}

	private async read(tuneId: number): Promise<Prompt[]> {
		const read = this.client.reader(this.timing, 'input');
		const page = await PROMPTS.page(read, { filters: { tune_id: tuneId } }, LONGEST_PAGE);
		return page.filter(hasPrice);
	}
}
