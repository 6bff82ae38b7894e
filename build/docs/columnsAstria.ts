import type { Columns, Output, Outputs } from './columns';
import { IN_ONE_ITEM, PICTURE_COLUMNS } from './columnsShared';

const TUNE = {
	tuneId: "The tune's id at Astria",
	title: 'Its title',
	name: 'Its class, such as `woman`',
	modelType: 'Its kind, such as `lora` or `faceid`, where Astria tells it',
	branch: 'The family of models, where Astria tells it',
	baseTuneId: 'The tune that it is based on, where there is one',
	token: 'The word that stands for the subject in prompts, where there is one',
	status: '`queued`, `training`, `trained`, `failed` or `expired`',
	trained: 'Whether it can be used',
	trainedAt: 'When its training ended, once it has',
	eta: 'When its training is expected to end, where Astria tells it',
	expiresAt: 'When Astria deletes it, where Astria tells it',
	images: 'Addresses of the pictures that it was made from',
	cost: 'US dollars, where Astria tells it',
} as const satisfies Columns;

const PACK = {
	packId: "The pack's id at Astria",
	slug: 'Its name in addresses',
	title: 'Its title',
	subtitle: 'Its second line, where there is one',
	modelType: 'The kind of tunes that it makes, where Astria tells it',
	baseTuneId: 'The tune that it runs on, where Astria tells it',
	name: 'Its main class, where Astria tells it',
	classes: 'Classes that it knows',
	costs: 'What a run costs, in US dollars, by class',
	promptIds: 'Ids of its prompts, where Astria tells them',
	publicAt: 'When it was published, where it was',
} as const satisfies Columns;

const RECOVERED = 'Only when an answer was lost: it was bought once and found again';

const MADE = {
	reused: 'Whether a tune that was there already was taken in place of a new one',
	recovered: RECOVERED,
} as const satisfies Columns;

/** *Simplify* turned off. */
const RAW: Output = { when: 'without *Simplify*', columns: { '…': 'All that Astria says' } };

const tune = (columns: Columns): Output => ({ columns });

/** What comes out of Astria Tune. */
export const ASTRIA_TUNE_COLUMNS: Outputs = {
	'image.inspect': [
		{
			columns: {
				'…': 'What Astria sees in the picture, under its own names, such as `eye_color` and `blurry`',
				goodForTraining: 'Whether nothing speaks against the picture',
				problems: 'What speaks against it, in words',
			},
		},
		{
			when: 'with *Output* set to *Characteristics*, in one item for all pictures',
			columns: {
				characteristics: 'What most good pictures show, as Create takes it',
				pictureCount: 'How many pictures were looked at',
				badPictures: 'Those that are no good for training: `row`, from 1, and `problems`',
			},
		},
	],
	'pack.createTune': [
		tune({ ...TUNE, ...MADE }),
		{
			when: 'with *Mode* set to *Use Existing Tunes*',
			columns: {
				packId: PACK.packId,
				tuneIds: 'Ids of the tunes that it ran on',
				orderId:
					'Id of the order, where Astria made one: Astria Prompt lists its prompts with the filter *Order ID*',
				promptIds: 'Ids of the prompts',
				promptCount: 'How many they are',
				cost: TUNE.cost,
				message: "Astria's own words, where it has some",
				recovered: RECOVERED,
			},
		},
	],
	'pack.get': [tune(PACK), RAW],
	'pack.getAll': [tune(PACK), RAW],
	'tune.create': [tune({ ...TUNE, ...MADE }), RAW],
	'tune.delete': [tune({ deleted: 'true' })],
	'tune.get': [tune(TUNE), RAW],
	'tune.getAll': [tune(TUNE), RAW],
	'tune.update': [tune(TUNE), RAW],
	'tune.wait': [tune(TUNE), RAW],
};

const PROMPT = {
	promptId: "The prompt's id at Astria",
	tuneId: 'The tune that it runs on',
	status: '`COMPLETED`, `FAILED`, or a state before that',
	text: 'Its text',
	seed: 'Its seed, where it has one',
	cost: 'US dollars, where Astria tells it',
	workspaceId: 'The workspace that it is in, where it is in one',
	videoModel: 'The model, where it is a video',
	userError: "Why it failed, in Astria's words; only then",
	createdAt: 'When it was made',
} as const satisfies Columns;

const LIST_COLUMNS = {
	...PROMPT,
	imageUrl: 'Address of its first picture, once there is one',
	imageUrls: 'Addresses of all its pictures',
	imageCount: 'How many they are',
} as const satisfies Columns;

const PICTURES = { ...PICTURE_COLUMNS, ...PROMPT } as const satisfies Columns;

const QUEUED = {
	promptId: PROMPT.promptId,
	tuneId: PROMPT.tuneId,
	status: '`IN_QUEUE`',
	recovered: RECOVERED,
} as const satisfies Columns;

const EXPANDED = { '…': 'What *Expand* asks for, under the names of Astria' } as const;

const NOT_AWAITED = 'without *Wait Until Finished*';

const MADE_PROMPT = {
	...PICTURES,
	recovered: RECOVERED,
	warning: 'Only when the prompt did not get into its workspace',
} as const satisfies Columns;

const TUNE_IDS = { tuneIds: 'Ids of the tunes of the person and the garments' } as const;

/** What comes out of Astria Prompt. */
export const ASTRIA_PROMPT_COLUMNS: Outputs = {
	'prompt.create': [{ columns: MADE_PROMPT }, IN_ONE_ITEM, { when: NOT_AWAITED, columns: QUEUED }],
	'prompt.delete': [{ columns: { deleted: 'true', promptId: PROMPT.promptId } }],
	'prompt.duplicate': [
		{ columns: MADE_PROMPT },
		IN_ONE_ITEM,
		{ when: NOT_AWAITED, columns: QUEUED },
	],
	'prompt.get': [
		{ columns: { ...PICTURES, ...EXPANDED } },
		IN_ONE_ITEM,
		{ when: 'for a prompt that is not finished', columns: { ...PROMPT, ...EXPANDED } },
	],
	'prompt.getAll': [{ columns: { ...LIST_COLUMNS, ...EXPANDED } }, RAW],
	'prompt.like': [{ columns: { promptId: PROMPT.promptId, liked: 'true' } }],
	'prompt.unlike': [{ columns: { promptId: PROMPT.promptId, liked: 'false' } }],
	'prompt.update': [{ columns: LIST_COLUMNS }],
	'tryOn.dressPerson': [
		{ columns: { ...PICTURES, recovered: RECOVERED, ...TUNE_IDS } },
		IN_ONE_ITEM,
		{ when: NOT_AWAITED, columns: { ...QUEUED, ...TUNE_IDS } },
	],
};
