import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { DRESS_FIELDS, GARMENT_FIELDS } from '../../../../lib/astria/fields/dress';
import { TUNE } from '../../../../lib/astria/fields/tune';
import type { Lookup } from '../../../../lib/astria/models/catalog';
import {
	type DressEngine,
	garmentClass,
	garmentOf,
	personOf,
	plainClass,
} from '../../../../lib/astria/tryOn/dress';
import type { Subject, Wear } from '../../../../lib/astria/tryOn/driver';
import type { GarmentPhoto, Unregistered } from '../../../../lib/astria/tryOn/references';
import type { Tune } from '../../../../lib/astria/tunes/tune';
import { InputError } from '../../../../lib/errors';
import type { PictureField } from '../../../../lib/fields/field';
import { pictureParameters, pictureSource } from '../../../../lib/fields/shared';
import { type ParameterReader, readField, readValues } from '../../../../lib/fields/values';
import { withoutDataUri } from '../../../../lib/media/picture';
import { fetchedPicture } from '../../../../lib/media/reach';
import { fieldProperties, fieldProperty } from '../../../shared/fieldProperty';
import { shownWhen } from '../../../shared/operation';
import { checkDistinct, readPicture } from '../../../shared/pictures';
import { readerOf, rowReader } from '../../../shared/row';
import { fileRules } from '../../shared/promptFields';
import type { AstriaSession } from '../../shared/session';

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
export const personProperties: INodeProperties[] = [
	...wearableProperties('person', PERSON),
	...forPictures('person', fieldProperties('person_class', DRESS_FIELDS.person_class)),
];

/** The parameter of the garments. */
export const garmentsProperty: INodeProperties = {
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
		const rules = { ...fileRules(field), isLocal: true };
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
