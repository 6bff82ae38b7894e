import { type INodeExecutionData, type IPollFunctions, NodeOperationError } from 'n8n-workflow';

import { idOf } from '../../../lib/astria/api/json';
import {
	eventOfPrompt,
	eventOfTune,
	type EventFilters,
	type Happening,
	isWantedPrompt,
	isWantedTune,
} from '../../../lib/astria/events/event';
import {
	follow,
	type FollowedList,
	keeping,
	readTrail,
	type Trail,
} from '../../../lib/astria/events/trail';
import { promptsPage } from '../../../lib/astria/prompts/calls';
import { type Prompt, readPrompt, readPrompts } from '../../../lib/astria/prompts/prompt';
import { readTune, readTunes, type Tune, tunesPage } from '../../../lib/astria/tunes/calls';
import { LONGEST_PAGE } from '../../../lib/astria/api/pages';
import { ofFreeCall, toTryOnError, wholeMessage } from '../../../lib/errors';
import { SECOND_MS, systemClock, within } from '../../../lib/time';
import type { RowItem } from '../../shared/errorRow';
import { type AstriaSession, openAstria } from '../shared/session';
import { itemsOfEvent, type Maker, readFilters, readOptions } from '../shared/trigger';

/** Milliseconds for the calls of one look. */
const LOOK_MS = 120 * SECOND_MS;

/** Milliseconds after which what is left is told at the next look: n8n gives a look five minutes. */
const TELL_MS = 60 * SECOND_MS;

/** What Astria has two lists of. */
type Kind = 'prompts' | 'tunes';

/** A list, and how to tell of what is on it. */
interface Subject<Entity> {
	list: FollowedList<Entity>;
	tell(entity: Entity): Happening | undefined;
}

function promptSubject(filters: EventFilters): Subject<Prompt> {
	return {
		list: {
			page: (limit, beforeId) => promptsPage({}, limit, beforeId),
			one: (id) => ({ path: `/prompts/${id}` }),
			readPage: readPrompts,
			readOne: (answer) => readPrompt(answer) ?? { id: 0, outputs: [], json: {} },
			idOf: ({ id }) => id,
			isWanted: (prompt) => isWantedPrompt(filters, prompt),
			hasEnded: (prompt) => eventOfPrompt(prompt) !== undefined,
		},
		tell(prompt) {
			const event = eventOfPrompt(prompt);
			return event && { id: prompt.id, event, prompt };
		},
	};
}

function tuneSubject(
	filters: EventFilters,
	{ client, timing }: Pick<AstriaSession, 'client' | 'timing'>,
): Subject<Tune> {
	const eventOf = (tune: Tune) => eventOfTune(tune, client.astriaTime(timing.clock.now()));
	return {
		list: {
			page: (limit, beforeId) => tunesPage('own', {}, limit, beforeId),
			one: (id) => ({ path: `/tunes/${id}` }),
			readPage: readTunes,
			readOne: (answer) => readTune(answer) ?? {},
			idOf,
			isWanted: (tune) => isWantedTune(filters, tune),
			hasEnded: (tune) => eventOf(tune) !== undefined,
		},
		tell(tune) {
			const event = eventOf(tune);
			return event && { id: idOf(tune) ?? 0, event, tune };
		},
	};
}

/** What a look has found on a list, and where the next one goes on. */
interface Found {
	kind: Kind;
	happenings: Happening[];
	trail: Trail;
}

/**
 * The first look of each trigger: n8n keeps what a look has stored once the workflow has started, or
 * at the next look, and what ends until then is not to be missed.
 */
const firstTrails = new Map<string, Trail>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetFirstLooks(): void {
	firstTrails.clear();
}

function nameOf(context: IPollFunctions, kind: Kind): string {
	return `${String(context.getWorkflow().id)}/${context.getNode().id}/${kind}`;
}

async function lookAt<Entity>(
	context: IPollFunctions,
	session: Maker['session'],
	kind: Kind,
	filters: EventFilters,
	{ list, tell }: Subject<Entity>,
): Promise<Found> {
	const { client, timing } = session;
	const name = nameOf(context, kind);
	const before = readTrail(context.getWorkflowStaticData('node')[kind]) ?? firstTrails.get(name);
	const { ended, trail } = await follow(client, timing, list, before);
	if (!before) firstTrails.set(name, trail);
	const happenings = ended.flatMap((entity) => tell(entity) ?? []);
	return { kind, trail, happenings: happenings.filter(({ event }) => filters.events.has(event)) };
}

/** The kinds of which the user wants to hear. */
function kindsOf({ events }: EventFilters): Kind[] {
	return [
		...(events.has('promptFailed') || events.has('promptFinished') ? ['prompts' as const] : []),
		...(events.has('tuneFailed') || events.has('tuneTrained') ? ['tunes' as const] : []),
	];
}

async function lookAtAll(
	context: IPollFunctions,
	session: Maker['session'],
	filters: EventFilters,
): Promise<Found[]> {
	return await within(systemClock, LOOK_MS, async (signal) => {
		const timed = { ...session, timing: { ...session.timing, signal } };
		const found: Found[] = [];
		for (const kind of kindsOf(filters)) {
			found.push(
				kind === 'prompts'
					? await lookAt(context, timed, kind, filters, promptSubject(filters))
					: await lookAt(context, timed, kind, filters, tuneSubject(filters, timed)),
			);
		}
		return found;
	});
}

/** Tells of as much as there is time for; what is left stays to be told. */
async function tellAll(maker: Maker, found: readonly Found[]) {
	const { clock } = maker.session.timing;
	const end = clock.now() + TELL_MS;
	const items: RowItem[] = [];
	const trails: Partial<Record<Kind, Trail>> = {};
	for (const { kind, happenings, trail } of found) {
		const untold: number[] = [];
		for (const happening of happenings) {
			if (clock.now() < end) items.push(...(await itemsOfEvent(maker, happening)));
			else untold.push(happening.id);
		}
		trails[kind] = keeping(trail, untold);
	}
	return { items, trails };
}

/** The newest thing that is like those which the user waits for, whenever it has happened. */
async function newestLike(
	session: Maker['session'],
	filters: EventFilters,
): Promise<Happening | undefined> {
	const { client } = session;
	const newest = async <Entity>({ list, tell }: Subject<Entity>) =>
		list
			.readPage(await client.readOnce(list.page(LONGEST_PAGE), 'result'))
			.filter((entity) => list.isWanted(entity))
			.flatMap((entity) => tell(entity) ?? [])
			.find(({ event }) => filters.events.has(event));
	for (const kind of kindsOf(filters)) {
		const found = await (kind === 'prompts'
			? newest(promptSubject(filters))
			: newest(tuneSubject(filters, session)));
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

async function itemsForEditor(maker: Maker, filters: EventFilters): Promise<RowItem[]> {
	const happening = await newestLike(maker.session, filters);
	if (happening) return await itemsOfEvent(maker, happening);
	return kindsOf(filters).map((kind) => SAMPLES[kind]);
}

/**
 * Looks for what has happened at Astria since the last look.
 *
 * @returns the items of one execution; `null` when nothing has happened
 * @throws NodeOperationError when Astria cannot be asked; the next look finds the same
 */
export async function poll(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const parameter = (name: string, fallback: unknown): unknown =>
		context.getNodeParameter(name, fallback);
	try {
		const filters = readFilters(parameter);
		const session = { ...(await openAstria(context)), timing: { clock: systemClock } };
		const maker = { store: context, session, options: readOptions(parameter) };
		if (context.getMode() === 'manual') return [await itemsForEditor(maker, filters)];
		const { items, trails } = await tellAll(maker, await lookAtAll(context, session, filters));
		const stored = context.getWorkflowStaticData('node');
		// All at once and at the end; a kind that nobody asks for any more begins anew when it is.
		for (const kind of ['prompts', 'tunes'] as const) {
			stored[kind] = trails[kind];
			if (!trails[kind]) firstTrails.delete(nameOf(context, kind));
		}
		return items.length > 0 ? [items] : null;
	} catch (thrown) {
		const message = wholeMessage(ofFreeCall(toTryOnError(thrown, 'result')));
		const failure = new NodeOperationError(context.getNode(), message);
		// n8n puts words of its own in place of any message that holds a network code.
		failure.message = message;
		throw failure;
	}
}
