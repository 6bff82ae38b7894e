import type { INodeProperties } from 'n8n-workflow';

import { INPUT_OUTPUT } from '../../../shared/inputFields';
import type { Columns, Output } from '../../../shared/operation';
import { ONE_ITEM_OUTPUT } from '../../../shared/pictures';
import { SEED_COLUMN } from '../../../shared/seeds';
import {
	waitedOutputProperties,
	waitingOutput,
	waitProperties as waitChoice,
} from '../../../shared/waitByCallback';
import { RECOVERED } from '../../shared/output';
import { madeColumns, PROMPT_COLUMNS } from '../../shared/prompts';

/** The parameters about waiting and about what comes out then. */
export const waitProperties: INodeProperties[] = [
	...waitChoice({ service: 'Astria', things: 'the pictures', mayNotWait: true }),
	...waitedOutputProperties,
];

/** Of a prompt in a list. */
export const summaryColumns = (): Columns => ({
	...PROMPT_COLUMNS,
	imageUrl: { meaning: 'Address of its first picture, once there is one', optional: true },
	imageUrls: { meaning: 'Addresses of all its pictures' },
	imageCount: { meaning: 'How many they are' },
	referenceTuneIds: { meaning: 'The tunes that its text names, in their order' },
	input: {
		meaning:
			'All that was asked for, as Astria shows it: not the pictures that it was given, such as an *Input Image*',
	},
});

/**
 * What comes out of an operation that makes prompts.
 *
 * @param more further columns, waited for or not
 */
export const madePromptOutputs = (more: Columns = {}): Output[] => [
	{
		columns: {
			...madeColumns(),
			recovered: RECOVERED,
			warning: { meaning: 'Only when the prompt did not get into its workspace', optional: true },
			...more,
		},
	},
	ONE_ITEM_OUTPUT,
	{
		when: "with *Wait* set to *Don't Wait*",
		columns: {
			promptId: PROMPT_COLUMNS.promptId,
			tuneId: PROMPT_COLUMNS.tuneId,
			status: { meaning: '`IN_QUEUE`' },
			seed: SEED_COLUMN,
			recovered: RECOVERED,
			...more,
		},
	},
	waitingOutput({ promptId: PROMPT_COLUMNS.promptId, tuneId: PROMPT_COLUMNS.tuneId, ...more }),
	INPUT_OUTPUT,
];
