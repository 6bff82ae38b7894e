import type { IDataObject } from 'n8n-workflow';

import { JobFailedError, TryOnError } from '../../errors';
import type { JobDriver } from '../../jobs/driver';
import { hashOf, type JsonObject, numbersOf } from '../../json';
import { keyOf } from '../../media/picture';
import type { Timing } from '../../time';
import { addressesOf } from '../api/entity';
import { ASTRIA } from '../api/errors';
import { type PromptDriver, type PromptJob, revivePrompt } from '../prompts/driver';
import type { Prompt } from '../prompts/prompt';
import type { PromptRequest } from '../prompts/request';
import type { Tune } from '../tunes/tune';
import {
	type DressEngine,
	type DressGarment,
	dressHost,
	type DressPerson,
	agreeing,
	dressPresets,
	dressText,
} from './dress';
import {
	type GarmentPhoto,
	type References,
	type ReferenceUse,
	type Unregistered,
	withReferences,
} from './references';
import type { TemporaryTunes } from './temporary';

/** The person of a row. */
export type Subject =
	| { kind: 'tune'; person: DressPerson }
	| { kind: 'picture'; part: Unregistered };

/** A garment of a row. */
export type Wear =
	| { kind: 'tune'; garment: DressGarment; photo: GarmentPhoto; tune: Tune }
	| { kind: 'picture'; photo: GarmentPhoto; part: Unregistered };

/** A try-on, checked and complete. */
export interface DressRequest {
	engine: DressEngine;
	/** The partner model. */
	model: { tuneId: number; resolutions: readonly string[] };
	person: Subject;
	garments: readonly Wear[];
	scene: string;
	/** What the user sets, by API name. */
	values: Readonly<JsonObject>;
	files: PromptRequest['files'];
	distinct: boolean;
	/** As in a `PromptRequest`. */
	chosenSeed?: number;
}

/** A try-on prompt that Astria has taken. */
export type DressJob = PromptJob & {
	/** The tunes of the person and the garments, in this order. */
	tuneIds: number[];
};

const partOf = ({ picture, className }: Unregistered) => [keyOf(picture), className];

/** The picture to take the pose from: the user's own, or a garment that a person wears. */
export function withPose({
	engine,
	garments,
	files,
}: Pick<DressRequest, 'engine' | 'garments' | 'files'>): PromptRequest['files'] {
	if (engine === 'partner' || files.input_image !== undefined) return files;
	const worn = garments.find(({ photo }) => photo === 'worn');
	if (worn === undefined) return files;
	if (worn.kind === 'picture') return { ...files, input_image: [worn.part.picture] };
	const [address] = addressesOf(worn.tune.orig_images);
	return address === undefined ? files : { ...files, input_image: [{ kind: 'address', address }] };
}

/** The prompt of a try-on whose pictures are registered. */
export function dressPrompt(
	request: Omit<DressRequest, 'person'>,
	person: DressPerson,
	garments: readonly DressGarment[],
): PromptRequest {
	const { engine, model, scene, values, distinct, chosenSeed } = request;
	const files = withPose(request);
	const hasPose = files.input_image !== undefined;
	const plan = { engine, model: model.tuneId, person, garments, scene, hasPose };
	const presets = agreeing(dressPresets(plan, model.resolutions), values);
	return {
		target: { kind: 'tune', tuneId: dressHost(plan) },
		values: { text: dressText(plan), ...presets, ...values },
		files,
		distinct,
		...(chosenSeed !== undefined && { chosenSeed }),
	};
}

/** Reads a try-on back from where it was kept; `undefined` when it is none. */
export function reviveTryOn(stored: IDataObject): DressJob | undefined {
	const job = revivePrompt(stored);
	if (!job) return undefined;
	return { ...job, tuneIds: numbersOf(stored.tuneIds) };
}

/** Try-ons: what is a picture is registered first, then a prompt refers to it. */
export class DressDriver implements JobDriver<DressRequest, DressJob> {
	readonly service = ASTRIA;
	readonly noun = 'Prompt';
	/** Failures of prompts that Astria certainly did not take; only their references cost. */
	private readonly notTaken = new WeakSet<TryOnError>();

	constructor(
		private readonly prompts: PromptDriver,
		private readonly references: References,
		private readonly temporary?: Pick<TemporaryTunes, 'hold' | 'release' | 'holdUnsettled'>,
	) {}

	/** A model is known by its tune: what Astria's list says of it today is not what was asked for. */
	fingerprint(request: DressRequest): string {
		const { person, garments, files, model, chosenSeed: _ofTheNode, ...rest } = request;
		const subject = person.kind === 'tune' ? person.person : partOf(person.part);
		const worn = garments.map((wear) => [
			wear.kind === 'tune' ? wear.garment : partOf(wear.part),
			wear.photo,
		]);
		const contents = Object.entries(files).map(([name, list]) => [name, list.map(keyOf)]);
		return hashOf([subject, worn, contents, model.tuneId, rest]);
	}

	async submit(request: DressRequest, timing: Timing): Promise<DressJob> {
		const use: ReferenceUse = {
			engine: request.engine,
			model: request.model.tuneId,
			timing,
			made: [],
		};
		let isSent = false;
		try {
			const { person, garments } = await this.registerAll(request, use);
			isSent = true;
			const tuneIds = [person.tuneId, ...garments.map(({ tuneId }) => tuneId)];
			const job = await this.buyPrompt(dressPrompt(request, person, garments), tuneIds, timing);
			this.temporary?.hold(job.promptId, tuneIds);
			return { ...job, tuneIds };
		} catch (error) {
			if (!(error instanceof TryOnError)) throw error;
			const { charged } = error.details;
			// A reference that was paid for is found again by its title, and the prompt was not sent.
			if (charged === 'no' || (charged === 'yes' && !isSent)) this.notTaken.add(error);
			if (use.made.length === 0) throw error;
			throw withReferences(error, use.made, this.temporary !== undefined);
		}
	}

	maySubmitAgain(error: TryOnError): boolean {
		return this.notTaken.has(error);
	}

	revive(stored: IDataObject): DressJob | undefined {
		const job = this.prompts.revive(stored) && reviveTryOn(stored);
		if (job) this.temporary?.hold(job.promptId, job.tuneIds);
		return job;
	}

	async finish(job: DressJob, timing: Timing): Promise<Prompt> {
		try {
			return await this.prompts.finish(job, timing);
		} catch (error) {
			// Whatever else ends the wait, the prompt may go on.
			if (error instanceof JobFailedError) this.temporary?.release(job.promptId);
			throw error;
		}
	}

	idOf(job: DressJob): string {
		return this.prompts.idOf(job);
	}

	private async buyPrompt(
		request: PromptRequest,
		tuneIds: readonly number[],
		timing: Timing,
	): Promise<PromptJob> {
		try {
			return await this.prompts.submit(request, timing);
		} catch (error) {
			const isRefused = error instanceof TryOnError && error.details.charged === 'no';
			if (!isRefused && this.temporary) {
				this.temporary.holdUnsettled(tuneIds);
				if (error instanceof TryOnError) error.add({ promptTuneIds: tuneIds.map(String) });
			}
			throw error;
		}
	}

	private async registerAll(
		{ person, garments }: DressRequest,
		use: ReferenceUse,
	): Promise<{ person: DressPerson; garments: DressGarment[] }> {
		const subject = this.personOf(person, use);
		const worn = garments.map(async (wear) =>
			wear.kind === 'tune' ? wear.garment : await this.references.register(wear.part, use),
		);
		// What was made is known only when all of them have ended.
		await Promise.allSettled([subject, ...worn]);
		return { person: await subject, garments: await Promise.all(worn) };
	}

	private async personOf(person: Subject, use: ReferenceUse): Promise<DressPerson> {
		if (person.kind === 'tune') return person.person;
		const { tuneId, className } = await this.references.register(person.part, use);
		return { tuneId, className, kind: 'faceid', token: '' };
	}
}
