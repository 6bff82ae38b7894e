import type { FieldTable } from '../../fields/field';

/**
 * Pictures that lead the result (docs.astria.ai, Create a prompt and ControlNet).
 */
export const PROMPT_CONTROL = {
	input_image: {
		type: 'picture',
		label: 'Input Image',
		help: 'The picture to start from, or to take the pose or outline from.',
		addressName: 'input_image_url',
		inlineName: 'input_image_base64',
	},
	mask_image: {
		type: 'picture',
		label: 'Mask Image',
		help: 'A black and white picture: what is white is painted anew. Needs an Input Image.',
		addressName: 'mask_image_url',
		needs: 'input_image',
	},
	controlnet: {
		type: 'options',
		label: 'ControlNet',
		help: 'What to take from the Input Image. Not every model knows every kind.',
		options: {
			blur: { label: 'Blur', help: 'Rough colors and shapes; Flux only' },
			canny: { label: 'Canny', help: 'Fine outlines' },
			composition: { label: 'Composition', help: 'Where things are' },
			depth: { label: 'Depth', help: 'What is near and what is far' },
			gray: { label: 'Gray', help: 'Light and dark; Flux only' },
			hed: { label: 'HED', help: 'Soft outlines' },
			ipadapter: { label: 'IP-Adapter', help: 'Content and style' },
			lineart: { label: 'Line Art', help: 'Drawn lines' },
			low_quality: {
				label: 'Low Quality',
				help: 'A poor picture to make a good one of; Flux only',
			},
			mlsd: { label: 'MLSD', help: 'Straight lines, as of rooms' },
			pose: { label: 'Pose', help: 'How the person stands' },
			qr: { label: 'QR', help: 'A QR code' },
			reference: { label: 'Reference', help: 'Style and colors' },
			relight: { label: 'Relight', help: 'Light; Backend Version 1 only' },
			segroom: { label: 'Room Segments', help: 'Walls, floor and furniture of a room' },
			style: { label: 'Style', help: 'Style; SDXL only' },
			tile: { label: 'Tile', help: 'Everything, with new details' },
		},
		default: 'pose',
		open: true,
		needs: 'input_image',
		compared: true,
	},
	denoising_strength: {
		type: 'number',
		label: 'Denoising Strength',
		help: 'How far to go away from the Input Image: 0 keeps it, 1 follows the text alone.',
		min: 0,
		max: 1,
		default: 0.8,
		compared: true,
	},
	controlnet_conditioning_scale: {
		type: 'number',
		label: 'ControlNet Scale',
		help: 'How strictly to follow the ControlNet.',
		placeholder: 'e.g. 0.4',
		min: 0,
		max: 1,
		compared: true,
	},
	controlnet_txt2img: {
		type: 'boolean',
		label: 'ControlNet Text to Image',
		help: 'Whether to take only the ControlNet from the Input Image, and none of its colors.',
		default: false,
		compared: true,
	},
} as const satisfies FieldTable;
