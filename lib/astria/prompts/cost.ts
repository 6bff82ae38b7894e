import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { costOf, type JsonObject, numberOf } from '../api/json';
import { readPrompts } from './prompt';

/** What makes a prompt dearer or cheaper than another one on the same tune. */
const PRICED = ['video_model', 'video_duration', 'resolution', 'super_resolution', 'hires_fix'];

/** Astria's lists hold no more in a page. */
const PAGE = 120;

/** Pictures of a prompt that does not say how many it wants; Astria's own default is not documented. */
const ONE = 1;

/** A setting that is off is the same as one that is not there. */
function sameSetting(a: unknown, b: unknown): boolean {
	const plain = (value: unknown) => (value === false || value === null ? undefined : value);
	return plain(a) === plain(b);
}

const picturesOf = (values: Readonly<JsonObject>) => numberOf(values.num_images) ?? ONE;

/**
 * Estimates prompts by what like prompts of the account have cost: Astria publishes no prices, but
 * tells of each finished prompt what it cost, all its pictures together (`cost_mc`; Astria's
 * command line).
 */
export class PromptCosts {
	private readonly finished = new Map<number, Promise<JsonObject[]>>();

	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
	) {}

	/**
	 * @param tuneId the tune that the prompt runs on
	 * @param values of the prompt, by API name
	 * @returns US dollars, or `undefined` when the account has made nothing like it lately
	 * @throws AstriaAnswerError, ConnectionError
	 */
	async estimate(tuneId: number, values: Readonly<JsonObject>): Promise<number | undefined> {
		const pending = this.finished.get(tuneId) ?? this.read(tuneId);
		this.finished.set(tuneId, pending);
		const like = (await pending).find((prompt) =>
			PRICED.every((name) => sameSetting(prompt[name], values[name])),
		);
		const cost = like && costOf(like);
		return cost === undefined ? undefined : (cost / picturesOf(like ?? {})) * picturesOf(values);
	}

	/** Finished prompts of a tune whose cost is known, newest first. */
	private async read(tuneId: number): Promise<JsonObject[]> {
		const query = { tune_id: tuneId, limit: PAGE };
		const page = await this.client.read({ path: '/prompts', query, stage: 'input' }, this.timing);
		return readPrompts(page)
			.map(({ json }) => json)
			.filter((json) => costOf(json) !== undefined);
	}
}
