import { ConnectionError, TryOnError, UnknownOutcomeError } from '../../errors';
import { stoppedError, type Timing, withRetries } from '../../jobs/retry';
import { within } from '../../time';
import { certainlyNotTaken, WRITES } from './change';
import { AstriaAnswerError } from './errors';

/** Astria has what was asked for, and nobody can say which of several it is. */
export class UndecidedError extends TryOnError {}

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
	 * @param timing to ask with; its signal is not always that of the purchase
	 * @returns it, or `undefined` when Astria does not have it (yet)
	 * @throws UndecidedError when asking again would not help
	 */
	find(sentAt: number, timing: Timing): Promise<T | undefined>;
	/** What to do when nobody knows, a full sentence. */
	cure: string;
}

/** What was bought, and whether it had to be asked for because the answer was lost. */
export interface Purchased<T> {
	thing: T;
	recovered: boolean;
}

/**
 * Milliseconds before each question for something whose answer was lost. After a 504 Astria may
 * still be at work on it; it wants at least 60 s to pass before the same is sent again
 * (docs.astria.ai, API overview).
 */
const QUESTIONS_MS = [0, 5_000, 15_000, 20_000, 30_000];

/** Milliseconds for the last question of a run that was stopped, which somebody waits for. */
const LAST_QUESTION_MS = 10_000;

/** Whether nobody knows what became of a paid call that failed so. */
export function isInDoubt(error: unknown): boolean {
	return doubtAbout(error) !== undefined;
}

/** Why nobody knows what became of a call. */
interface Doubt {
	/** A sentence. */
	reason: string;
	statusCode?: number;
}

/** `undefined` when it was certainly refused. */
function doubtAbout(error: unknown): Doubt | undefined {
	if (certainlyNotTaken(error)) return undefined;
	if (error instanceof ConnectionError) {
		return { reason: error.message, statusCode: error.details.statusCode };
	}
	if (!(error instanceof AstriaAnswerError) || error.status < 500) return undefined;
	const words = error.fault.words === '' ? '' : `: ${error.fault.words.replace(/\.$/, '')}`;
	return { reason: `The answer was status ${error.status}${words}.`, statusCode: error.status };
}

/** What came of asking for something whose answer was lost. */
interface Search<T> {
	thing?: T;
	/** Whether Astria could be asked whether it has it. */
	asked?: boolean;
	undecided?: UndecidedError;
}

async function askOnce<T>(
	{ find }: Purchase<T>,
	timing: Timing,
	sentAt: number,
): Promise<Search<T>> {
	try {
		return { asked: true, thing: await find(sentAt, timing) };
	} catch (error) {
		if (error instanceof UndecidedError) return { undecided: error };
		if (!(error instanceof TryOnError)) throw error;
		// The next question may be answered; what is said of the row is the lost answer.
		return {};
	}
}

/**
 * Asks until Astria has it. After Stop, or when another row ends the run, it is asked once more,
 * with a signal of nobody: what was paid for has to be named.
 */
async function ask<T>(purchase: Purchase<T>, timing: Timing, sentAt: number): Promise<Search<T>> {
	const { clock, signal } = timing;
	let asked: boolean | undefined;
	for (const pause of QUESTIONS_MS) {
		if (pause > 0) await clock.sleep(pause, signal);
		if (signal?.aborted) break;
		const search = await askOnce(purchase, timing, sentAt);
		if (search.thing !== undefined || search.undecided) return search;
		asked ||= search.asked;
	}
	if (!signal?.aborted) return { asked };
	const last = await within(
		clock,
		LAST_QUESTION_MS,
		async (own) => await askOnce(purchase, { clock, signal: own }, sentAt),
	);
	return { ...last, asked: asked || last.asked };
}

function resultOf<T>({ what }: Purchase<T>, { asked, undecided }: Search<T>): string {
	if (undecided) return undecided.message;
	return asked
		? `Astria does not show the ${what} so far.`
		: 'Astria could not be asked for it either.';
}

function unknownOutcome<T>(purchase: Purchase<T>, doubt: Doubt, search: Search<T>) {
	const { reason, statusCode } = doubt;
	const looked = resultOf(purchase, search);
	return new UnknownOutcomeError(
		`The request was sent, but its answer was lost: ${reason} ${looked} It is unknown whether Astria took it, so it was not sent again and may be charged.`,
		{
			...search.undecided?.details,
			stage: 'submit',
			retryable: false,
			cure: purchase.cure,
			charged: 'unknown',
			statusCode,
		},
	);
}

/**
 * Buys something: the call is sent again only when Astria certainly did not take it (429, 503
 * with a Retry-After, a connection that was never made). When its outcome is unknown (5xx, a lost
 * or unreadable answer), Astria is asked for it instead, since what passes its limit of 30 s is
 * "probably processed" (docs.astria.ai, API overview).
 *
 * @throws AstriaAnswerError, ConnectionError when it was refused or never sent; StoppedError when
 * the run was stopped before;
 * UnknownOutcomeError when nobody knows
 */
export async function buyOnce<T>(timing: Timing, purchase: Purchase<T>): Promise<Purchased<T>> {
	let sentAt = timing.clock.now();
	let doubt: Doubt;
	try {
		const answer = await withRetries(timing, WRITES, async () => {
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
	const search = await ask(purchase, timing, sentAt);
	if (search.thing !== undefined) return { thing: search.thing, recovered: true };
	throw unknownOutcome(purchase, doubt, search);
}
