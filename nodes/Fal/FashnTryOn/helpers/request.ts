import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { about, InputError } from '../../../../lib/errors';
import {
	checkEndpointId,
	checkRequestId,
	type FalJob,
	isEndpointId,
} from '../../../../lib/fal/client';
import type { FalRequest } from '../../../../lib/fal/driver';
import { ENDPOINTS, fieldsOf, LEGACY_FIELDS, TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import { REQUEST_OPTIONS } from '../../../../lib/fal/fields/options';
import type { FieldTable, OptionsField } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import {
	isUnset,
	type ParameterReader,
	readField,
	readValues,
} from '../../../../lib/fields/values';
import type { Picture, PictureRules } from '../../../../lib/media/picture';
import { checkCallback } from '../../../../lib/url';
import { addedCollection, fieldProperty, panelProperties } from '../../../shared/fieldProperty';
import { shownWhen } from '../../../shared/operation';
import { checkDistinct, readOutputOptions, readPicture } from '../../../shared/pictures';
import { collectionReader, fieldReader } from '../../../shared/row';
import type { FalSession } from '../../shared/session';

const CUSTOM = 'custom';

const ENDPOINT = {
	type: 'options',
	label: 'Endpoint',
	help: 'The version of FASHN to use.',
	options: {
		[ENDPOINTS.v16]: {
			label: 'FASHN Try-On v1.6',
			help: 'The newest: pictures of 864 × 1296 pixels',
		},
		[ENDPOINTS.v15]: {
			label: 'FASHN Try-On v1.5',
			help: 'The one before: pictures of 576 × 864 pixels',
		},
		[CUSTOM]: { label: 'Custom', help: 'Another endpoint of fal with the same fields' },
		[ENDPOINTS.legacy]: {
			label: 'FASHN Try-On (Legacy, Retired)',
			help: 'For gateways that still have it: fal itself answers that it is gone',
		},
	},
	default: ENDPOINTS.v16,
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

/** FASHN takes pictures up to 30 MiB (docs.fashn.ai, Image preprocessing). */
const MAX_PICTURE_BYTES = 30 * 1024 * 1024;

/** Types that fal's image loader reads; HEIC, the default of iPhones, is not among them. */
const PICTURE_TYPES = new Set([
	'image/avif',
	'image/bmp',
	'image/gif',
	'image/jpeg',
	'image/png',
	'image/tiff',
	'image/webp',
]);

function notice(
	name: string,
	displayName: string,
	show: Record<string, Array<string | boolean>>,
): INodeProperties {
	return { displayName, name, type: 'notice', default: '', displayOptions: { show } };
}

/** The choice of the endpoint, shared by all operations. */
export const endpointProperties: INodeProperties[] = [
	{
		...fieldProperty('endpoint', ENDPOINT),
		// The newest first, the retired one last.
		options: Object.entries(ENDPOINT.options).map(([value, { label, help }]) => ({
			name: label,
			value,
			description: help,
		})),
	},
	{
		displayName: 'Endpoint ID',
		name: 'endpointId',
		type: 'string',
		default: '',
		// Not required for n8n, which would ask for it wherever the endpoint is an expression.
		placeholder: 'e.g. fal-ai/fashn/tryon/v1.6',
		description: 'ID of the endpoint, as on its page at fal.ai/models',
		displayOptions: { show: { endpoint: [CUSTOM] } },
	},
	notice(
		'legacyNotice',
		'fal has retired this endpoint and answers that it is gone. Choose FASHN Try-On v1.6, unless your account or gateway still has this one, which cannot detect a category.',
		{ endpoint: [ENDPOINTS.legacy] },
	),
];

const FIELDS = { ...LEGACY_FIELDS, ...TRYON_FIELDS };

/**
 * The endpoints whose field it is; nothing for one that all have. Where the endpoint is an
 * expression, n8n shows the parameters of every endpoint and takes the last of one name, so each
 * name is there once.
 */
function endpointsOf(name: string): string[] {
	if (!(name in TRYON_FIELDS)) return [ENDPOINTS.legacy];
	return name in LEGACY_FIELDS ? [] : [ENDPOINTS.v16, ENDPOINTS.v15, CUSTOM];
}

/** The endpoint's own fields on the panel. */
export const inputProperties: INodeProperties[] = Object.entries(TRYON_FIELDS).flatMap(
	([name, field]) => {
		const endpoint = endpointsOf(name);
		const properties = panelProperties({ [name]: field });
		return endpoint.length === 0 ? properties : shownWhen({ endpoint }, properties);
	},
);

const ADDITIONAL = { additional_fields: ADDITIONAL_FIELDS };

/** The other fields of all endpoints; in a collection a slash leads to the choice beside it. */
function addedProperty(): INodeProperties {
	const collection = addedCollection({ ...FIELDS, ...ADDITIONAL });
	const options = collection.options?.map((option) => {
		const endpoint = option.name in FIELDS ? endpointsOf(option.name) : [];
		if (!('type' in option) || endpoint.length === 0) return option;
		return { ...option, displayOptions: { show: { '/endpoint': endpoint } } };
	});
	return { ...collection, options };
}

/** What is sent only when it is added. */
export const additionalProperties: INodeProperties[] = [
	addedProperty(),
	notice(
		'syncModeNotice',
		"With 'Sync Mode' fal keeps its answer for minutes only. After that, the operation Get cannot fetch the pictures any more.",
		{ '/additionalFields.sync_mode': [true] },
	),
];

/** Stands below the options while fal is told to store nothing. */
export const storeNotice = notice(
	'storeNotice',
	"Without 'Store Request and Answer' fal keeps its answer for minutes only. After that, the operation Get cannot fetch the pictures any more.",
	{ '/options.storeIo': [false] },
);

/** @throws InputError when it is none of the choices, or a custom id is none */
export function readEndpoint(context: IExecuteFunctions, row: number): string {
	const given: unknown = context.getNodeParameter('endpoint', row, '');
	// The column `endpoint` of an item holds the id, also of one that was custom.
	if (isEndpointId(given)) return given.trim();
	if (isUnset(given))
		throw new InputError(ENDPOINT.label, 'is empty', `Choose one, such as ${ENDPOINT.default}.`);
	const endpoint = readField(ENDPOINT, given);
	return endpoint === CUSTOM
		? checkEndpointId(context.getNodeParameter('endpointId', row, ''))
		: endpoint;
}

/**
 * n8n leaves out what was added for another endpoint, but not where the endpoint is an expression.
 *
 * @throws InputError when something is set that a row's endpoint does not have
 */
function checkAdded(endpointId: string, parameter: ParameterReader): void {
	const others: FieldTable = FIELDS;
	const own = fieldsOf(endpointId);
	for (const [name, field] of Object.entries(others)) {
		if (name in own || field.onPanel || field.type === 'picture') continue;
		const value = readField(field, parameter(name));
		if (value === undefined || ('default' in field && value === field.default)) continue;
		throw new InputError(
			field.label,
			`is set, which '${ENDPOINT.label}' ${endpointId} does not have`,
			'Remove the field, or give it only to rows of an endpoint that has it.',
		);
	}
}

/** What a picture of an endpoint may be. */
export function pictureRules(endpointId: string, name: string): PictureRules {
	const label = fieldsOf(endpointId)[name]?.label ?? name;
	return { label, maxBytes: MAX_PICTURE_BYTES, accepts: PICTURE_TYPES };
}

/**
 * Those of the pictures that the additional fields do not replace.
 *
 * @throws InputError also when two of them are one picture
 */
async function readPictures(
	context: IExecuteFunctions,
	row: number,
	endpointId: string,
	replaced: object,
): Promise<Record<string, Picture>> {
	const pictures: Record<string, Picture> = {};
	const given: Array<{ label: string; picture: Picture }> = [];
	for (const [name, field] of Object.entries(fieldsOf(endpointId))) {
		if (field.type !== 'picture' || name in replaced) continue;
		const { label } = field;
		const picture = await readPicture(context, row, name, pictureRules(endpointId, name));
		for (const other of given) checkDistinct(context, row, other, { label, picture });
		given.push({ label, picture });
		pictures[name] = picture;
	}
	return pictures;
}

/**
 * Reads and checks all that a row asks for.
 *
 * @throws InputError
 */
export async function readRequest(
	context: IExecuteFunctions,
	row: number,
	{ address }: Pick<FalSession, 'address'>,
): Promise<FalRequest> {
	const endpointId = readEndpoint(context, row);
	const parameter = fieldReader(context, row);
	checkAdded(endpointId, parameter);
	const values = readValues(fieldsOf(endpointId), parameter);
	const additional = readField(ADDITIONAL_FIELDS, parameter('additional_fields')) ?? {};
	// An expression of the output that fails is found before anything is paid.
	readOutputOptions(context, row);
	const options = readValues(REQUEST_OPTIONS, collectionReader(context, row, 'options'));
	checkCallback(REQUEST_OPTIONS.webhookUrl.label, options.webhookUrl, address);
	return {
		endpointId,
		input: { ...values, ...additional },
		pictures: await readPictures(context, row, endpointId, additional),
		options,
	};
}

/** The parameter that names a job; Get and Cancel have it. */
export const requestIdProperty: INodeProperties = {
	displayName: 'Request ID',
	name: 'requestId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 764cabcf-b745-4b3e-ae38-1200304cf45b',
	description: 'The requestId that Generate or Submit gave, in any workflow',
};

/**
 * Does something with the job that a row means; whatever goes wrong names the job.
 *
 * @throws TryOnError
 */
export async function withJob<T>(
	context: IExecuteFunctions,
	row: number,
	work: (job: FalJob) => Promise<T>,
): Promise<T> {
	const job: FalJob = {
		endpointId: readEndpoint(context, row),
		requestId: checkRequestId(context.getNodeParameter('requestId', row, '')),
		submittedAt: 0,
	};
	return await about('Job', job.requestId, async () => await work(job));
}
