import { fieldsThatAre } from '../../fields/field';
import type { Cost } from '../../money';
import type { Timing } from '../../time';
import type { AstriaClient, Params } from '../api/client';
import { costOfEntity, inDollars, LONGEST_PAGE } from '../api/entity';
import { says } from '../api/errors';
import { TUNE_FIELDS } from '../fields/tune';
import { MOCK, type Tune, TUNES } from './tune';

/** What makes a tune dearer or cheaper than another one, as far as a tune shows it. */
const PRICED = fieldsThatAre('priced', TUNE_FIELDS);

/** Astria fills in what was not asked for, but not a model type: without one it is a checkpoint. */
function isLike(tune: Tune, fields: Params): boolean {
	return PRICED.every((name) => {
		const wanted = fields[name];
		if (wanted === undefined) return name !== 'model_type' || (tune[name] ?? null) === null;
		return tune[name] === wanted || Number(tune[name]) === wanted;
	});
}

/**
 * A training at no cost is a mock, or has failed and was given back. A reference is not trained: one
 * that is there and costs nothing is free.
 */
function tellsPrice(tune: Tune): boolean {
	const cost = costOfEntity(tune);
	const isReference = tune.model_type === 'faceid' && tune.branch !== MOCK;
	return cost !== undefined && (cost > 0 || (isReference && says(tune.trained_at)));
}

/**
 * Estimates tunes by what like tunes of the account have cost: Astria publishes no prices, but tells
 * of each tune what it cost (`cost_mc`; Astria's command line).
 */
export class TuneCosts {
	private known?: Promise<Tune[]>;

	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
	) {}

	/**
	 * @param fields of the tune, by API name; prompts that come with it are not in the price
	 * @returns `undefined` when the account has made nothing like it lately
	 * @throws AstriaAnswerError, ConnectionError
	 */
	async estimate(fields: Params): Promise<Cost | undefined> {
		this.known ??= this.read();
		const like = (await this.known).find((tune) => isLike(tune, fields));
		return inDollars(like && costOfEntity(like));
	}

	/** The newest tunes that tell what such a one costs. */
	private async read(): Promise<Tune[]> {
		const read = this.client.reader(this.timing, 'input');
		const tunes = await TUNES.own.page(read, {}, LONGEST_PAGE);
		return tunes.filter(tellsPrice);
	}
}
