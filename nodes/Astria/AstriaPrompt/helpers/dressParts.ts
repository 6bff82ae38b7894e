import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { garmentOf, personOf } from '../../../../lib/astria/tryOn/dress';
import { type DressEngine, garmentClass, plainClass } from '../../../../lib/astria/tryOn/classes';
import type { Subject, Wear } from '../../../../lib/astria/tryOn/driver';
import type { GarmentPhoto, Unregistered } from '../../../../lib/astria/tryOn/references';
import { ASTRIA } from '../../../../lib/astria/api/errors';
import { textOf } from '../../../../lib/astria/api/json';
import type { TuneLookup } from '../../../../lib/astria/models/lookup';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import { InputError } from '../../../../lib/errors';
import { DRESS_FIELDS, GARMENT_FIELDS } from '../../../../lib/astria/fields/dress';
import { TUNE } from '../../../../lib/astria/fields/tune';
import { readField } from '../../../../lib/fields/coerce';
import type { PictureField, TuneField } from '../../../../lib/fields/field';
import { withoutDataUri } from '../../../../lib/media/picture';
import { fetchedPicture } from '../../../../lib/media/reach';
import {
	fieldProperties,
	PICTURE_SOURCES,
	pictureParameters,
	tableProperties,
} from '../../../shared/fieldProperty';
import {
	type ParameterReader,
	readPicture,
	readValues,
	rowReader,
} from '../../../shared/readFields';
import { fileRules } from '../../shared/files';
import { readerOf } from '../../shared/promptGroups';
import type { Session } from '../../shared/session';

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

/** The source that is no picture. */
const FROM_TUNE = 'tune';

const SOURCES = [
	...PICTURE_SOURCES,
	{ name: 'Tune', value: FROM_TUNE, description: 'A tune of your account, or a public one' },
].sort((a, b) => a.name.localeCompare(b.name));

const tuneParameter = (name: string) => `${name}_tune`;

function tuneFieldOf({ label }: PictureField): TuneField {
	return { ...TUNE, label: `${label} Tune`, help: `The tune of the ${label.toLowerCase()}.` };
}

/** The parameters of a picture that may be a tune as well. */
function wearableProperties(
	name: string,
	field: PictureField,
	displayOptions: IDisplayOptions,
): INodeProperties[] {
	const { source } = pictureParameters(name);
	const isTune = { ...displayOptions, show: { ...displayOptions.show, [source]: [FROM_TUNE] } };
	const [choice, ...pictures] = fieldProperties(name, field, displayOptions);
	return [
		...(choice ? [{ ...choice, options: SOURCES }] : []),
		...fieldProperties(tuneParameter(name), tuneFieldOf(field), isTune),
		...pictures,
	];
}

/** Shown for pictures only: a tune has a class of its own. */
function forPictures(name: string, displayOptions: IDisplayOptions): IDisplayOptions {
	const { source } = pictureParameters(name);
	const values = PICTURE_SOURCES.map(({ value }) => value);
	return { ...displayOptions, show: { ...displayOptions.show, [source]: values } };
}

/** The parameters of the person. */
export function personProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	return [
		...wearableProperties('person', PERSON, displayOptions),
		...fieldProperties(
			'person_class',
			DRESS_FIELDS.person_class,
			forPictures('person', displayOptions),
		),
	];
}

/** The parameter of the garments. */
export function garmentsProperty(displayOptions: IDisplayOptions): INodeProperties {
	const { garment_class, garment_photo } = GARMENT_FIELDS;
	return {
		displayName: GARMENTS_LABEL,
		name: 'garments',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		default: {},
		required: true,
		placeholder: 'Add Garment',
		description: 'What the person puts on',
		displayOptions,
		options: [
			{
				name: 'garment',
				displayName: 'Garment',
				values: [
					...wearableProperties('garment', GARMENT, {}),
					...fieldProperties('garment_class', garment_class, forPictures('garment', {})),
					...tableProperties({ garment_photo }),
				],
			},
		],
	};
}

/** Reads the persons and garments of a run's rows. */
export class DressPartReader {
	/** Pictures by address: what several rows name is fetched once. */
	private readonly fetched = new Map<string, ReturnType<typeof fetchedPicture>>();

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly session: Session,
		private readonly lookup: TuneLookup,
	) {}

	/** @throws InputError */
	async person(row: number, engine: DressEngine): Promise<Subject> {
		const parameter = rowReader(this.context, row);
		const tune = await this.tuneOf('person', PERSON, parameter);
		if (tune) return { kind: 'tune', person: personOf(engine, tune, PERSON.label) };
		const { person_class } = readValues(ASTRIA, DRESS_FIELDS, parameter);
		const className = plainClass(textOf(person_class) ?? DRESS_FIELDS.person_class.default);
		const picture = await this.picture(row, 'person', PERSON, parameter);
		return { kind: 'picture', part: { picture, className } };
	}

	/** @throws InputError */
	async garments(row: number, engine: DressEngine): Promise<Wear[]> {
		const listed = readerOf(this.context.getNodeParameter('garments', row, {}))('garment');
		const given: unknown[] = Array.isArray(listed) ? listed : [];
		if (given.length === 0) {
			throw new InputError(ASTRIA, GARMENTS_LABEL, 'is empty', 'Add what the person puts on.');
		}
		const garments: Wear[] = [];
		for (const [index, entry] of given.entries()) {
			const label = given.length > 1 ? `${GARMENT.label} ${index + 1}` : GARMENT.label;
			garments.push(await this.garment(row, engine, readerOf(entry), { ...GARMENT, label }));
		}
		return garments;
	}

	private async garment(
		row: number,
		engine: DressEngine,
		parameter: ParameterReader,
		field: PictureField,
	): Promise<Wear> {
		const { garment_class, garment_photo } = readValues(ASTRIA, GARMENT_FIELDS, parameter);
		const photo = photoOf(garment_photo);
		const tune = await this.tuneOf('garment', field, parameter);
		if (tune) return { kind: 'tune', garment: garmentOf(engine, tune, field.label), photo, tune };
		const word = textOf(garment_class) ?? GARMENT_FIELDS.garment_class.default;
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
		if (parameter(pictureParameters(name).source) !== FROM_TUNE) return undefined;
		const tuneField = tuneFieldOf(field);
		const id = Number(readField(ASTRIA, tuneField, parameter(tuneParameter(name))));
		return await this.lookup.named(tuneField.label, id);
	}

	private async picture(
		row: number,
		name: string,
		field: PictureField,
		parameter: ParameterReader,
	): Promise<Unregistered['picture']> {
		const rules = fileRules(field);
		const given = await readPicture(this.context, row, name, rules, parameter);
		const picture = await withoutDataUri(rules, given);
		if (picture.kind === 'file') return picture;
		const { address } = picture;
		const { door, timing } = this.session;
		const fetched = this.fetched.get(address) ?? fetchedPicture(door, timing, rules, address);
		this.fetched.set(address, fetched);
		return await fetched;
	}
}

function photoOf(value: unknown): GarmentPhoto {
	return value === 'flat' || value === 'worn' ? value : 'auto';
}
