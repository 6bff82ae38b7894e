import type { GenericValue, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { type Prompt, promptColumns } from '../../../lib/astria/prompts/prompt';
import type { BooleanField } from '../../../lib/fields/field';
import { readField } from '../../../lib/fields/values';
import type { JsonObject } from '../../../lib/json';
import type { FileStore } from '../../../lib/media/download';
import type { RowItem } from '../../shared/errorRow';
import { fieldProperty } from '../../shared/fieldProperty';
import type { Column, Columns, Output } from '../../shared/operation';
import { itemsOfPictures, type OutputOptions, PICTURE_COLUMNS } from '../../shared/pictures';
import { rowReader } from '../../shared/row';
import type { AstriaSession } from './session';

const SIMPLIFY = {
	type: 'boolean',
	label: 'Simplify',
	help: 'Whether to return a simplified version of the response instead of the raw data',
	default: true,
	defaultApplies: true,
} as const satisfies BooleanField;

/** Whether what comes out is flat, or all that Astria says. */
export const simplifyProperty: INodeProperties = fieldProperty('simplify', SIMPLIFY);

/** Whether a row wants the columns, or all that Astria says. @throws InputError */
export function isSimple(context: IExecuteFunctions, row: number): boolean {
	return readField(SIMPLIFY, rowReader(context, row)(simplifyProperty.name));
}

/** What comes out then. */
export const RAW_OUTPUT: Output = {
	when: 'without *Simplify*',
	columns: { '…': { meaning: 'All that Astria says' } },
};

/** How a purchase came to be. */
export const RECOVERED: Column = {
	meaning: 'Only when an answer was lost: it was bought once and found again',
	optional: true,
};

/** Of what Astria has made. */
export const COST_COLUMNS = {
	cost: {
		meaning:
			'What it cost, where Astria tells it. Where several rows make one tune and *Wait* is *By Callback*, it may be in the item of each: count it once per `tuneId`',
		optional: true,
	},
	currency: { meaning: 'Of the cost', optional: true },
} as const satisfies Columns;

function isValue(entry: [string, unknown]): entry is [string, GenericValue] {
	return ['string', 'object', 'number', 'boolean'].includes(typeof entry[1]);
}

/** An answer of Astria as n8n's own type of JSON. */
export function asData(json: JsonObject): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(isValue));
}

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
	cost: {
		meaning:
			'What it cost, where Astria tells it. The same in each of its pictures: count it once per `promptId`',
		optional: true,
	},
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
	prompt: Prompt,
	extra: IDataObject = {},
): Promise<RowItem[]> {
	return await itemsOfPictures(store, session, options, {
		pictures: prompt.outputs,
		stem: `astria-${prompt.id}`,
		common: { ...promptColumns(prompt), ...extra },
	});
}
