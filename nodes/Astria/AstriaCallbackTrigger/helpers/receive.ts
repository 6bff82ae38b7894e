import { createHash, timingSafeEqual } from 'node:crypto';
import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { isGone } from '../../../../lib/astria/api/errors';
import {
	eventOfPrompt,
	eventOfTune,
	type Happening,
	isWantedPrompt,
	isWantedTune,
	type Named,
	namedIn,
} from '../../../../lib/astria/events/event';
import { promptById } from '../../../../lib/astria/prompts/prompt';
import { tuneById } from '../../../../lib/astria/tunes/tune';
import { SharedCall } from '../../../../lib/jobs/told';
import { objectOf, textOf } from '../../../../lib/json';
import { SECOND_MS, systemClock, within } from '../../../../lib/time';
import type { RowItem } from '../../../shared/errorRow';
import {
	comeAgain,
	FETCH,
	isBrowser,
	refuse,
	RefusedCall,
	showSample,
	startOnce,
} from '../../../shared/webhook';
import { sharedBookOf, thingOf } from '../../shared/sharing';
import { itemsForEditor, itemsOfEvent, type Maker, openMaker } from '../../shared/trigger';

/**
 * Milliseconds between looks at what a callback is about: Astria calls once, perhaps a moment before
 * its API shows the end.
 */
const LOOK_PAUSES_MS = [1_000, 2_000, 4_000, 8_000];

/** Astria calls no second time, whatever it is answered (docs.astria.ai, API overview). */
const CALLS_ONCE = true;

/** Milliseconds for all that is asked about one tune or prompt. */
const READ_MS = 120 * SECOND_MS;

/** Both are hashed, so that neither their letters nor their lengths can be told by the time it takes. */
function isSame(one: string, other: string): boolean {
	const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
	return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** Why a call is not one that the user has asked Astria for; `undefined` when it may be. */
function refusalOf(context: IWebhookFunctions): string | undefined {
	const secret = textOf(context.getNodeParameter('secret', ''))?.trim();
	if (secret === undefined) return "The trigger's 'Secret' is empty.";
	const { secret: given } = objectOf(context.getQueryData());
	if (typeof given === 'string' && isSame(given, secret)) return undefined;
	return "Its address does not end with ?secret= and the trigger's 'Secret'.";
}

/** How a tune or prompt has ended, and whether anybody wants to hear of it. */
interface Look {
	isWanted: boolean;
	happening?: Happening;
}

async function lookAt(
	{ client, timing }: Maker['session'],
	filters: Maker['filters'],
	{ kind, id }: Named,
): Promise<Look> {
	if (kind === 'prompt') {
		const prompt = await promptById(client, timing, id);
		const event = eventOfPrompt(prompt);
		const happening = event && { id, event, prompt };
		return { isWanted: isWantedPrompt(filters, prompt), happening };
	}
	const tune = await tuneById(client, timing, id);
	const event = eventOfTune(tune, client.astriaTime(timing.clock.now()));
	return { isWanted: isWantedTune(filters, tune), happening: event && { id, event, tune } };
}

/**
 * Reads how a tune or prompt has ended; no word of the call but its id is believed.
 *
 * @throws RefusedCall when the account has none of that id; TryOnError when it has not ended, or
 * cannot be read now
 */
async function readEnd({ session, filters }: Maker, named: Named): Promise<Look> {
	return await within(systemClock, READ_MS, async (signal) => {
		const timed = { ...session, timing: { ...session.timing, signal } };
		for (const pause of [0, ...LOOK_PAUSES_MS]) {
			await systemClock.sleep(pause, signal);
			const look = await lookAt(timed, filters, named);
			if (!look.isWanted || look.happening) return look;
		}
		throw new Error(`Astria does not show that ${named.kind} ${named.id} has ended.`);
	}).catch((error: unknown) =>
		isGone(error)
			? Promise.reject(new RefusedCall(`The account has no ${named.kind} ${named.id}.`))
			: Promise.reject(error instanceof Error ? error : new Error(String(error))),
	);
}

async function itemsFor(maker: Maker, sharing: SharedCall, named: Named): Promise<RowItem[]> {
	const { isWanted, happening } = await readEnd(maker, named);
	if (!happening || !isWanted || !maker.filters.events.has(happening.event)) return [];
	const make = async () => await itemsOfEvent(maker, happening);
	return await sharing.tell(thingOf(happening), make);
}

/** Answers a call of the trigger's address, which may be by anyone. */
export async function receiveCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	if (isBrowser(context)) {
		return await showSample(context, async () => await itemsForEditor(await openMaker(context)));
	}
	const refusal = refusalOf(context);
	if (refusal !== undefined) return refuse(context, refusal);
	const body: unknown = context.getBodyData();
	const named = new Map(namedIn(body).map((one) => [`${one.kind} ${one.id}`, one]));
	if (named.size === 0) return refuse(context, 'It names no tune and no prompt.');
	try {
		const maker = await openMaker(context);
		const sharing = new SharedCall(await sharedBookOf(context));
		const read = async (id: string) => {
			const one = named.get(id);
			return one ? await itemsFor(maker, sharing, one) : [];
		};
		const { settle } = sharing;
		return await startOnce(context, [...named.keys()], read, { callsOnce: CALLS_ONCE, settle });
	} catch (error) {
		return comeAgain(context, [...named.keys()].join(', '), error, FETCH);
	}
}
