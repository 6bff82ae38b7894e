import { InputError, TryOnError } from '../../errors';
import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { isGone } from '../api/errors';
import { numberOf } from '../api/json';
import { type Family, familyOf, type ModelCatalog, readCatalog } from './catalog';
import { getTune, type Tune } from '../tunes/calls';

/** The tunes that the rows of a run name, each asked for once. */
export class TuneLookup {
	private readonly tunes = new Map<number, Promise<Tune>>();

	/** @param workspace in place of the credential's */
	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
		private readonly workspace?: string,
	) {}

	/** @throws AstriaAnswerError 404 when there is none; ConnectionError, StoppedError */
	async get(id: number): Promise<Tune> {
		const tune = this.tunes.get(id) ?? getTune(this.client, this.timing, id, this.workspace);
		this.tunes.set(id, tune);
		return await tune;
	}

	/**
	 * A tune that a parameter names.
	 *
	 * @param label of the parameter
	 * @throws InputError when there is none
	 */
	async named(label: string, id: number): Promise<Tune> {
		try {
			return await this.get(id);
		} catch (error) {
			if (!isGone(error)) throw error;
			throw new InputError(
				label,
				`names tune ${id}, which Astria does not have`,
				'Pick another one: tunes are deleted 30 days after their training.',
			);
		}
	}

	/**
	 * @returns the family of a tune, a mock's that of its base; `undefined` when Astria does not
	 * tell, since a rule that cannot be checked is left to Astria
	 */
	async familyOf(id: number): Promise<Family | undefined> {
		try {
			const tune = await this.get(id);
			const base = numberOf(tune.base_tune_id);
			const own = familyOf(tune.branch);
			return own ?? (base === undefined ? undefined : familyOf((await this.get(base)).branch));
		} catch (error) {
			if (error instanceof TryOnError && !this.timing.signal?.aborted) return undefined;
			throw error;
		}
	}
}

/**
 * Does without what Astria cannot be asked for just now.
 *
 * @returns what `work` gives, or the fallback when it fails as services fail
 */
export async function orFallback<T>(work: Promise<T>, fallback: T): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof TryOnError) return fallback;
		throw error;
	}
}

/**
 * Asks once for Astria's list of models, for which no key is needed.
 *
 * @returns the list, or without an answer what is known of it
 */
export async function fetchCatalog(
	client: AstriaClient,
	signal?: AbortSignal,
): Promise<ModelCatalog> {
	const answer = client.readOnce({ path: '/cli/models' }, 'input', signal);
	return readCatalog(await orFallback(answer, undefined));
}

/** Astria's list of models, asked for once in a run. */
export class CatalogLookup {
	private catalog?: Promise<ModelCatalog>;

	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
	) {}

	async get(): Promise<ModelCatalog> {
		this.catalog ??= fetchCatalog(this.client, this.timing.signal);
		return await this.catalog;
	}
}
