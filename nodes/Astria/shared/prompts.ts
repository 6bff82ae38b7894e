import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { promptColumns } from '../../../lib/astria/prompts/output';
import type { AstriaPrompt } from '../../../lib/astria/prompts/prompt';
import type { FileStore } from '../../../lib/media/download';
import type { RowItem } from '../../shared/errorRow';
import type { Columns } from '../../shared/operation';
import {
	itemsOfPictures,
	type OutputOptions,
	PICTURE_COLUMNS,
	readOutputOptions,
} from '../../shared/pictures';
import { COST_COLUMNS } from './output';
import type { AstriaSession } from './session';

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
	return await itemsOfPrompt(context, session, readOutputOptions(context, row), prompt, extra);
}
