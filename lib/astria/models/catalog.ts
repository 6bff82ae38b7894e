import { InputError, TryOnError } from '../../errors';
import { isObject, numberOf, textOf } from '../../json';
import { mayPass, oncePer, type RetryPlan, type Timing, withRetries } from '../../time';
import type { AstriaClient } from '../api/client';
import { isGone } from '../api/errors';
import { videoModelLabel } from '../fields/promptVideo';
import { type Tune, tuneById } from '../tunes/tune';

/** Which rules a model's prompts are held to. */
export type Family = 'flux' | 'sd' | 'partner';

/** A model of a partner, such as Nano Banana, that takes prompts with references. */
export interface PartnerModel {
	/** Astria's short name. */
	name: string;
	/** Prompts are posted to this tune. */
	tuneId: number;
	title: string;
	/** Values of `resolution` that it is known to take. */
	resolutions: string[];
}

/** A model that makes videos. */
export interface VideoModel {
	name: string;
	label: string;
}

/** The models that Astria recommends today. */
interface ModelCatalog {
	/** The first is the default. */
	models: PartnerModel[];
	/** The first is the default. */
	videoModels: VideoModel[];
	/** Whether Astria's list could not be read, so that this is what is known without it. */
	isGuess?: true;
}

/** Astria's default of 2026, for when its list cannot be read (Astria's command line). */
export const FALLBACK_MODEL: PartnerModel = {
	name: 'nano-banana-2',
	tuneId: 4_180_298,
	title: 'Nano Banana 2',
	resolutions: ['1K', '2K', '4K'],
};

/** Flux1.dev, which Flux prompts are posted to (docs.astria.ai, Flux). */
export const FLUX_TUNE = 1_504_944;

/** Realistic Vision V5.1, the base of Stable Diffusion references (docs.astria.ai, FaceID). */
export const SD15_TUNE = 690_204;

/** The family of a tune by its `branch`; a mock tune (`fast`) has none of its own. */
export function familyOf(branch: unknown): Family | undefined {
	if (typeof branch !== 'string') return undefined;
	if (branch === 'partner-1' || branch.startsWith('gemini')) return 'partner';
	if (branch.startsWith('flux')) return 'flux';
	return branch === 'sd15' || branch === 'sdxl1' ? 'sd' : undefined;
}

function defaultFirst<Entry extends { name: string }>(entries: Entry[], name: unknown): Entry[] {
	return entries.sort((a, b) => Number(b.name === name) - Number(a.name === name));
}

function partnerModel([name, entry]: [string, unknown]): PartnerModel[] {
	if (!isObject(entry)) return [];
	const tuneId = numberOf(entry.tune_id);
	if (tuneId === undefined) return [];
	const resolutions = Array.isArray(entry.resolutions)
		? entry.resolutions.map(textOf).filter((size) => size !== undefined)
		: [];
	return [{ name, tuneId, title: textOf(entry.title) ?? name, resolutions }];
}

/**
 * Reads Astria's list of models (`GET /cli/models`).
 *
 * @returns what can be read of it; with the model of {@link FALLBACK_MODEL} where there is none
 */
export function readCatalog(answer: unknown): ModelCatalog {
	const body = isObject(answer) ? answer : {};
	const models = isObject(body.models) ? Object.entries(body.models).flatMap(partnerModel) : [];
	const videoModels = isObject(body.video_models)
		? Object.entries(body.video_models).map(([name, entry]) => ({
				name,
				label: (isObject(entry) ? textOf(entry.title) : undefined) ?? videoModelLabel(name),
			}))
		: [];
	return {
		models: models.length === 0 ? [FALLBACK_MODEL] : defaultFirst(models, body.default),
		videoModels: defaultFirst(videoModels, body.default_video_model),
	};
}

/** What the rows of a run name: tunes and models, each asked for once. */
export class Lookup {
	/** By id. @throws AstriaAnswerError 404 when there is none; ConnectionError, StoppedError */
	readonly get = oncePer(
		async (id: number) => await tuneById(this.client, this.timing, id, this.workspace),
	);

	private known?: Promise<ModelCatalog>;

	/** @param workspace in place of the credential's */
	constructor(
		private readonly client: AstriaClient,
		private readonly timing: Timing,
		private readonly workspace?: string,
	) {}

	/**
	 * Astria's list of models, or without an answer what is known of it. A picture's size depends on
	 * it: one lost answer shall not change what is bought.
	 */
	async catalog(): Promise<ModelCatalog> {
		const asked = async () =>
			await withRetries(this.timing, READS, async () => ask(this.client, this.timing.signal));
		this.known ??= catalogOf(asked());
		return await this.known;
	}

	/**
	 * A tune that a parameter names.
	 *
	 * @param label of the parameter
	 * @throws InputError when there is none
	 */
	async named(label: string, id: number): Promise<Tune> {
		const tune = await this.ifThere(id);
		if (tune) return tune;
		throw new InputError(
			label,
			`names tune ${id}, which Astria does not have`,
			'Pick another one: tunes are deleted 30 days after their training.',
		);
	}

	/** The same; `undefined` where Astria does not have it, or not in this workspace. */
	async ifThere(id: number): Promise<Tune | undefined> {
		return await this.get(id).catch((error: unknown) => {
			if (isGone(error)) return undefined;
			throw error;
		});
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

/** There is an answer without it: nobody waits as long for it as for what is bought. */
const READS: RetryPlan = { pausesMs: [1_000, 2_000, 4_000], again: mayPass };

/** Asks for Astria's list of models, for which no key is needed. */
async function ask(client: AstriaClient, signal?: AbortSignal): Promise<unknown> {
	return await client.readOnce({ path: '/cli/models' }, 'input', signal);
}

async function catalogOf(asked: Promise<unknown>): Promise<ModelCatalog> {
	const answer = await orFallback(asked, undefined);
	return { ...readCatalog(answer), ...(answer === undefined && { isGuess: true }) };
}

/**
 * Asks once for Astria's list of models.
 *
 * @returns the list, or without an answer what is known of it
 */
export async function fetchCatalog(client: AstriaClient): Promise<ModelCatalog> {
	return await catalogOf(ask(client));
}
