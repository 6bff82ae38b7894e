import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/**
 * The parameter for whose tunes or packs are listed.
 *
 * @param what is listed, in the plural
 */
export function sourceProperty(what: string): INodeProperties {
	return {
		displayName: 'Source',
		name: 'source',
		type: 'options',
		options: [
			{ name: 'Gallery', value: 'gallery', description: `Public ${what} of Astria` },
			{ name: 'Own', value: 'own', description: `The ${what} of your account` },
		],
		default: 'own',
		description: `Whose ${what} to list`,
	};
}

/** Whose tunes or packs a row lists. */
export function readSource(context: IExecuteFunctions, row: number): 'own' | 'gallery' {
	return context.getNodeParameter('source', row, 'own') === 'gallery' ? 'gallery' : 'own';
}
