import { idOf, LONGEST_PAGE } from '../../../lib/astria/api/entity';
import {
	type EventFilters,
	eventOfPrompt,
	eventOfTune,
	type Happening,
	isWantedPrompt,
	isWantedTune,
} from '../../../lib/astria/events/event';
import type { FollowedList } from '../../../lib/astria/events/trail';
import { type Prompt, PROMPTS } from '../../../lib/astria/prompts/prompt';
import { type Tune, TUNES } from '../../../lib/astria/tunes/tune';
import type { RowItem } from '../../shared/errorRow';
import type { AstriaSession } from './session';
import { itemsOfEvent, type Maker } from './trigger';

/** What Astria has two lists of. */
export type Kind = 'prompts' | 'tunes';

/** A list, and how to tell of what is on it. */
export interface Watched<Entity> {
	followed: FollowedList<Entity>;
	tell(entity: Entity): Happening | undefined;
}

/** The list of prompts. */
export function watchedPrompts(filters: EventFilters): Watched<Prompt> {
	return {
		followed: {
			list: PROMPTS,
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
	const newest = async <Entity>({ followed: { list, isWanted }, tell }: Watched<Entity>) =>
		(await list.page(client.readerOnce('result'), {}, LONGEST_PAGE))
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
