import { ConnectionError, TryOnError, UnknownOutcomeError } from '../../errors';
import {
	neverSent,
	type RetryPlan,
	stoppedError,
	type Timing,
	withRetries,
} from '../../jobs/retry';
import { pauseAfter } from './client';
import { AstriaAnswerError, isPutOff } from './errors';

/** Something to buy, once. */
export interface Purchase<T> {
	/** What it is, for messages: `tune "Jane"`. */
	what: string;
	/** Sends the paid call, once; without a signal, since an answer that is lost costs. */
	send(): Promise<unknown>;
	/** Finds what was bought in the answer; `undefined` when it is not there. */
	read(answer: unknown): T | undefined;
	/**
	 * Asks Astria whether it has what was sent, without buying anything.
	 *
	 * @param sentAt milliseconds since the epoch, by this machine's clock
	 * @returns it, or `undefined` when Astria does not have it (yet)
	 */
	find(sentAt: number): Promise<T | undefined>;
	/** What to do when nobody knows, a full sentence. */
	cure: string;
}

/** What was bought, and whether it had to be asked for because the answer was lost. */
export interface Bought<T> {
	thing: T;
	recovered: boolean;
}

/** Milliseconds before each try of a call that Astria certainly did not take. */
const PAUSES = [1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * Milliseconds before each question for something whose answer was lost. After a 504 Astria may
 * still be at work on it.
 */
const QUESTIONS = [0, 5_000, 15_000, 30_000];

/** Astria takes no call that it answers so, nor one that never reached it. */
function certainlyNotTaken(error: unknown): boolean {
	return neverSent(error) || (error instanceof AstriaAnswerError && isPutOff(error));
}

const SENDS: RetryPlan = {
	pauses: PAUSES,
	again: certainlyNotTaken,
	pauseFor: (error, pause) => (neverSent(error) ? pause : pauseAfter(error, pause)),
};

/** Why nobody knows what became of the call; `undefined` when it was certainly refused. */
function doubtAbout(error: unknown): { reason: string; statusCode?: number } | undefined {
	if (certainlyNotTaken(error)) return undefined;
	if (error instanceof ConnectionError) {
		const { statusCode } = error.details;
		return { reason: error.message, ...(statusCode !== undefined && { statusCode }) };
	}
	if (!(error instanceof AstriaAnswerError) || error.status < 500) return undefined;
	const words = error.fault.words === '' ? '' : `: ${error.fault.words.replace(/\.$/, '')}`;
	return { reason: `The answer was status ${error.status}${words}.`, statusCode: error.status };
}

/** Asks until Astria has it; always at least once, also after Stop. */
async function ask<T>(
	{ find }: Purchase<T>,
	{ clock, signal }: Timing,
	sentAt: number,
): Promise<{ thing?: T; asked: boolean }> {
	let asked = false;
	for (const pause of QUESTIONS) {
		if (pause > 0) {
			await clock.sleep(pause, signal);
			if (signal?.aborted) break;
		}
		try {
			const thing = await find(sentAt);
			asked = true;
			if (thing !== undefined) return { thing, asked };
		} catch (error) {
			if (!(error instanceof TryOnError)) throw error;
			// The next question may be answered; what is said of the row is the lost answer.
		}
	}
	return { asked };
}

function unknownOutcome<T>({ what, cure }: Purchase<T>, reason: string, asked: boolean) {
	const looked = asked
		? `Astria does not show the ${what} so far.`
		: 'Astria could not be asked for it either.';
	return new UnknownOutcomeError(
		`The request was sent, but its answer was lost: ${reason} ${looked} It is unknown whether Astria took it, so it was not sent again and may be charged. ${cure}`,
		{ stage: 'submit', retryable: false, charged: 'unknown' },
	);
}

/**
 * Buys something: the call is sent again only when Astria certainly did not take it (429, 503
 * with a Retry-After, a connection that was never made). When its outcome is unknown (5xx, a lost
 * or unreadable answer), Astria is asked for it instead, since what passes its limit of 30 s is
 * "probably processed" (docs.astria.ai, API overview).
 *
 * @throws AstriaAnswerError, ConnectionError when it was refused or never sent;
 * UnknownOutcomeError when nobody knows; StoppedError, and nothing was sent, when the signal is
 * aborted before
 */
export async function buyOnce<T>(timing: Timing, purchase: Purchase<T>): Promise<Bought<T>> {
	let sentAt = timing.clock.now();
	let doubt: { reason: string; statusCode?: number };
	try {
		const answer = await withRetries(timing, SENDS, async () => {
			if (timing.signal?.aborted) throw stoppedError(timing.signal);
			sentAt = timing.clock.now();
			return await purchase.send();
		});
		const thing = purchase.read(answer);
		if (thing !== undefined) return { thing, recovered: false };
		doubt = { reason: 'It held no id.' };
	} catch (error) {
		const found = doubtAbout(error);
		if (!found) throw error;
		doubt = found;
	}
	const { thing, asked } = await ask(purchase, timing, sentAt);
	if (thing !== undefined) return { thing, recovered: true };
	const { reason, statusCode } = doubt;
	throw unknownOutcome(purchase, reason, asked).add(statusCode === undefined ? {} : { statusCode });
}
