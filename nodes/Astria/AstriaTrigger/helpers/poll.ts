import { type INodeExecutionData, type IPollFunctions, NodeOperationError } from 'n8n-workflow';

import type { EventFilters, Happening } from '../../../../lib/astria/events/event';
import { follow, keeping, readTrail, type Trail } from '../../../../lib/astria/events/trail';
import { ofFreeCall, toTryOnError, wholeMessage } from '../../../../lib/errors';
import { SECOND_MS, systemClock, within } from '../../../../lib/time';
import type { RowItem } from '../../../shared/errorRow';
import {
	itemsForEditor,
	itemsOfEvent,
	type Kind,
	kindsOf,
	type Maker,
	openMaker,
	type Watched,
	watchedPrompts,
	watchedTunes,
} from '../../shared/trigger';

/** Milliseconds that n8n gives a look unless it says otherwise. */
const USUAL_BUDGET_MS = 300 * SECOND_MS;

/** Of that time, for the calls of one look at one list, so that neither takes the other's. */
const OF_A_LIST = 0.3;

/** Of that time, for telling; what is left then is told at the next look. */
const OF_TELLING = 0.2;

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

/** Nodes that are looking: n8n begins the next look in time, however long one takes. */
const looking = new Set<string>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetFirstLooks(): void {
	firstTrails.clear();
	looking.clear();
}

function nodeOf(context: IPollFunctions): string {
	return `${String(context.getWorkflow().id)}/${context.getNode().id}`;
}

const nameOf = (context: IPollFunctions, kind: Kind) => `${nodeOf(context)}/${kind}`;

/** Milliseconds that n8n gives this look; only n8n 2.41 and later say so. */
function budgetOf(context: { getPollBudgetMs?(): number }): number {
	return context.getPollBudgetMs?.() ?? USUAL_BUDGET_MS;
}

/** Milliseconds for the calls of one list. */
const listMsOf = (context: IPollFunctions) => budgetOf(context) * OF_A_LIST;

async function lookAt<Entity>(
	context: IPollFunctions,
	{ client, timing }: Maker['session'],
	kind: Kind,
	{ events }: EventFilters,
	{ followed, tell }: Watched<Entity>,
): Promise<Found> {
	const name = nameOf(context, kind);
	const before = readTrail(context.getWorkflowStaticData('node')[kind]) ?? firstTrails.get(name);
	const { ended, trail, trouble } = await follow(client, timing, followed, before);
	if (trouble) {
		const why = timing.signal?.aborted
			? `Astria's answers took longer than ${Math.round(listMsOf(context) / SECOND_MS)} s.`
			: wholeMessage(ofFreeCall(trouble));
		context.logger.warn(`Not all ${kind} could be looked at: ${why} The next look goes on.`);
	}
	if (!before) firstTrails.set(name, trail);
	const happenings = ended.flatMap((entity) => tell(entity) ?? []);
	return { kind, trail, happenings: happenings.filter(({ event }) => events.has(event)) };
}

async function lookAtAll(context: IPollFunctions, { session, filters }: Maker): Promise<Found[]> {
	const found: Found[] = [];
	const listMs = listMsOf(context);
	for (const kind of kindsOf(filters)) {
		found.push(
			await within(systemClock, listMs, async (signal) => {
				const timed = { ...session, timing: { ...session.timing, signal } };
				return kind === 'prompts'
					? await lookAt(context, timed, kind, filters, watchedPrompts(filters))
					: await lookAt(context, timed, kind, filters, watchedTunes(filters, timed));
			}),
		);
	}
	return found;
}

/** Tells of as much as there is time for; what is left stays to be told. */
async function tellAll(maker: Maker, found: readonly Found[], tellMs: number) {
	const { clock } = maker.session.timing;
	const end = clock.now() + tellMs;
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

/** @returns `null` also while another look of the node goes on, which the next one begins after */
async function lookOnce(
	context: IPollFunctions,
	maker: Maker,
): Promise<INodeExecutionData[][] | null> {
	const node = nodeOf(context);
	if (looking.has(node)) return null;
	looking.add(node);
	try {
		const found = await lookAtAll(context, maker);
		const { items, trails } = await tellAll(maker, found, budgetOf(context) * OF_TELLING);
		const stored = context.getWorkflowStaticData('node');
		// All at once and at the end; a kind that nobody asks for any more begins anew when it is.
		for (const kind of ['prompts', 'tunes'] as const) {
			stored[kind] = trails[kind];
			if (!trails[kind]) firstTrails.delete(nameOf(context, kind));
		}
		return items.length > 0 ? [items] : null;
	} finally {
		looking.delete(node);
	}
}

/**
 * Looks for what has happened at Astria since the last look.
 *
 * @returns the items of one execution; `null` when nothing has happened, or another look goes on
 * @throws NodeOperationError when Astria cannot be asked; the next look finds the same
 */
export async function poll(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	try {
		const maker = await openMaker(context);
		if (context.getMode() === 'manual') return [await itemsForEditor(maker)];
		return await lookOnce(context, maker);
	} catch (thrown) {
		const message = wholeMessage(ofFreeCall(toTryOnError(thrown, 'result')));
		const failure = new NodeOperationError(context.getNode(), message);
		// n8n puts words of its own in place of any message that holds a network code.
		failure.message = message;
		throw failure;
	}
}
