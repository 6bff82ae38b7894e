import type { IDataObject, INodeProperties, IPollFunctions, IWebhookFunctions } from 'n8n-workflow';
import { ALL } from '../../../lib/astria/api/client';

import { idOf, LONGEST_PAGE } from '../../../lib/astria/api/entity';
import { failureWords } from '../../../lib/astria/api/errors';
import {
	type AstriaEvent,
	type EventFilters,
	eventOfPrompt,
	eventOfTune,
	type Happening,
	isWantedPrompt,
	isWantedTune,
} from '../../../lib/astria/events/event';
import type { FollowedList } from '../../../lib/astria/events/trail';
import { SELECTION, TUNE_ENTITY } from '../../../lib/astria/fields/entities';
import { PROMPT_RUN_OPTIONS } from '../../../lib/astria/fields/promptRun';
import { type Prompt, promptColumns, PROMPTS } from '../../../lib/astria/prompts/prompt';
import { type Tune, tuneOutput, TUNES } from '../../../lib/astria/tunes/tune';
import type { BooleanField, EntityField, OptionsField } from '../../../lib/fields/field';
import { readField } from '../../../lib/fields/values';
import { objectOf } from '../../../lib/json';
import type { FileStore } from '../../../lib/media/download';
import { choicesProperty, readChoices } from '../../shared/choices';
import type { RowItem } from '../../shared/errorRow';
import { fieldProperties, optionsCollection } from '../../shared/fieldProperty';
import type { Column, Columns, Output } from '../../shared/operation';
import {
	ONE_ITEM_OUTPUT,
	type OutputOptions,
	outputOptionsOf,
	triggerOutputProperties,
} from '../../shared/pictures';
import { astriaLink } from './links';
import { itemsOfPrompt, madeColumns, PROMPT_COLUMNS, TUNE_COLUMNS } from './output';
import { type AstriaSession, openAstria } from './session';

const TUNE_FILTER = {
	...TUNE_ENTITY,
	label: 'Tune',
	help: 'Only this tune, and the prompts on it.',
} as const satisfies EntityField;

const ALL_WORKSPACES = {
	...SELECTION.all_workspaces,
	help: "Whether to look at what is in any workspace that the key can read. Without this filter the trigger looks only at the workspace that the credential names, or else at what is your own, and is silent about prompts that were made with another 'Workspace ID'.",
} as const satisfies BooleanField;

const EVENTS = {
	type: 'options',
	label: 'Events',
	help: 'What starts the workflow',
	options: {
		promptFailed: { label: 'Prompt Failed', help: 'It ended without a picture' },
		promptFinished: { label: 'Prompt Finished', help: 'It has made its pictures' },
		tuneFailed: { label: 'Tune Failed', help: 'Its training has failed' },
		tuneTrained: { label: 'Tune Trained', help: 'It can be used in prompts' },
	},
	required: true,
	ofNode: true,
} as const satisfies OptionsField<AstriaEvent>;

const USUAL_EVENTS = ['promptFinished', 'tuneTrained'] as const;

/**
 * The parameters that both triggers have.
 *
 * @param looks whether the trigger looks by itself: a callback is about any workspace
 */
export const eventProperties = (looks: boolean): INodeProperties[] => [
	choicesProperty('events', EVENTS, USUAL_EVENTS),
	...triggerOutputProperties,
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		options: [
			...(looks ? fieldProperties('all_workspaces', ALL_WORKSPACES) : []),
			{
				displayName: 'Include FaceIDs',
				name: 'faceIds',
				type: 'boolean',
				default: true,
				description:
					'Whether tunes of the kind FaceID start the workflow too. They are trained as soon as they are made, also by Dress a Person. Without this filter they are left out.',
			},
			{
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: '',
				placeholder: 'e.g. SKU-1',
				description: "Part of a tune's title or of a prompt's text, in any case",
			},
			...fieldProperties('tuneId', TUNE_FILTER),
		],
	},
	optionsCollection({ outputField: PROMPT_RUN_OPTIONS.outputField }),
];

/** Reads a parameter of a trigger, which has no rows. */
type TriggerParameter = (name: string, fallback: unknown) => unknown;

/** @throws InputError when no event is chosen, or one that there is not, or the tune is no tune */
function readFilters(parameter: TriggerParameter): EventFilters {
	const filters = objectOf(parameter('filters', {}));
	const { tuneId = '', text = '', faceIds } = filters;
	return {
		events: readChoices(EVENTS, parameter('events', USUAL_EVENTS)),
		tuneId: readField(TUNE_FILTER, tuneId),
		text: typeof text === 'string' ? text.trim() : '',
		faceIds: faceIds === true,
		allWorkspaces: readField(ALL_WORKSPACES, filters.all_workspaces) === true,
	};
}

/** What a trigger makes items with. */
export interface Maker {
	store: FileStore;
	session: Pick<AstriaSession, 'door' | 'timing' | 'client'>;
	options: OutputOptions;
	filters: EventFilters;
}

/** @throws InputError when events or filters are none, or the credential's Base URL may not get the key */
export async function openMaker(context: IPollFunctions | IWebhookFunctions): Promise<Maker> {
	const parameter: TriggerParameter = (name, fallback) => context.getNodeParameter(name, fallback);
	return {
		store: context,
		session: await openAstria(context),
		options: outputOptionsOf((name) => parameter(name, '')),
		filters: readFilters(parameter),
	};
}

/** Why something has failed, in a sentence. */
function failureOf(words: string): string {
	return words === '' ? 'It failed, and Astria gives no reason.' : `Astria says: ${words}`;
}

/** The items of what has happened. */
export async function itemsOfEvent(
	{ store, session, options }: Maker,
	happening: Happening,
): Promise<RowItem[]> {
	const { event } = happening;
	if ('tune' in happening) {
		const { tune } = happening;
		const { client, timing } = session;
		const columns: IDataObject = { ...tuneOutput(tune, client.astriaTime(timing.clock.now())) };
		const error = event === 'tuneFailed' ? { error: failureOf(failureWords(tune)) } : {};
		return [{ json: { event, ...columns, ...error } }];
	}
	const { prompt } = happening;
	if (event === 'promptFinished') {
		return await itemsOfPrompt(store, session, options, prompt, { event });
	}
	const error = failureOf(failureWords(prompt.json));
	return [{ json: { event, ...promptColumns(prompt), error } }];
}

const EVENT: Column = {
	meaning: '`promptFinished`, `promptFailed`, `tuneTrained` or `tuneFailed`',
};

const ERROR: Column = { meaning: "Why it has failed, in Astria's words" };

/** What comes out of both triggers. */
export const eventOutputs = (more: Columns = {}): Output[] => [
	{
		columns: {
			event: EVENT,
			...madeColumns(),
			...more,
		},
	},
	ONE_ITEM_OUTPUT,
	{ when: 'for a prompt that failed', columns: { event: EVENT, ...PROMPT_COLUMNS, error: ERROR } },
	{
		when: 'for a tune',
		columns: { event: EVENT, ...TUNE_COLUMNS, error: { ...ERROR, optional: true } },
	},
];

/** Pages about what the triggers look at. */
export const eventLinks = () => [astriaLink('API overview', 'api/overview')];

/** What Astria has two lists of. */
export type Kind = 'prompts' | 'tunes';

/** A list, and how to tell of what is on it. */
export interface Watched<Entity> {
	followed: FollowedList<Entity>;
	tell(entity: Entity): Happening | undefined;
}

/** Where a list is looked for, in place of the credential's workspace. */
const everywhere = ({ allWorkspaces }: EventFilters) => ({
	...(allWorkspaces && { workspace: ALL }),
});

/** The list of prompts. */
export function watchedPrompts(filters: EventFilters): Watched<Prompt> {
	return {
		followed: {
			list: PROMPTS,
			...everywhere(filters),
			isWanted: (prompt) => isWantedPrompt(filters, prompt),
			hasEnded: (prompt) => eventOfPrompt(prompt) !== undefined,
		},
		tell(prompt) {
			const event = eventOfPrompt(prompt);
			return event && { id: prompt.id, event, prompt };
		},
	};
}

/** The list of tunes. */
export function watchedTunes(
	filters: EventFilters,
	{ client, timing }: Pick<AstriaSession, 'client' | 'timing'>,
): Watched<Tune> {
	const eventOf = (tune: Tune) => eventOfTune(tune, client.astriaTime(timing.clock.now()));
	return {
		followed: {
			list: TUNES.own,
			...everywhere(filters),
			isWanted: (tune) => isWantedTune(filters, tune),
			hasEnded: (tune) => eventOf(tune) !== undefined,
		},
		tell(tune) {
			const event = eventOf(tune);
			return event && { id: idOf(tune) ?? 0, event, tune };
		},
	};
}

/** The kinds of which the user wants to hear. */
export function kindsOf({ events }: EventFilters): Kind[] {
	return [
		...(events.has('promptFailed') || events.has('promptFinished') ? ['prompts' as const] : []),
		...(events.has('tuneFailed') || events.has('tuneTrained') ? ['tunes' as const] : []),
	];
}

/** The newest thing that is like those which the user waits for, whenever it has happened. */
async function newestLike({ session, filters }: Maker): Promise<Happening | undefined> {
	const { client } = session;
	const newest = async <Entity>({
		followed: { list, workspace, isWanted },
		tell,
	}: Watched<Entity>) =>
		(await list.page(client.readerOnce('result'), { workspace }, LONGEST_PAGE))
			.filter(isWanted)
			.flatMap((entity) => tell(entity) ?? [])
			.find(({ event }) => filters.events.has(event));
	for (const kind of kindsOf(filters)) {
		const found = await (kind === 'prompts'
			? newest(watchedPrompts(filters))
			: newest(watchedTunes(filters, session)));
		if (found) return found;
	}
	return undefined;
}

/** What the editor shows when there is nothing yet: made up, and marked so. */
const SAMPLES: Record<Kind, RowItem> = {
	prompts: {
		json: {
			event: 'promptFinished',
			sample: true,
			imageUrl: 'https://mp.astria.ai/sample',
			contentType: 'image/jpeg',
			fileName: '1-0.jpg',
			imageIndex: 0,
			imageCount: 1,
			promptId: 1,
			tuneId: 1,
			status: 'COMPLETED',
			text: 'ohwx woman in a red dress, white studio background',
		},
	},
	tunes: {
		json: {
			event: 'tuneTrained',
			sample: true,
			tuneId: 1,
			title: 'SKU-1',
			name: 'woman',
			status: 'trained',
			trained: true,
			images: ['https://mp.astria.ai/sample'],
		},
	},
};

/**
 * What the editor gets to see without waiting: the newest thing that would have started the workflow, or
 * a sample, where the account has none.
 *
 * @throws AstriaAnswerError, ConnectionError
 */
export async function itemsForEditor(maker: Maker): Promise<RowItem[]> {
	const happening = await newestLike(maker);
	if (happening) return await itemsOfEvent(maker, happening);
	return kindsOf(maker.filters).map((kind) => SAMPLES[kind]);
}
