import pLimit from 'p-limit';

import { TryOnError } from '../../errors';
import { fieldsThatAre } from '../../fields/field';
import { type JsonObject, numberOf, textOf } from '../../json';
import { type Cost, rounded } from '../../money';
import { oncePer, type Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { costOfEntity, inDollars, LONGEST_PAGE } from '../api/entity';
import { PROMPT_FIELDS } from '../fields/prompt';
import { type Prompt, promptById, PROMPTS } from './prompt';
import type { PromptRequest } from './request';

/** What makes a prompt dearer or cheaper than another one on the same tune. */
const PRICED = fieldsThatAre('priced', PROMPT_FIELDS);

const ORIGINALS_AT_ONCE = 5;

/** A setting that is off is the same as one that is not there. */
function sameSetting(a: unknown, b: unknown): boolean {
	const plain = (value: unknown) => (value === false || value === null ? undefined : value);
	return plain(a) === plain(b);
}

const isVideo = ({ video_model: model }: Readonly<JsonObject>) => textOf(model) !== undefined;

/**
 * How many pictures a prompt asks for; a video is one.
 *
 * @returns `undefined` where a prompt does not say: Astria then makes as many as it likes, and
 * documents nowhere how many that are
 */
export function wantedOf(values: Readonly<JsonObject>): number | undefined {
	return numberOf(values.num_images) ?? (isVideo(values) ? 1 : undefined);
}

/** What a prompt has made and was charged for: Astria may deliver fewer pictures than were wanted. */
function deliveredOf({ json, outputs }: Prompt): number {
	// The picture that a video begins with is part of it.
	return isVideo(json) ? (wantedOf(json) ?? 1) : outputs.length;
}

const hasPrice = (prompt: Prompt) =>
	costOfEntity(prompt.json) !== undefined && deliveredOf(prompt) > 0;

/**
 * What a prompt will cost by those that are like it: what the newest of them has cost for each of its
 * pictures, as often as pictures are wanted.
 *
 * Where a prompt does not say how many it wants, a price for each tells nothing. What the account has
 * made without a number shows the number that it got, as if it had been asked for, so that it cannot
 * be told from the others; one of them is as the wanted one will be. So the dearest of all counts,
 * whole: a limit must rather refuse a run than let one pass that costs more.
 *
 * @param made prompts that have a price, newest first, all on the tune that is wanted
 * @returns in US dollars; `undefined` where none is like it
 */
function priceBy(made: readonly Prompt[], values: Readonly<JsonObject>): number | undefined {
	const like = made.filter(({ json }) =>
		PRICED.every((name) => sameSetting(json[name], values[name])),
	);
	const [newest] = like;
	if (newest === undefined) return undefined;
	const costOf = ({ json }: Prompt) => costOfEntity(json) ?? 0;
	const wanted = wantedOf(values);
	return wanted === undefined
		? Math.max(...like.map(costOf))
		: rounded((costOf(newest) / deliveredOf(newest)) * wanted);
}

/** What cannot be asked for is what nobody knows; a refused key ends the run. */
export async function ifTold<T>(answer: Promise<T>): Promise<T | undefined> {
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

	/**
	 * How many pictures a prompt will make; `undefined` where that is Astria's choice.
	 *
	 * @throws AstriaAnswerError when the account is at fault
	 */
	async picturesOf(request: PromptRequest): Promise<number | undefined> {
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
		const made = outputs.length > 0 ? outputs.length : undefined;
		return {
			tuneId: numberOf(values.tune_id) ?? original.tuneId,
			values: { ...json, num_images: numberOf(json.num_images) ?? made, ...values },
			original,
		};
	}

	private async read(tuneId: number): Promise<Prompt[]> {
		const read = this.client.reader(this.timing, 'input');
		const page = await PROMPTS.page(read, { filters: { tune_id: tuneId } }, LONGEST_PAGE);
		return page.filter(hasPrice);
	}
}
