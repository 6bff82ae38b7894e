import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { DRESS_FIELDS, DRESS_SETTINGS, GARMENT_FIELDS } from '../../../../lib/astria/fields/dress';
import { PARTNER_MODEL } from '../../../../lib/astria/fields/entities';
import { TUNE } from '../../../../lib/astria/fields/tune';
import type { Family, Lookup } from '../../../../lib/astria/models/catalog';
import { checkPrompt, type PromptRequest } from '../../../../lib/astria/prompts/request';
import {
	type DressEngine,
	garmentClass,
	garmentOf,
	personOf,
	plainClass,
} from '../../../../lib/astria/tryOn/dress';
import {
	dressPrompt,
	type DressRequest,
	type Subject,
	type Wear,
} from '../../../../lib/astria/tryOn/driver';
import type { GarmentPhoto, Unregistered } from '../../../../lib/astria/tryOn/references';
import type { Tune } from '../../../../lib/astria/tunes/tune';
import { InputError } from '../../../../lib/errors';
import type { OptionsField, PictureField } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS, pictureParameters, pictureSource } from '../../../../lib/fields/shared';
import { type ParameterReader, readField, readValues } from '../../../../lib/fields/values';
import { withoutDataUri } from '../../../../lib/media/picture';
import { fetchedPicture } from '../../../../lib/media/reach';
import {
	addedCollection,
	fieldProperties,
	fieldProperty,
	panelProperties,
} from '../../../shared/fieldProperty';
import { shownWhen } from '../../../shared/operation';
import { checkDistinct, readPicture } from '../../../shared/pictures';
import { readerOf, rowReader } from '../../../shared/row';
import { fileRules } from '../../shared/promptFields';
import type { AstriaSession } from '../../shared/session';
import { readDistinct, readOwnParts } from './request';

const PERSON: PictureField = {
	type: 'picture',
	label: 'Person',
	help: 'The person to dress. The picture is registered with Astria as a reference, once.',
	required: true,
};

const GARMENT: PictureField = {
	type: 'picture',
	label: 'Garment',
	help: 'The garment to put on. The picture is registered with Astria as a reference, once.',
	required: true,
};

const GARMENTS_LABEL = 'Garments';

/** The choice of where a picture comes from, which may be a tune as well. */
function wearableSource(field: Pick<PictureField, 'label'>) {
	const { options, ...choice } = pictureSource(field);
	const { binary, address } = options;
	const tune = { label: 'Tune', help: 'A tune of your account, or a public one' };
	return { ...choice, options: { binary, tune, address } };
}

const tuneParameter = (name: string) => `${name}_tune`;

function tuneFieldOf({ label }: PictureField) {
	return { ...TUNE, label: `${label} Tune`, help: `The tune of the ${label.toLowerCase()}.` };
}

/** The parameters of a picture that may be a tune as well. */
function wearableProperties(name: string, field: PictureField): INodeProperties[] {
	const { source } = pictureParameters(name);
	const [choice, ...pictures] = fieldProperties(name, field);
	const { options } = fieldProperty(source, wearableSource(field));
	return [
		...(choice ? [{ ...choice, options }] : []),
		...shownWhen({ [source]: ['tune'] }, fieldProperties(tuneParameter(name), tuneFieldOf(field))),
		...pictures,
	];
}

/** Shown for pictures only: a tune has a class of its own. */
function forPictures(name: string, properties: INodeProperties[]): INodeProperties[] {
	const { source } = pictureParameters(name);
	return shownWhen({ [source]: Object.keys(pictureSource(PERSON).options) }, properties);
}

/** The parameters of the person. */
const personProperties: INodeProperties[] = [
	...wearableProperties('person', PERSON),
	...forPictures('person', fieldProperties('person_class', DRESS_FIELDS.person_class)),
];

/** The parameter of the garments. */
const garmentsProperty: INodeProperties = {
	displayName: GARMENTS_LABEL,
	name: 'garments',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	default: {},
	required: true,
	placeholder: 'Add Garment',
	description: 'What the person puts on',
	options: [
		{
			name: 'garment',
			displayName: 'Garment',
			values: [
				...wearableProperties('garment', GARMENT),
				...forPictures('garment', fieldProperties('garment_class', GARMENT_FIELDS.garment_class)),
				...fieldProperties('garment_photo', GARMENT_FIELDS.garment_photo),
			],
		},
	],
};

/** Reads the persons and garments of a run's rows. */
export class DressPartReader {
	/** Pictures by field, which an error names, and address: what several rows name is fetched once. */
	private readonly fetched = new Map<string, ReturnType<typeof fetchedPicture>>();

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly session: AstriaSession,
		readonly lookup: Lookup,
	) {}

	/** @throws InputError */
	async person(row: number, engine: DressEngine): Promise<Subject> {
		const parameter = rowReader(this.context, row);
		const tune = await this.tuneOf('person', PERSON, parameter);
		if (tune) return { kind: 'tune', person: personOf(engine, tune, PERSON.label) };
		const { person_class } = readValues(DRESS_FIELDS, parameter);
		const className = plainClass(person_class ?? DRESS_FIELDS.person_class.default);
		const picture = await this.picture(row, 'person', PERSON, parameter);
		return { kind: 'picture', part: { picture, className } };
	}

	/** @throws InputError also when one is the picture of the person */
	async garments(row: number, engine: DressEngine, person: Subject): Promise<Wear[]> {
		const listed = readerOf(this.context.getNodeParameter('garments', row, {}))('garment');
		const given: unknown[] = Array.isArray(listed) ? listed : [];
		if (given.length === 0) {
			throw new InputError(GARMENTS_LABEL, 'is empty', 'Add what the person puts on.');
		}
		const garments: Wear[] = [];
		for (const [index, entry] of given.entries()) {
			const label = given.length > 1 ? `${GARMENT.label} ${index + 1}` : GARMENT.label;
			const wear = await this.garment(row, engine, readerOf(entry), { ...GARMENT, label });
			if (person.kind === 'picture' && wear.kind === 'picture') {
				const dressed = { label: PERSON.label, picture: person.part.picture };
				checkDistinct(this.context, row, dressed, { label, picture: wear.part.picture });
			}
			garments.push(wear);
		}
		return garments;
	}

	private async garment(
		row: number,
		engine: DressEngine,
		parameter: ParameterReader,
		field: PictureField,
	): Promise<Wear> {
		const { garment_class: OF_PICTURE, ...OF_ANY } = GARMENT_FIELDS;
		const photo: GarmentPhoto = readValues(OF_ANY, parameter).garment_photo ?? 'auto';
		const tune = await this.tuneOf('garment', field, parameter);
		// A tune has a class of its own, and the panel shows none for it.
		if (tune) return { kind: 'tune', garment: garmentOf(engine, tune, field.label), photo, tune };
		const { garment_class } = readValues({ garment_class: OF_PICTURE }, parameter);
		const word = garment_class ?? GARMENT_FIELDS.garment_class.default;
		const className = garmentClass(engine, word, GARMENT_FIELDS.garment_class.label);
		const picture = await this.picture(row, 'garment', field, parameter);
		return { kind: 'picture', photo, part: { picture, className, photo } };
	}

	/** The tune that stands for a picture; `undefined` when there is a picture. */
	private async tuneOf(
		name: string,
		field: PictureField,
		parameter: ParameterReader,
	): Promise<Tune | undefined> {
		const { source } = pictureParameters(name);
		if (readField(wearableSource(field), parameter(source)) !== 'tune') return undefined;
		const tuneField = tuneFieldOf(field);
		const id = readField(tuneField, parameter(tuneParameter(name)));
		return await this.lookup.named(tuneField.label, id);
	}

	private async picture(
		row: number,
		name: string,
		field: PictureField,
		parameter: ParameterReader,
	): Promise<Unregistered['picture']> {
		// n8n opens it, and Astria gets the bytes.
		const rules = { ...fileRules(field), opener: 'n8n' } as const;
		const given = await readPicture(this.context, row, name, rules, parameter);
		const picture = await withoutDataUri(rules, given);
		if (picture.kind === 'file') return picture;
		const { address } = picture;
		const { door, timing } = this.session;
		const key = `${rules.label} ${address}`;
		const fetched = this.fetched.get(key) ?? fetchedPicture(door, timing, rules, address);
		this.fetched.set(key, fetched);
		return await fetched;
	}
}

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
	// The rules of the prompt are checked before its tunes are made.
	const prompt = previewOf(request);
	const draft = { values: prompt.values, files: new Set(Object.keys(prompt.files)) };
	checkPrompt(draft, FAMILIES[engine]);
	return request;
}
