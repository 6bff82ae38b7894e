import pLimit from 'p-limit';

import { type Charged, copyOf, TryOnError } from '../../errors';
import { textOf } from '../../json';
import type { FilePicture } from '../../media/picture';
import { type Cost, sumOf } from '../../money';
import type { Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { costOfEntity, inDollars } from '../api/entity';
import { ifTold } from '../prompts/cost';
import { TuneCosts } from '../tunes/cost';
import type { TuneDriver } from '../tunes/driver';
import { findThere } from '../tunes/find';
import type { TuneRequest } from '../tunes/request';
import { baseOf, type DressEngine } from './dress';
import type { DressRequest } from './driver';
import type { TemporaryTunes } from './temporary';

/** How a garment's picture shows it. */
export type GarmentPhoto = 'auto' | 'flat' | 'worn';

/** A person or garment that has to be registered before a prompt can refer to it. */
export interface Unregistered {
	/** A picture of the item, or one that was fetched to be looked at. */
	picture: FilePicture;
	/** As Astria spells it. */
	className: string;
	/** Of a garment. */
	photo?: GarmentPhoto;
}

/** A registered picture. */
interface Registered {
	tuneId: number;
	className: string;
	/** Whether this run has made it. */
	isNew: boolean;
	/** US dollars, where Astria tells. */
	cost?: number;
}

/** For what references are registered. */
export interface ReferenceUse {
	engine: DressEngine;
	/** The partner model. */
	model: number;
	timing: Timing;
	/** Gets what is made for this use, also when the use fails halfway. */
	made: Registered[];
}

/** Digits of a hash that nobody has twice by chance. */
const HASH_DIGITS = 16;

/** What Flux reads from a title: its try-on treats a flat garment otherwise (Astria's trainer). */
const FLUX_MARKS: Record<GarmentPhoto, string> = {
	auto: '',
	flat: 'flat lay (flat-lay)',
	worn: 'worn by a model',
};

/** The same for the same bytes, class and engine, so that a reference is found and used again. */
export function referenceTitle(
	engine: DressEngine,
	{ picture, className, photo = 'auto' }: Unregistered,
): string {
	const hash = picture.sha256.slice(0, HASH_DIGITS);
	const forEngine = engine === 'partner' ? '' : engine;
	const mark = engine === 'flux' ? FLUX_MARKS[photo] : '';
	return ['n8n', hash, className, forEngine, mark].filter((part) => part !== '').join(' ');
}

/**
 * The tune that a picture is registered as, unless one is there that will do.
 *
 * @param mark of a run that makes its references for itself: nobody else must come to rely on one that
 * will be deleted
 */
function referenceRequest(
	title: string,
	{ picture, className }: Unregistered,
	use: Pick<ReferenceUse, 'engine' | 'model'>,
	mark?: string,
): TuneRequest {
	const own = mark === undefined ? title : `${title} ${mark}`;
	return {
		path: '/tunes',
		title: own,
		fields: { title: own, name: className, model_type: 'faceid', base_tune_id: baseOf(use) },
		pictures: [picture],
		orReuse: true,
		...(own !== title && { orTitled: title }),
	};
}

/** Registers pictures as FaceID tunes, each once, also over several runs. */
export class References {
	private readonly known = new Map<string, Promise<Registered>>();

	/**
	 * @param tunes a driver that waits for its tunes
	 * @param temporary keeps those that this run makes for itself, where it does
	 */
	constructor(
		private readonly tunes: TuneDriver,
		private readonly temporary?: Pick<TemporaryTunes, 'mark' | 'add'>,
	) {}

	/**
	 * @returns a tune of the account with the same picture and class, or a new one
	 * @throws AstriaAnswerError, ConnectionError, UnknownOutcomeError, StoppedError
	 */
	async register(part: Unregistered, use: ReferenceUse): Promise<Registered> {
		const title = referenceTitle(use.engine, part);
		const known = this.known.get(title);
		const pending = known ?? this.reuseOrMake(title, part, use);
		this.known.set(title, pending);
		try {
			return await pending;
		} catch (error) {
			if (this.known.get(title) === pending) this.known.delete(title);
			throw copyOf(error);
		}
	}

	private async reuseOrMake(
		title: string,
		part: Unregistered,
		use: ReferenceUse,
	): Promise<Registered> {
		const { className } = part;
		const request = referenceRequest(title, part, use, this.temporary?.mark);
		const { title: own } = request;
		const job = await this.tunes.submit(request, use.timing);
		const { tuneId, reused } = job;
		const registered: Registered = { tuneId, className, isNew: !reused };
		if (registered.isNew) {
			use.made.push(registered);
			this.temporary?.add(tuneId);
		}
		// A reference is ready at once; Astria's documentation promises it, the wait makes sure.
		const tune = await this.tunes.finish(job, use.timing);
		// An earlier try of this run may have made it, and never heard of it.
		if (own !== title && textOf(tune.title) === own) this.temporary?.add(tuneId);
		registered.cost = costOfEntity(tune);
		return registered;
	}
}

/**
 * Says in a row's error that its references stay, and whether they cost anything.
 *
 * @param made at least one
 * @param temporary whether they are to be deleted, so that no other run finds them
 */
export function withReferences(
	error: TryOnError,
	made: readonly Registered[],
	temporary: boolean,
): TryOnError {
	const ids = made.map(({ tuneId }) => String(tuneId));
	const free = made.every(({ cost }) => cost === 0);
	const paid = made.some(({ cost }) => cost !== undefined && cost > 0);
	const forReferences: Charged = free ? 'no' : paid ? 'yes' : 'unknown';
	const { charged } = error.details;
	error.message += ` Its pictures were registered as tune ${ids.join(', ')}${temporary ? '' : ', which the next run uses again'}.`;
	return error.add({ tuneIds: ids, charged: charged === 'no' ? forReferences : charged });
}

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
