import type { FashnTryonV15Input, FashnTryonV16Input } from '@fal-ai/client/endpoints';

import type { FieldTable, TableFor } from '../../fields/field';

/** Endpoint ids of FASHN on fal. */
export const ENDPOINTS = {
	v16: 'fal-ai/fashn/tryon/v1.6',
	v15: 'fal-ai/fashn/tryon/v1.5',
	legacy: 'fashn/tryon',
} as const;

/** FASHN refuses seeds beyond 32 bits (docs.fashn.ai, Try-On v1.6). */
const MAX_SEED = 2 ** 32 - 1;

/** FASHN makes at most four pictures in one run (docs.fashn.ai, Try-On v1.6). */
const MAX_SAMPLES = 4;

/**
 * Input of v1.6 and v1.5, which share one schema
 * (fal.ai/models/fal-ai/fashn/tryon/v1.6/api).
 */
export const TRYON_FIELDS = {
	model_image: {
		type: 'picture',
		label: 'Model Image',
		help: 'The person to dress.',
		onPanel: true,
		required: true,
	},
	garment_image: {
		type: 'picture',
		label: 'Garment Image',
		help: 'The garment to put on: flat, on a mannequin, or worn by a model.',
		onPanel: true,
		required: true,
	},
	category: {
		type: 'options',
		label: 'Category',
		help: 'What kind of garment it is.',
		onPanel: true,
		options: {
			auto: { label: 'Auto', help: 'Detect the category from the garment image' },
			bottoms: { label: 'Bottoms', help: 'Trousers, shorts and skirts' },
			'one-pieces': { label: 'One-Pieces', help: 'Dresses, jumpsuits and swimsuits' },
			tops: { label: 'Tops', help: 'Shirts, sweaters and jackets' },
		},
		default: 'auto',
	},
	mode: {
		type: 'options',
		label: 'Mode',
		help: 'How much time to spend on quality.',
		onPanel: true,
		options: {
			performance: { label: 'Performance', help: 'Fastest, at the cost of some quality' },
			balanced: { label: 'Balanced', help: 'A balance of speed and quality' },
			quality: { label: 'Quality', help: 'Best quality, slowest' },
		},
		default: 'balanced',
	},
	garment_photo_type: {
		type: 'options',
		label: 'Garment Photo Type',
		help: 'What the garment photo shows, so that the service can prepare for it.',
		options: {
			auto: { label: 'Auto', help: 'Detect the photo type' },
			'flat-lay': { label: 'Flat-Lay', help: 'The garment lies flat or is on a ghost mannequin' },
			model: { label: 'Model', help: 'A person wears the garment' },
		},
		default: 'auto',
	},
	moderation_level: {
		type: 'options',
		label: 'Moderation Level',
		help: 'How strictly pictures of garments are checked.',
		options: {
			conservative: { label: 'Conservative', help: 'Also block underwear and swimwear' },
			none: { label: 'None', help: 'Check nothing' },
			permissive: { label: 'Permissive', help: 'Block only explicit content' },
		},
		default: 'permissive',
	},
	num_samples: {
		type: 'integer',
		label: 'Number of Samples',
		help: 'How many pictures to make. Results vary, so more pictures raise the chance of a good one.',
		onPanel: true,
		hint: 'Expect each picture to be billed',
		min: 1,
		max: MAX_SAMPLES,
		default: 1,
	},
	seed: {
		type: 'integer',
		label: 'Seed',
		help: 'Use the same seed to get the same result from the same inputs again. Empty for another result each time; the retired endpoint then takes 42.',
		placeholder: 'e.g. 42',
		min: 0,
		max: MAX_SEED,
	},
	segmentation_free: {
		type: 'boolean',
		label: 'Segmentation Free',
		help: 'Whether to dress the person without first cutting out the clothes that are worn. Turn it off when the old garment shines through.',
		default: true,
	},
	output_format: {
		type: 'options',
		label: 'Output Format',
		help: 'File type of the pictures.',
		options: {
			jpeg: { label: 'JPEG', help: 'Faster, smaller files' },
			png: { label: 'PNG', help: 'Highest quality' },
		},
		default: 'png',
	},
	sync_mode: {
		type: 'boolean',
		label: 'Sync Mode',
		help: 'Whether fal returns the picture inside its answer instead of keeping it in your request history. The answer is then kept for minutes only.',
		default: false,
	},
} as const satisfies TableFor<FashnTryonV16Input>;

/** Does not compile when v1.5 and v1.6 no longer share one schema. */
TRYON_FIELDS satisfies TableFor<FashnTryonV15Input>;

/**
 * Input of the retired endpoint `fashn/tryon`. fal answers it with 410 today; its fields stay for
 * accounts and gateways that still have it.
 */
export const LEGACY_FIELDS = {
	model_image: TRYON_FIELDS.model_image,
	garment_image: TRYON_FIELDS.garment_image,
	// It detects none.
	category: {
		type: 'options',
		label: 'Category',
		help: 'What kind of garment it is.',
		onPanel: true,
		required: true,
		options: {
			bottoms: TRYON_FIELDS.category.options.bottoms,
			'one-pieces': TRYON_FIELDS.category.options['one-pieces'],
			tops: TRYON_FIELDS.category.options.tops,
		},
	},
	garment_photo_type: TRYON_FIELDS.garment_photo_type,
	nsfw_filter: {
		type: 'boolean',
		label: 'NSFW Filter',
		help: 'Whether to check the inputs for explicit content.',
		default: true,
	},
	cover_feet: {
		type: 'boolean',
		label: 'Cover Feet',
		help: 'Whether long garments may cover the feet or shoes, or change how they look.',
		default: false,
	},
	adjust_hands: {
		type: 'boolean',
		label: 'Adjust Hands',
		help: 'Whether the hands of the model may change: to remove gloves, take hands out of pockets, or let long sleeves cover them.',
		default: false,
	},
	restore_background: {
		type: 'boolean',
		label: 'Restore Background',
		help: 'Whether to take extra steps to keep the original background. Slower, and not needed for plain backgrounds.',
		default: false,
	},
	restore_clothes: {
		type: 'boolean',
		label: 'Restore Clothes',
		help: 'Whether to take extra steps to keep clothes that are not swapped, such as the trousers below a new top.',
		default: false,
	},
	long_top: {
		type: 'boolean',
		label: 'Long Top',
		help: 'Whether the garment is a long top, such as a longline shirt, a tunic or a coat.',
		default: false,
	},
	guidance_scale: {
		type: 'number',
		label: 'Guidance Scale',
		help: 'Higher values keep more detail of the garment, but risk colors that are too strong.',
		default: 2,
	},
	timesteps: {
		type: 'integer',
		label: 'Timesteps',
		help: 'How many steps the model takes. Fewer are faster, and enough for simple garments.',
		default: 50,
		min: 1,
	},
	seed: TRYON_FIELDS.seed,
	num_samples: TRYON_FIELDS.num_samples,
} as const satisfies FieldTable;

/**
 * The fields of an endpoint.
 *
 * @param endpointId e.g. `fal-ai/fashn/tryon/v1.6`; an id that is not known gets the fields of
 * v1.6, the schema that fal's newer FASHN endpoints share
 */
export function fieldsOf(endpointId: string): FieldTable {
	return endpointId === ENDPOINTS.legacy ? LEGACY_FIELDS : TRYON_FIELDS;
}
