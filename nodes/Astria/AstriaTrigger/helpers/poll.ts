import { type INodeExecutionData, type IPollFunctions, NodeOperationError } from 'n8n-workflow';

import type { AstriaClient } from '../../../../lib/astria/api/client';
import type { EventFilters, Happening } from '../../../../lib/astria/events/event';
import { type Credential, ownerOf } from '../../../../lib/astria/events/owner';
import {
	follow,
	keeping,
	type Look,
	type LookTiming,
	readTrail,
	type Trail,
} from '../../../../lib/astria/events/trail';
import { joined, ofFreeCall, toTryOnError, wholeMessage } from '../../../../lib/errors';
import type { SharedBook } from '../../../../lib/jobs/told';
import { numberOf, textOf } from '../../../../lib/json';
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
import { ASTRIA_CREDENTIAL } from '../../shared/session';
import { sharedBookOf, thingOf } from '../../shared/sharing';

/** Milliseconds that n8n gives a look unless it says otherwise. */
const USUAL_BUDGET_MS = 300 * SECOND_MS;

/** Of that time, for the calls of one look at one list, so that neither takes the other's. */
const OF_A_LIST = 0.3;

/** Of that of a list, for what is new on it, so that what has not ended is looked at too. */
const OF_NEWS = 2 / 3;

/** Of that time, for telling; what is left then is told at the next look. */
const OF_TELLING = 0.2;

/** Of that time, until a download that has begun by then is broken off; its address is told. */
const OF_DOWNLOADS = 0.35;

/** What is said of a picture that was broken off then. */
const NO_TIME_LEFT = 'The picture could not be downloaded in the time that n8n gives a look.';

/** What a look has found on a list, and where the next one goes on. */
interface Found {
	kind: Kind;
	happenings: Happening[];
	/** Where this one began. */
	before?: Trail;
	trail: Trail;
}

/** Where a trigger has been at its last look, by the process. */
interface Memory {
	/** The node's name then: n8n stores what it stores by that. */
	name: string;
	trail: Trail;
	/** Where that look had begun, when it has started the workflow. */
	before?: Trail;
}

/** How many triggers are remembered, those that have looked last. */
const MOST_REMEMBERED = 500;

/**
 * The last look of each trigger, by the node's id. n8n stores a look once the workflow has started,
 * and by the node's name: what ends until then, or is there when the node has been renamed, is
 * neither to be missed nor to be told again.
 */
const memories = new Map<string, Memory>();

/** Nodes that are looking: n8n begins the next look in time, however long one takes. */
const looking = new Set<string>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetLooks(): void {
	memories.clear();
	looking.clear();
}

function nodeOf(context: IPollFunctions): string {
	return `${String(context.getWorkflow().id)}/${context.getNode().id}`;
}

const memoryOf = (context: IPollFunctions, kind: Kind) => `${nodeOf(context)}/${kind}`;

/**
 * Where the last look has ended; `undefined` when this is the first one.
 *
 * @param owner whose lists it looks at now: n8n does not store at once that it has begun anew
 */
function trailBefore(context: IPollFunctions, kind: Kind, owner: string): Trail | undefined {
	const stored = readTrail(context.getWorkflowStaticData('node')[kind]);
	if (stored && (stored.owner ?? owner) === owner) return stored;
	const { name, trail, before } = memories.get(memoryOf(context, kind)) ?? {};
	// n8n stores each look that starts the workflow: one that is not there by this name was dropped,
	// as when the workflow was published anew meanwhile.
	const known = name === context.getNode().name ? (before ?? trail) : trail;
	return known?.owner === owner ? known : (stored ?? known);
}

function remember(context: IPollFunctions, kind: Kind, memory: Memory): void {
	const key = memoryOf(context, kind);
	memories.delete(key);
	memories.set(key, memory);
	for (const [oldest] of memories) if (memories.size > MOST_REMEMBERED) memories.delete(oldest);
}

/** Milliseconds that n8n gives this look; only n8n 2.41 and later say so. */
function budgetOf(context: { getPollBudgetMs?(): number }): number {
	return context.getPollBudgetMs?.() ?? USUAL_BUDGET_MS;
}

/** Milliseconds for the calls of one list. */
const listMsOf = (context: IPollFunctions) => budgetOf(context) * OF_A_LIST;

async function readCredential(context: IPollFunctions): Promise<Credential> {
	const { apiKey, workspaceId } = await context.getCredentials(ASTRIA_CREDENTIAL);
	const workspace = String(
		textOf(workspaceId)?.trim() ?? numberOf(workspaceId) ?? '',
	).toLowerCase();
	return {
		id: context.getNode().credentials?.[ASTRIA_CREDENTIAL]?.id ?? '',
		apiKey: textOf(apiKey) ?? '',
		// Astria's word for no workspace, which the credential takes too.
		workspace: workspace === 'personal' ? '' : workspace,
	};
}

/**
 * Tells n8n's log of what a look could not do, and what becomes of it.
 *
 * @param lateMs the time that was up, where that is the reason
 */
function tellInLog<Entity>(
	context: IPollFunctions,
	kind: Kind,
	lateMs: number | undefined,
	{ trouble, trail: { halfRead }, dropped, unseenBelow, isAnew }: Look<Entity>,
): void {
	const { logger } = context;
	if (isAnew) {
		logger.warn(
			`The ${kind} are another account's than at the last look: what had ended before this one is not told.`,
		);
	}
	if (trouble) {
		const why =
			lateMs === undefined
				? wholeMessage(ofFreeCall(trouble))
				: `Astria's answers took longer than ${Math.round(lateMs / SECOND_MS)} s.`;
		const how =
			unseenBelow === undefined
				? `The next look goes on${halfRead ? ` below ${halfRead.downTo}` : ''}.`
				: '';
		logger.warn(joined(`Not all ${kind} could be looked at: ${why}`, how));
	}
	if (unseenBelow !== undefined) {
		logger.warn(`What had not ended of the ${kind} before ${unseenBelow} is not waited for.`);
	}
	if (dropped > 0) {
		logger.warn(
			`Too many ${kind} have not ended: the oldest ${dropped} of them are not waited for any more.`,
		);
	}
}

async function lookAt<Entity>(
	context: IPollFunctions,
	{ client, timing }: { client: AstriaClient; timing: LookTiming },
	kind: Kind,
	{ events }: EventFilters,
	{ followed, tell }: Watched<Entity>,
): Promise<Found> {
	const credential = await readCredential(context);
	const owner = await ownerOf(client, timing.signal, credential);
	const before = trailBefore(context, kind, owner);
	const look = await follow(client, timing, followed, before, owner);
	const listMs = listMsOf(context);
	const newsMs = timing.readingSignal?.aborted ? listMs * OF_NEWS : undefined;
	tellInLog(context, kind, timing.signal?.aborted ? listMs : newsMs, look);
	const happenings = look.ended.flatMap((entity) => tell(entity) ?? []);
	const wanted = happenings.filter(({ event }) => events.has(event));
	return { kind, before, trail: look.trail, happenings: wanted };
}

async function lookAtAll(context: IPollFunctions, { session, filters }: Maker): Promise<Found[]> {
	const found: Found[] = [];
	const listMs = listMsOf(context);
	const lookAtOne = async (kind: Kind, timing: LookTiming) => {
		const timed = { ...session, timing };
		return kind === 'prompts'
			? await lookAt(context, timed, kind, filters, watchedPrompts(filters))
			: await lookAt(context, timed, kind, filters, watchedTunes(filters, timed));
	};
	for (const kind of kindsOf(filters)) {
		const look = async (signal: AbortSignal) =>
			await within(
				systemClock,
				listMs * OF_NEWS,
				async (readingSignal) =>
					await lookAtOne(kind, { ...session.timing, signal, readingSignal }),
			);
		found.push(await within(systemClock, listMs, look));
	}
	return found;
}

/**
 * Tells of as much as there is time for; what is left stays to be told.
 *
 * @param shared with the callback trigger beside it, which may have told of some
 */
async function tellAll(
	maker: Maker,
	found: readonly Found[],
	tellMs: number,
	shared: SharedBook | undefined,
) {
	const { clock } = maker.session.timing;
	const end = clock.now() + tellMs;
	const items: RowItem[] = [];
	const trails: Partial<Record<Kind, Trail>> = {};
	for (const { kind, happenings, trail } of found) {
		const untold: number[] = [];
		for (const happening of happenings) {
			const isWanted = clock.now() < end ? (shared?.find(thingOf(happening)) ?? true) : 'later';
			if (isWanted === 'later') untold.push(happening.id);
			else if (isWanted) items.push(...(await itemsOfEvent(maker, happening)));
		}
		trails[kind] = keeping(trail, untold);
	}
	if (items.length > 0) shared?.write();
	return { items, trails };
}

/** The same, in the time that n8n gives the look: a picture that stalls must not hold all looks. */
async function tellInTime(context: IPollFunctions, maker: Maker, found: readonly Found[]) {
	const budgetMs = budgetOf(context);
	const shared = await sharedBookOf(context);
	const tell = async (signal: AbortSignal) => {
		const session = { ...maker.session, timing: { ...maker.session.timing, signal } };
		return await tellAll({ ...maker, session }, found, budgetMs * OF_TELLING, shared);
	};
	return await within(systemClock, budgetMs * OF_DOWNLOADS, tell, NO_TIME_LEFT);
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
		const { items, trails } = await tellInTime(context, maker, found);
		const stored = context.getWorkflowStaticData('node');
		const { name } = context.getNode();
		// All at once and at the end; a kind that nobody asks for any more begins anew when it is.
		for (const kind of ['prompts', 'tunes'] as const) {
			const trail = trails[kind];
			const before = found.find((one) => one.kind === kind)?.before;
			stored[kind] = trail;
			if (!trail) memories.delete(memoryOf(context, kind));
			else remember(context, kind, { name, trail, ...(items.length > 0 && before && { before }) });
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
