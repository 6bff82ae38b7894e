import type {
	IBinaryKeyData,
	IDataObject,
	IDisplayOptions,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { toTryOnError } from '../../../../lib/errors';
import { FAL } from '../../../../lib/fal/errors';
import type { FalJob } from '../../../../lib/fal/job';
import type { FalImage } from '../../../../lib/fal/result';
import { downloadPicture } from '../../../../lib/media/download';
import type { Session } from '../../session';

/** How finished pictures are handed on. */
export interface OutputOptions {
	perPicture: boolean;
	download: boolean;
	/** Name of the binary field. */
	field: string;
}

/** The parameters about what comes out. */
export function outputProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	return [
		{
			displayName: 'Output',
			name: 'output',
			type: 'options',
			options: [
				{
					name: 'One Item per Picture',
					value: 'picture',
					description: 'Each picture in an item of its own',
				},
				{
					name: 'One Item per Row',
					value: 'row',
					description: 'All pictures of a row in one item',
				},
			],
			default: 'picture',
			description: 'How pictures become items',
			displayOptions,
		},
		{
			displayName: 'Download Pictures',
			name: 'download',
			type: 'boolean',
			default: true,
			description:
				'Whether to put the pictures themselves into the items, beside their addresses. As a tool of an AI agent the node never does.',
			displayOptions,
		},
	];
}

/** Whether the node runs as an AI agent's tool, whose answers can hold no files. */
function isTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/** Reads what the user wants to come out of a row. */
export function readOutputOptions(context: IExecuteFunctions, row: number): OutputOptions {
	const options = Object(context.getNodeParameter('options', row, {}));
	const field: unknown = Reflect.get(options, 'outputField');
	return {
		perPicture: context.getNodeParameter('output', row, 'picture') !== 'row',
		download: context.getNodeParameter('download', row, true) !== false && !isTool(context),
		field: typeof field === 'string' && field.trim() !== '' ? field.trim() : 'data',
	};
}

interface Piece {
	json: IDataObject;
	binary?: IBinaryKeyData;
}

async function pieceOf(
	context: IExecuteFunctions,
	{ door, timing }: Session,
	job: FalJob,
	image: FalImage,
	index: number,
	{ download, field }: OutputOptions,
): Promise<Piece> {
	const stem = `try-on-${job.requestId.slice(0, 8)}-${index + 1}`;
	const json: IDataObject = {
		imageUrl: image.url,
		contentType: image.contentType,
		fileName: image.fileName ?? stem,
		fileSize: image.fileSize,
		width: image.width,
		height: image.height,
	};
	if (!download) return { json };
	try {
		const data = await downloadPicture(context, door, timing, {
			service: FAL,
			url: image.url,
			stem,
			contentType: image.contentType,
		});
		// With Sync Mode the address is the picture itself, which is in the file now.
		if (image.url.startsWith('data:')) delete json.imageUrl;
		json.contentType = data.mimeType;
		json.fileName = data.fileName ?? json.fileName;
		return { json, binary: { [field]: data } };
	} catch (error) {
		// The picture is made and paid for; its address is worth more than the failed download.
		json.downloadError = toTryOnError(error, FAL, 'download').message;
		return { json };
	}
}

function oneItem(pieces: Piece[], field: string): Piece {
	const [first] = pieces;
	const binary: IBinaryKeyData = {};
	pieces.forEach((piece, index) => {
		const data = piece.binary?.[field];
		if (data) binary[index === 0 ? field : `${field}_${index}`] = data;
	});
	return {
		json: { ...first?.json, imageUrls: pieces.map(({ json }) => json.imageUrl) },
		...(Object.keys(binary).length > 0 && { binary }),
	};
}

function withoutUndefined(json: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

/**
 * Makes the items of a finished job: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the job
 */
export async function pictureItems(
	context: IExecuteFunctions,
	session: Session,
	row: number,
	job: FalJob,
	images: FalImage[],
	extra: IDataObject,
): Promise<INodeExecutionData[]> {
	const options = readOutputOptions(context, row);
	const pieces = await Promise.all(
		images.map(async (image, index) => await pieceOf(context, session, job, image, index, options)),
	);
	const common = {
		imageCount: images.length,
		requestId: job.requestId,
		endpoint: job.endpointId,
		status: 'COMPLETED',
		...extra,
	};
	const shaped = options.perPicture
		? pieces.map(({ json, binary }, imageIndex) => ({ json: { ...json, imageIndex }, binary }))
		: [oneItem(pieces, options.field)];
	return shaped.map(({ json, binary }) => ({
		json: withoutUndefined({ ...json, ...common }),
		...(binary && { binary }),
		pairedItem: { item: row },
	}));
}
