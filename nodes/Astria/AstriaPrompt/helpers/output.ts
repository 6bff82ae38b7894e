import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { promptColumns } from '../../../../lib/astria/prompts/output';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import type { FileStore } from '../../../../lib/media/download';
import type { RowItem } from '../../../shared/errorRow';
import { INPUT_OUTPUT } from '../../../shared/inputFields';
import type { Columns, Output } from '../../../shared/operation';
import {
	itemsOfPictures,
	ONE_ITEM_OUTPUT,
	type OutputOptions,
	PICTURE_COLUMNS,
	readOutputOptions,
} from '../../../shared/pictures';
import { SEED_COLUMN } from '../../../shared/seeds';
import {
	waitedOutputProperties,
	waitingOutput,
	waitProperties as waitChoice,
} from '../../../shared/waitByCallback';
import { COST_COLUMNS, RECOVERED } from '../../shared/output';
import type { AstriaSession } from '../../shared/session';

/** The parameters about waiting and about what comes out then. */
export const waitProperties: INodeProperties[] = [
	...waitChoice({ service: 'Astria', things: 'the pictures', mayNotWait: true }),
	...waitedOutputProperties,
];

/** What tells a prompt. */
export const PROMPT_COLUMNS = {
	promptId: { meaning: "The prompt's id at Astria" },
	tuneId: { meaning: 'The tune that it runs on', optional: true },
	status: { meaning: '`COMPLETED`, `FAILED`, or a state before that' },
	text: { meaning: 'Its text', optional: true },
	seed: {
		meaning:
			'Its seed, where it has one: the same seed, number of images and other settings make the same pictures again, on models that go by seeds',
		optional: true,
	},
	...COST_COLUMNS,
	workspaceId: { meaning: 'The workspace that it is in, where it is in one', optional: true },
	videoModel: { meaning: 'The model, where it is a video', optional: true },
	userError: { meaning: "Why it failed, in Astria's words; only then", optional: true },
	createdAt: { meaning: 'When it was ordered', optional: true },
	startedAt: { meaning: 'When Astria began with it', optional: true },
	endedAt: { meaning: 'When it ended', optional: true },
} as const satisfies Columns;

/** Of a prompt that is finished, with each of its pictures. */
export const madeColumns = (): Columns => ({ ...PICTURE_COLUMNS, ...PROMPT_COLUMNS });

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

/**
 * Makes the items of a finished prompt, as they are wanted: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the prompt
 */
export async function itemsOfPrompt(
	store: FileStore,
	session: Pick<AstriaSession, 'door' | 'timing'>,
	options: OutputOptions,
	prompt: AstriaPrompt,
	extra: IDataObject = {},
): Promise<RowItem[]> {
	return await itemsOfPictures(store, session, options, {
		pictures: prompt.outputs,
		stem: `astria-${prompt.id}`,
		common: { ...promptColumns(prompt), ...extra },
	});
}

/** The same, as a row wants them. */
export async function promptItems(
	context: IExecuteFunctions,
	session: AstriaSession,
	row: number,
	prompt: AstriaPrompt,
	extra: IDataObject = {},
): Promise<RowItem[]> {
	const options = readOutputOptions(context, row);
	return await itemsOfPrompt(context, session, options, prompt, extra);
}
