import type { IExecuteFunctions } from 'n8n-workflow';

import { InputError } from '../errors';
import type { StoredFile } from './file';

/**
 * Finds a file of an item, in whichever way n8n stores files.
 *
 * @param label of the parameter, for the message
 * @param field name of the item's binary data field
 * @throws InputError when the item has no such file
 */
export function fileOfItem(
	context: IExecuteFunctions,
	label: string,
	row: number,
	field: string,
): StoredFile {
	const binary = context.getInputData()[row]?.binary;
	let data;
	try {
		data = context.helpers.assertBinaryData(row, field);
	} catch {
		const names = Object.keys(binary ?? {});
		const cure =
			names.length === 0
				? 'The item has no files: let a node before this one read it, or choose URL as the source.'
				: `The files of the item are: ${names.join(', ')}. Set '${label} Field Name' to one of them.`;
		throw new InputError(label, `is missing: the item has no file named "${field}"`, cure);
	}
	const { id, fileName } = data;
	return {
		fileName,
		size: async () =>
			id === undefined
				? Buffer.byteLength(data.data, 'base64')
				: (await context.helpers.getBinaryMetadata(id)).fileSize,
		open: async () =>
			id === undefined
				? Buffer.from(data.data, 'base64')
				: await context.helpers.getBinaryStream(id),
	};
}
