import type { Columns } from './columns';

/** Of every picture that a service made. */
export const PICTURE_COLUMNS = {
	imageUrl: 'Address of the picture; not there when the service sent the picture itself',
	contentType: 'Its type, such as `image/png`; read from the bytes when it was downloaded',
	fileName: 'Name of the file; a downloaded one is in the binary field too',
	fileSize: 'Bytes, where the service tells them',
	width: 'Pixels, where the service tells them',
	height: 'Pixels, where the service tells them',
	imageIndex: 'Which picture of the job it is, from 0',
	imageCount: 'How many pictures the job made',
	downloadError: 'Why the file is missing; only then. `imageUrl` still works',
} as const satisfies Columns;

/** The rule of nodes that make pictures, and what is different with all of a row in one item. */
export const IN_ONE_ITEM = {
	when: 'in addition with *One Item per Row*; the other columns are those of the first picture, and there is no `imageIndex`',
	columns: { imageUrls: 'Addresses of all pictures of the row' },
};
