import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { OptionsField } from '../../../../lib/fields/field';
import { readField } from '../../../../lib/fields/values';
import { fieldProperty } from '../../../shared/fieldProperty';

const NAME = 'source';

const SOURCE = {
	type: 'options',
	label: 'Source',
	help: 'Whose are listed.',
	options: { gallery: { label: 'Gallery', help: '' }, own: { label: 'Own', help: '' } },
	default: 'own',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

/**
 * The parameter for whose tunes or packs are listed.
 *
 * @param what is listed, in the plural
 */
export function sourceProperty(what: string): INodeProperties {
	return fieldProperty(NAME, {
		...SOURCE,
		help: `Whose ${what} to list`,
		options: {
			gallery: { ...SOURCE.options.gallery, help: `Public ${what} of Astria` },
			own: { ...SOURCE.options.own, help: `The ${what} of your account` },
		},
	});
}

/** Whose tunes or packs a row lists. @throws InputError */
export function readSource(context: IExecuteFunctions, row: number): 'own' | 'gallery' {
	return readField(SOURCE, context.getNodeParameter(NAME, row, ''));
}
