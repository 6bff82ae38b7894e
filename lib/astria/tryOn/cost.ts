import pLimit from 'p-limit';

import { type Cost, sumOf } from '../../money';
import type { Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { inDollars } from '../api/entity';
import { ifTold } from '../prompts/cost';
import { TuneCosts } from '../tunes/cost';
import { findThere } from '../tunes/find';
import type { TuneRequest } from '../tunes/request';
import type { DressRequest } from './driver';
import { referenceRequest, referenceTitle, type Unregistered } from './references';

/** How many references are looked for at once. */
const LOOKS_AT_ONCE = 5;

function picturesOf({ person, garments }: DressRequest): Unregistered[] {
	return [person, ...garments].flatMap((part) => (part.kind === 'picture' ? part.part : []));
}

/**
 * What a run pays for the references of its try-ons: each picture is registered once, in the first row
 * that needs it, and one that is registered already costs nothing.
 */
export class ReferenceCosts {
	private readonly tunes: TuneCosts;
	private readonly limit = pLimit(LOOKS_AT_ONCE);
	/** What rows of this run pay for already, by the titles of the references. */
	private readonly counted = new Set<string>();

	/** @param mark of the run's own references, where it makes them for itself */
	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
		private readonly mark?: string,
	) {
		this.tunes = new TuneCosts(client, timing);
	}

	/**
	 * What a row adds to the references of the run. It is asked for once for each row that is bought.
	 *
	 * @returns `undefined` where the account has made no like reference, or cannot be asked
	 * @throws AstriaAnswerError when the account is at fault
	 */
	async costOf(request: DressRequest): Promise<Cost | undefined> {
		const { engine, model } = request;
		const use = { engine, model: model.tuneId };
		const added = new Map(
			picturesOf(request).map((part) => [referenceTitle(engine, part), part] as const),
		);
		for (const title of added.keys()) {
			if (this.counted.has(title)) added.delete(title);
			this.counted.add(title);
		}
		const costs = [...added].map(async ([title, part]) =>
			this.limit(async () => this.priceOf(referenceRequest(title, part, use, this.mark))),
		);
		const { cost, unknown } = sumOf([inDollars(0), ...(await Promise.all(costs))]);
		return unknown > 0 ? undefined : cost;
	}

	private async priceOf(request: TuneRequest): Promise<Cost | undefined> {
		const there = await ifTold(findThere(this.client, this.timing, request));
		return there ? inDollars(0) : await ifTold(this.tunes.estimate(request.fields));
	}
}
