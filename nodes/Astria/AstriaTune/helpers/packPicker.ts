import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { readField } from '../../../../lib/fields/coerce';
import type { TextField } from '../../../../lib/fields/field';

const PACK: TextField = {
	type: 'text',
	label: 'Pack',
	help: 'The pack to use: one of your account, or a public one of the gallery',
	required: true,
};

/** Name of the parameter for the pack that an operation is about. */
const PARAMETER = 'packId';

/** The parameter for the pack that an operation is about; the node has `searchPacks`. */
export function packProperty(displayOptions: IDisplayOptions): INodeProperties {
	return {
		displayName: PACK.label,
		name: PARAMETER,
		type: 'resourceLocator',
		default: { mode: 'list', value: '' },
		required: true,
		description: PACK.help,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod: 'searchPacks', searchable: true },
			},
			{
				displayName: 'By ID or Slug',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. corporate-headshots',
			},
		],
		displayOptions,
	};
}

/** The id or slug of the pack that a row means. @throws InputError */
export function readPackId(context: IExecuteFunctions, row: number): string {
	const given: unknown = context.getNodeParameter(PARAMETER, row, '', { extractValue: true });
	return String(readField(ASTRIA, PACK, given));
}
