import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { DRESS_FIELDS, DRESS_SETTINGS } from '../../../../lib/astria/fields/dress';
import { PARTNER_MODEL } from '../../../../lib/astria/fields/entities';
import type { Family, Lookup } from '../../../../lib/astria/models/catalog';
import { followPrompts } from '../../../../lib/astria/prompts/driver';
import type { Prompt } from '../../../../lib/astria/prompts/prompt';
import { checkPrompt, type PromptRequest } from '../../../../lib/astria/prompts/request';
import type { DressEngine } from '../../../../lib/astria/tryOn/dress';
import {
	type DressJob,
	dressPrompt,
	type DressRequest,
	reviveTryOn,
} from '../../../../lib/astria/tryOn/driver';
import type { TemporaryTunes } from '../../../../lib/astria/tryOn/temporary';
import { JobFailedError } from '../../../../lib/errors';
import type { OptionsField } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import { readField } from '../../../../lib/fields/values';
import type { Followed } from '../../../../lib/jobs/follow';
import type { FileStore } from '../../../../lib/media/download';
import type { RowItem } from '../../../shared/errorRow';
import {
	addedCollection,
	fieldProperties,
	fieldProperty,
	panelProperties,
} from '../../../shared/fieldProperty';
import { shownWhen } from '../../../shared/operation';
import type { AstriaSession } from '../../shared/session';
import { type DressPartReader, garmentsProperty, personProperties } from './dressParts';
import { followedItem } from './makePrompts';
import { readDistinct, readOwnParts } from './request';
import { settleTemporary } from './temporaryTunes';

/** Rules of the models that each engine runs on. */
const FAMILIES: Record<DressEngine, Family> = { partner: 'partner', flux: 'flux', v1: 'sd' };

const ENGINE = {
	type: 'options',
	label: 'Engine',
	help: 'What dresses the person',
	options: {
		v1: { label: 'Backend V1', help: 'Stable Diffusion, for a person trained on it' },
		flux: { label: 'Flux', help: 'Flux1.dev, for a LoRA of a person' },
		partner: {
			label: 'Partner Model',
			help: 'Nano Banana and others: any garment, ready at once',
		},
	},
	default: 'partner',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField<DressEngine>;

const engineProperties: INodeProperties[] = [
	fieldProperty('engine', ENGINE),
	...shownWhen({ engine: ['partner'] }, fieldProperties('model', PARTNER_MODEL)),
];

/** The parameters of a try-on. */
export const dressProperties: INodeProperties[] = [
	...engineProperties,
	...personProperties,
	garmentsProperty,
	...fieldProperties('scene', DRESS_FIELDS.scene),
	...panelProperties(DRESS_SETTINGS),
];

/** The other settings of a try-on, and the fields of tomorrow. */
export const dressAddedProperties: INodeProperties[] = [
	addedCollection({ ...DRESS_SETTINGS, additional_fields: ADDITIONAL_FIELDS }),
];

/** Runs that have been told so. */
const told = new WeakSet<Lookup>();

/** Says, once in a run, that pictures may come out in another size than usual. */
function tellOfSize(context: IExecuteFunctions, lookup: Lookup, model: number): void {
	if (told.has(lookup)) return;
	told.add(lookup);
	context.addExecutionHints({
		type: 'warning',
		location: 'outputPane',
		message: `Astria's list of models could not be read, so that the sizes of model ${model} are not known: its pictures have the size that it makes by itself, unless 'Resolution' is set.`,
	});
}

async function readModel(
	context: IExecuteFunctions,
	row: number,
	lookup: Lookup,
): Promise<DressRequest['model']> {
	const { models, isGuess } = await lookup.catalog();
	const given = readField(PARTNER_MODEL, context.getNodeParameter('model', row, ''));
	if (given !== undefined) {
		const known = models.find(({ tuneId }) => tuneId === given);
		if (!known && isGuess) tellOfSize(context, lookup, given);
		return known ?? { tuneId: given, resolutions: [] };
	}
	const [recommended = { tuneId: 0, resolutions: [] }] = models;
	return recommended;
}

/** The prompt as it will be, with tunes that do not exist yet. */
export function previewOf(request: DressRequest): PromptRequest {
	const { person, garments } = request;
	const subject =
		person.kind === 'tune'
			? person.person
			: { ...person.part, tuneId: 0, kind: 'faceid' as const, token: '' };
	const worn = garments.map((wear) =>
		wear.kind === 'tune' ? wear.garment : { ...wear.part, tuneId: 0 },
	);
	return dressPrompt(request, subject, worn);
}

/** The rules of the prompt are checked before its tunes are made. */
function checkRules(request: DressRequest): void {
	const { values, files } = previewOf(request);
	checkPrompt({ values, files: new Set(Object.keys(files)) }, FAMILIES[request.engine]);
}

/**
 * Reads and checks a try-on; nothing is registered yet.
 *
 * @throws InputError
 */
export async function readDressRequest(
	context: IExecuteFunctions,
	row: number,
	parts: DressPartReader,
): Promise<DressRequest> {
	const engine = readField(ENGINE, context.getNodeParameter('engine', row, ''));
	const scene = readField(DRESS_FIELDS.scene, context.getNodeParameter('scene', row, ''));
	const { values, files, additional } = await readOwnParts(context, row);
	const person = await parts.person(row, engine);
	const request: DressRequest = {
		engine,
		model:
			engine === 'partner'
				? await readModel(context, row, parts.lookup)
				: { tuneId: 0, resolutions: [] },
		person,
		garments: await parts.garments(row, engine, person),
		scene: scene ?? '',
		values: { ...values, ...additional },
		files,
		distinct: readDistinct(context, row),
	};
	checkRules(request);
	return request;
}

/** Columns of a try-on that is taken. */
export function dressColumns({ tuneIds }: DressJob): IDataObject {
	return { tuneIds };
}

/**
 * Try-ons that somebody else has bought.
 *
 * @param temporary the tunes that are deleted once nothing needs them any more
 */
export function followedTryOns(
	store: FileStore,
	session: AstriaSession,
	temporary: TemporaryTunes | undefined,
): Followed<DressJob, Prompt, RowItem> {
	const prompts = followPrompts(session.client);
	return {
		...prompts,
		driver: {
			...prompts.driver,
			revive: (stored) => {
				const job = reviveTryOn(stored);
				if (job) temporary?.hold(job.promptId, job.tuneIds);
				return job;
			},
		},
		finish: async (job, readIn) => {
			const prompt = prompts.finish(job, readIn);
			prompt.catch((error: unknown) => {
				if (error instanceof JobFailedError) temporary?.release(job.promptId);
			});
			return await prompt;
		},
		collect: async (job, prompt, order) => {
			const item = await followedItem(store, session, job, prompt, order, dressColumns(job));
			if (item.json.downloadError === undefined) temporary?.release(job.promptId);
			return item;
		},
		settle: async (outcomes, settledIn) => {
			if (temporary) await settleTemporary(temporary, settledIn, outcomes);
		},
	};
}
