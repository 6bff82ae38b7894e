import type { FieldTable } from '../../fields/field';
import { countOptions, ROW_OPTIONS, RUN_OPTIONS } from '../../fields/shared';
import { TUNE_ENTITY } from './entities';
import { PROMPT_PACK } from './prompt';

const PROMPT_COUNTS = countOptions('Prompts');

/** What can be asked of the node itself where prompts are made. */
export const PROMPT_RUN_OPTIONS = {
	chooseSeeds: {
		...ROW_OPTIONS.chooseSeeds,
		help: `${ROW_OPTIONS.chooseSeeds.help} Some partner models do not go by seeds.`,
	},
	distinct: {
		type: 'boolean',
		label: 'Distinct Prompts',
		help: 'Whether a prompt without a seed gets a random one when it has a picture, a size or anything else that Astria does not compare. Without it an account with idempotency switched on may get the pictures of an older prompt with the same text.',
		default: true,
	},
	fileName: ROW_OPTIONS.fileName,
	includeInputFields: RUN_OPTIONS.includeInputFields,
	jobsInFlight: {
		...PROMPT_COUNTS.jobsInFlight,
		help: 'How many rows are worked on at once. One call to Astria watches all of them.',
		max: 1000,
		default: 50,
	},
	maxCost: {
		...RUN_OPTIONS.maxCost,
		help: `${RUN_OPTIONS.maxCost.help} Astria tells prices only of prompts like those that it has made for you.`,
	},
	maxJobs: PROMPT_COUNTS.maxJobs,
	maxWait: {
		...RUN_OPTIONS.maxWait,
		help: 'Seconds after which a prompt is no longer waited for. It goes on at Astria.',
		default: 1800,
	},
	outputField: ROW_OPTIONS.outputField,
} as const satisfies FieldTable;

/** What a try-on asks beside that. */
export const DRESS_RUN_OPTIONS = {
	...PROMPT_RUN_OPTIONS,
	maxCost: {
		...PROMPT_RUN_OPTIONS.maxCost,
		help: `${RUN_OPTIONS.maxCost.help} It counts the prompts, and each picture that is registered for them. Astria tells prices only of prompts and references like those that it has made for you.`,
	},
	deleteTunes: {
		type: 'boolean',
		label: 'Delete Temporary Tunes',
		help: 'Whether to register pictures for this run alone, and to delete those references when no prompt needs them any more, also after a failed row or Stop. Tunes that were there before stay. Pictures that are not downloaded should stay at their addresses, but Astria does not promise it. Without it later runs use the references again.',
		guard: true,
		default: true,
	},
} as const satisfies FieldTable;

/** How prompts are filtered in a list (docs.astria.ai, List prompts). */
export const PROMPT_FILTERS = {
	base_pack_id: { ...PROMPT_PACK.base_pack_id, help: 'Prompts that come from this pack.' },
	is_api: {
		type: 'boolean',
		label: 'Made Through API',
		help: 'Whether to list only what was made through the API.',
		default: true,
	},
	is_video: {
		type: 'boolean',
		label: 'Videos',
		help: 'Whether to list only videos.',
		default: true,
	},
	liked: {
		type: 'boolean',
		label: 'Liked',
		help: 'Whether to list only what you like.',
		default: true,
	},
	order_id: { ...PROMPT_PACK.order_id, help: 'Prompts of this order of a pack.' },
	orig_prompt_id: { ...PROMPT_PACK.orig_prompt_id, help: 'Prompts that were made from this one.' },
	pack_id: { ...PROMPT_PACK.pack_id, help: 'Templates of this pack.' },
	text: {
		type: 'text',
		label: 'Text',
		help: 'Part of the text.',
		placeholder: 'e.g. red dress',
	},
	today: {
		type: 'boolean',
		label: 'Today',
		help: 'Whether to list only what was made today.',
		default: true,
	},
	tune_id: {
		...TUNE_ENTITY,
		label: 'Tune',
		help: 'Prompts that run on this tune.',
	},
	user_id: {
		type: 'integer',
		label: 'User ID',
		help: 'Prompts of this member of the workspace.',
		placeholder: 'e.g. 1',
		min: 1,
	},
} as const satisfies FieldTable;

/** What Astria shows of a prompt only when it is asked for (docs.astria.ai, List prompts). */
export const PROMPT_EXPANSIONS = {
	comments: { label: 'Comments', help: 'What was said about the pictures' },
	debug_images: { label: 'Debug Images', help: 'Pictures of the steps in between' },
} as const;
