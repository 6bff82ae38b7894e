import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { FAL } from '../../../../lib/fal/errors';
import type { FalRequest } from '../../../../lib/fal/driver';
import { checkEndpointId } from '../../../../lib/fal/job';
import type { RequestOptions } from '../../../../lib/fal/submit';
import { readField } from '../../../../lib/fields/coerce';
import { FAL_OPTIONS } from '../../../../lib/fal/fields/options';
import { ENDPOINTS, fieldsOf, LEGACY_FIELDS, TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import type { JsonField } from '../../../../lib/fields/field';
import { objectOf } from '../../../../lib/json';
import type { Picture, PictureRules } from '../../../../lib/media/picture';
import { tableProperties } from '../../../shared/fieldProperty';
import { readPicture, readValues } from '../../../shared/readFields';
import { legacyNotice, syncModeNotice } from './notices';

const CUSTOM = 'custom';

const DEFAULT_ENDPOINT = ENDPOINTS.v16;

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

const ADDITIONAL_FIELDS: JsonField = {
	type: 'json',
	label: 'Additional Fields (JSON)',
	help: 'Further fields of the endpoint, as a JSON object. They win over the fields above.',
};

/** The choice of the endpoint, shared by all operations. */
export function endpointProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	return [
		{
			displayName: 'Endpoint',
			name: 'endpoint',
			type: 'options',
			options: [
				{
					name: 'FASHN Try-On v1.6',
					value: ENDPOINTS.v16,
					description: 'The newest: pictures of 864 × 1296 pixels',
				},
				{
					name: 'FASHN Try-On v1.5',
					value: ENDPOINTS.v15,
					description: 'The one before: pictures of 576 × 864 pixels',
				},
				{
					name: 'FASHN Try-On (Legacy)',
					value: ENDPOINTS.legacy,
					description: 'Retired: fal answers that it is gone',
				},
				{
					name: 'Custom',
					value: CUSTOM,
					description: 'Another endpoint of fal with the same fields',
				},
			],
			default: DEFAULT_ENDPOINT,
			description: 'The version of FASHN to use',
			displayOptions,
		},
		{
			displayName: 'Endpoint ID',
			name: 'endpointId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. fal-ai/fashn/tryon/v1.6',
			description: 'ID of the endpoint, as on its page at fal.ai/models',
			displayOptions: { show: { ...displayOptions.show, endpoint: [CUSTOM] } },
		},
		legacyNotice(displayOptions),
	];
}

/** The endpoint's own fields. */
export function inputProperties({ show }: IDisplayOptions): INodeProperties[] {
	const current = { show: { ...show, endpoint: [ENDPOINTS.v16, ENDPOINTS.v15, CUSTOM] } };
	const legacy = { show: { ...show, endpoint: [ENDPOINTS.legacy] } };
	return [
		...tableProperties(TRYON_FIELDS, current),
		syncModeNotice(current),
		...tableProperties(LEGACY_FIELDS, legacy),
	];
}

/** What fal adds tomorrow. */
export function additionalProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	return tableProperties({ additional_fields: ADDITIONAL_FIELDS }, displayOptions);
}

/** @throws InputError when a custom id is none */
export function readEndpoint(context: IExecuteFunctions, row: number): string {
	const endpoint = context.getNodeParameter('endpoint', row, DEFAULT_ENDPOINT);
	return endpoint === CUSTOM
		? checkEndpointId(context.getNodeParameter('endpointId', row, ''))
		: checkEndpointId(endpoint);
}

/** Reads fal's own options of a row; those that are not added are not set. */
export function readOptions(context: IExecuteFunctions, row: number): RequestOptions {
	const given = context.getNodeParameter('options', row, {});
	const read = (name: keyof typeof FAL_OPTIONS) =>
		readField(FAL, FAL_OPTIONS[name], objectOf(given)[name]);
	const priority = read('priority');
	const startTimeout = read('startTimeout');
	const outputLifetime = read('outputLifetime');
	const storeIo = read('storeIo');
	const webhookUrl = read('webhookUrl');
	return {
		...((priority === 'low' || priority === 'normal') && { priority }),
		...(typeof startTimeout === 'number' && { startTimeout }),
		...(typeof outputLifetime === 'number' && { outputLifetime }),
		...(typeof storeIo === 'boolean' && { storeIo }),
		...(typeof webhookUrl === 'string' && { webhookUrl }),
	};
}

/** What a picture of an endpoint may be. */
export function pictureRules(endpointId: string, name: string): PictureRules {
	const label = fieldsOf(endpointId)[name]?.label ?? name;
	return { service: FAL, label, maxBytes: MAX_PICTURE_BYTES, accepts: PICTURE_TYPES };
}

async function readPictures(
	context: IExecuteFunctions,
	row: number,
	endpointId: string,
): Promise<Record<string, Picture>> {
	const pictures: Record<string, Picture> = {};
	for (const [name, field] of Object.entries(fieldsOf(endpointId))) {
		if (field.type !== 'picture') continue;
		pictures[name] = await readPicture(context, row, name, pictureRules(endpointId, name));
	}
	return pictures;
}

/**
 * Reads and checks all that a row asks for.
 *
 * @throws InputError
 */
export async function readRequest(context: IExecuteFunctions, row: number): Promise<FalRequest> {
	const endpointId = readEndpoint(context, row);
	const table = fieldsOf(endpointId);
	const parameter = (name: string) => context.getNodeParameter(name, row, undefined);
	const values = readValues(FAL, table, parameter);
	const additional = readField(FAL, ADDITIONAL_FIELDS, parameter('additional_fields'));
	return {
		endpointId,
		input: { ...values, ...objectOf(additional) },
		pictures: await readPictures(context, row, endpointId),
		options: readOptions(context, row),
	};
}
