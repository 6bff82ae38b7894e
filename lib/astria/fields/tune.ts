import { choice, type EntityField, type FieldTable } from '../../fields/field';
import { countOptions, RUN_OPTIONS } from '../../fields/shared';
import { TUNE_ENTITY } from './entities';

/** Classes that Astria documents, and those that its try-on and its own examples know. */
const CLASSES = {
	baby: choice('Baby', 'A person'),
	background: choice('Background', 'A place'),
	bag: choice('Bag', 'An accessory'),
	boots: choice('Boots', 'An accessory'),
	boy: choice('Boy', 'A person'),
	cat: choice('Cat', 'An animal'),
	child: choice('Child', 'A person'),
	clothing: choice('Clothing', 'A garment for the whole body'),
	coat: choice('Coat', 'A garment for the upper body'),
	couple: choice('Couple', 'Two people'),
	dog: choice('Dog', 'An animal'),
	dress: choice('Dress', 'A garment for the whole body'),
	earrings: choice('Earrings', 'An accessory'),
	garment: choice('Garment', 'Any garment; not understood by the try-on of Flux'),
	girl: choice('Girl', 'A person'),
	man: choice('Man', 'A person'),
	necklace: choice('Necklace', 'An accessory'),
	object: choice('Object', 'Any other thing'),
	outfit: choice('Outfit', 'Several garments that are worn together'),
	pants: choice('Pants', 'A garment for the lower body'),
	person: choice('Person', 'A person'),
	pose: choice('Pose', 'How somebody stands'),
	ring: choice('Ring', 'An accessory'),
	sandals: choice('Sandals', 'An accessory'),
	shirt: choice('Shirt', 'A garment for the upper body'),
	shoes: choice('Shoes', 'An accessory'),
	style: choice('Style', 'A way to draw or to photograph'),
	'swimming suit': choice('Swimming Suit', 'A garment for the whole body'),
	woman: choice('Woman', 'A person'),
};

/** The model that Astria recommends to train on (docs.astria.ai, Flux fine-tuning). */
const FLUX = { value: '1504944', label: 'Flux1.dev' };

/**
 * A tune, as it is created (docs.astria.ai, Create a tune). The prompts that come with it are in
 * the table of the prompts.
 */
export const TUNE_FIELDS = {
	title: {
		type: 'text',
		label: 'Title',
		help: 'Name of the tune in your account. Make it unique, such as with a SKU or a person: it is how the tune is found again.',
		placeholder: 'e.g. SKU-1234',
		oneLine: true,
		required: true,
	},
	name: {
		type: 'options',
		label: 'Class',
		help: 'What the pictures show. It has to follow the token of the tune in every prompt.',
		options: CLASSES,
		default: 'person',
		open: true,
		required: true,
	},
	images: {
		type: 'picture',
		label: 'Images',
		help: 'The pictures to learn from. A FaceID needs one; to train a person take 4 to 8 portraits and up to 4 of the whole body.',
		multiple: true,
		required: true,
		addressName: 'image_urls',
	},
	base_tune_id: {
		...TUNE_ENTITY,
		label: 'Base Tune',
		help: 'The model to train on, or the model that will use the FaceID.',
		default: FLUX,
		priced: true,
	},
	model_type: {
		type: 'options',
		label: 'Model Type',
		help: 'What kind of tune to make.',
		options: {
			checkpoint: choice('Checkpoint', 'Train a whole model; SD 1.5 only'),
			faceid: choice('FaceID', 'No training: ready at once, for garments and faces'),
			lora: choice('LoRA', 'Train a small addition to the base tune, in 10 minutes to 2 hours'),
			pti: choice('PTI', 'What every training on SDXL is'),
		},
		default: 'lora',
		absent: 'checkpoint',
		priced: true,
	},
	branch: {
		type: 'options',
		label: 'Branch',
		help: 'The family of models. Without it that of the base tune is taken.',
		options: {
			fast: choice('Fast (Mock)', 'Free: nothing is trained, and prompts give sample pictures'),
			flux1: choice('Flux', 'Flux1.dev'),
			'flux-pro1': choice('Flux Pro', 'Flux1 Pro'),
			'gemini-2': choice('Gemini', 'References for the models of Google'),
			'partner-1': choice('Partner', 'References for the models of partners'),
			sd15: choice('SD 1.5', 'Stable Diffusion 1.5'),
			sdxl1: choice('SDXL', 'Stable Diffusion XL'),
		},
		default: 'fast',
		open: true,
		priced: true,
	},
	preset: {
		type: 'options',
		label: 'Preset',
		help: 'How to train a LoRA on Flux.',
		options: {
			'flux-lora-fast': choice('Fast', 'The older one'),
			'flux-lora-focus': choice('Focus', 'Keep to the pictures closely'),
			'flux-lora-portrait': choice('Portrait', 'Recommended for people and products'),
			high: choice('High', 'For a style, or more than 20 pictures'),
		},
		default: 'flux-lora-portrait',
		absent: 'high',
		open: true,
	},
	steps: {
		type: 'integer',
		label: 'Steps',
		help: 'How many steps to train. Astria recommends to leave it out.',
		placeholder: 'e.g. 600',
		min: 1,
		priced: true,
	},
	token: {
		type: 'text',
		label: 'Token',
		help: 'The word that stands for the subject in prompts. Without it ohwx on Flux and SDXL, sks on SD 1.5.',
		placeholder: 'e.g. ohwx',
	},
	face_crop: {
		type: 'boolean',
		label: 'Face Crop',
		help: 'Whether to find faces and add pictures of them alone. Without it the setting of your account applies.',
		default: true,
	},
	training_face_correct: {
		type: 'boolean',
		label: 'Training Face Correct',
		help: 'Whether to sharpen the faces of poor pictures before training. It may make skin too smooth.',
		default: true,
	},
	auto_extend: {
		type: 'boolean',
		label: 'Auto Extend',
		help: 'Whether to keep the tune longer than 30 days. Each extension is charged.',
		default: true,
	},
	characteristics: {
		type: 'pairs',
		label: 'Characteristics',
		help: 'What is known of the subject, such as eye_color. Prompts take it in where they say {{eye_color}}.',
	},
	image_captions: {
		type: 'lines',
		label: 'Image Captions',
		help: 'What each picture shows, one on each line or as a list, in the order of the pictures. Where several items make a tune, each has those of its own pictures.',
		placeholder: 'e.g. front',
	},
	callback: {
		type: 'url',
		label: 'Callback',
		help: 'Address that Astria calls once when the training is finished. It must be public and begin with https://.',
		placeholder: 'e.g. https://n8n.example.com/webhook/trained',
	},
} as const satisfies FieldTable;

const { title, name, images, callback, characteristics, preset, auto_extend } = TUNE_FIELDS;

/** In a collection a field that is not added is not missed. */
const ANY_NAME = { ...name, required: undefined };

/** What can be changed in a tune that exists (Astria's command line, `tunes update`). */
export const TUNE_CHANGES = {
	auto_extend,
	characteristics,
	name: ANY_NAME,
	title: { ...title, required: undefined },
} as const satisfies FieldTable;

/** What a run of a pack on a new tune takes (docs.astria.ai, Create a tune from a pack). */
export const PACK_TRAIN_FIELDS = { title, name, images } as const satisfies FieldTable;

const PACK_RUN_MORE = {
	brief: {
		type: 'text',
		label: 'Brief',
		help: 'What the pictures are for, in words.',
		multiline: true,
	},
	characteristics,
	prompt_ids: {
		type: 'ids',
		label: 'Prompt IDs',
		help: 'Run only these prompts of the pack: a comma-separated list.',
		placeholder: 'e.g. 501, 502',
	},
	prompts_callback: {
		type: 'url',
		label: 'Prompts Callback',
		help: 'Address that Astria calls once when all pictures are finished.',
		placeholder: 'e.g. https://n8n.example.com/webhook/pack-done',
	},
} as const satisfies FieldTable;

/** What can be added to a run of a pack (docs.astria.ai, Create a tune from a pack). */
export const PACK_RUN_FIELDS = { ...PACK_RUN_MORE, callback, preset } as const satisfies FieldTable;

/** How tunes are filtered in a list (docs.astria.ai, List tunes). */
export const TUNE_FILTERS = {
	branch: TUNE_FIELDS.branch,
	model_type: {
		...TUNE_FIELDS.model_type,
		help: 'What kind of tune it is.',
		options: {
			faceid: TUNE_FIELDS.model_type.options.faceid,
			lora: TUNE_FIELDS.model_type.options.lora,
			pti: TUNE_FIELDS.model_type.options.pti,
		},
		absent: undefined,
	},
	name: ANY_NAME,
	title: {
		type: 'text',
		label: 'Title',
		help: 'Part of the title.',
		oneLine: true,
		placeholder: 'e.g. SKU-12',
	},
} as const satisfies FieldTable;

/** The tune that an operation is about. */
export const TUNE = {
	...TUNE_ENTITY,
	label: 'Tune',
	help: 'The tune to use: one of your account, or a public one of the gallery.',
	required: true,
} as const satisfies EntityField;

const TUNE_COUNTS = countOptions('Tunes');

/** What can be asked of the node itself where tunes are made. */
export const TUNE_RUN_OPTIONS = {
	includeInputFields: {
		...RUN_OPTIONS.includeInputFields,
		help: `${RUN_OPTIONS.includeInputFields.help} Of several rows that make one tune the first counts.`,
	},
	jobsInFlight: {
		...TUNE_COUNTS.jobsInFlight,
		help: 'How many tunes are made or waited for at once. Astria trains them side by side; files are sent for a few of them at a time.',
		max: 1000,
		default: 100,
	},
	maxJobs: {
		...TUNE_COUNTS.maxJobs,
		help: 'Refuse a run that makes more tunes than this before anything is submitted. In a loop each pass is a run of its own.',
		hint: 'Counts tunes: several rows may make one',
	},
	maxWait: {
		...RUN_OPTIONS.maxWait,
		help: 'Seconds after which a training is no longer waited for. It goes on at Astria.',
		default: 10_800,
	},
} as const satisfies FieldTable;

const PACK_COUNTS = countOptions('Packs');

const { hint: _ofPictures, ...MAX_PACKS } = PACK_COUNTS.maxJobs;

/** The same where packs are run: a row runs one. */
export const PACK_RUN_OPTIONS = {
	...TUNE_RUN_OPTIONS,
	jobsInFlight: { ...TUNE_RUN_OPTIONS.jobsInFlight, label: PACK_COUNTS.jobsInFlight.label },
	maxJobs: {
		...MAX_PACKS,
		help: 'Refuse a run of more packs than this before anything is submitted. In a loop each pass is a run of its own.',
	},
	maxWait: {
		...TUNE_RUN_OPTIONS.maxWait,
		help: 'Seconds after which a training, or the pictures after it, are no longer waited for. They go on at Astria.',
	},
} as const satisfies FieldTable;

/** How packs are filtered in a list (docs.astria.ai, List packs). */
export const PACK_FILTERS = {
	listed: {
		type: 'boolean',
		label: 'Listed',
		help: 'Whether to leave out packs that are hidden.',
		default: true,
	},
	public: {
		type: 'boolean',
		label: 'Public',
		help: 'Whether to leave out packs that are not published.',
		default: true,
	},
} as const satisfies FieldTable;

/** What an inspection takes (docs.astria.ai, Inspect an image). */
export const INSPECT_FIELDS = {
	image: {
		type: 'picture',
		label: 'Image',
		help: 'The picture to look at.',
		required: true,
		addressName: 'file_url',
	},
	name: { ...TUNE_FIELDS.name, help: 'What the picture shows.' },
} as const satisfies FieldTable;
