import type { Columns } from '../../shared/operation';
import { COST_COLUMNS } from './output';

/** What tells a tune. */
export const TUNE_COLUMNS = {
	tuneId: { meaning: "The tune's id at Astria" },
	title: { meaning: 'Its title' },
	name: { meaning: 'Its class, such as `woman`' },
	modelType: {
		meaning: 'Its kind, such as `lora` or `faceid`, where Astria tells it',
		optional: true,
	},
	branch: { meaning: 'The family of models, where Astria tells it', optional: true },
	baseTuneId: { meaning: 'The tune that it is based on, where there is one', optional: true },
	token: {
		meaning: 'The word that stands for the subject in prompts, where there is one',
		optional: true,
	},
	status: { meaning: '`queued`, `training`, `trained`, `failed` or `expired`' },
	trained: { meaning: 'Whether it can be used' },
	workspaceId: { meaning: 'The workspace that it is in, where Astria tells it', optional: true },
	createdAt: { meaning: 'When it was ordered, where Astria tells it', optional: true },
	trainedAt: { meaning: 'When its training ended, once it has', optional: true },
	eta: { meaning: 'When its training is expected to end, where Astria tells it', optional: true },
	expiresAt: { meaning: 'When Astria deletes it, where Astria tells it', optional: true },
	images: { meaning: 'Addresses of the pictures that it was made from' },
	...COST_COLUMNS,
} as const satisfies Columns;
