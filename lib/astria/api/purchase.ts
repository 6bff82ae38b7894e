import { ConnectionError, TryOnError, UnknownOutcomeError } from '../../errors';
import { Claims } from '../../jobs/memory';
import {
	forkSignal,
	stoppedError,
	type Timing,
	untilAborted,
	within,
	withRetries,
} from '../../time';
import { certainlyNotTaken, WRITES } from './client';
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
interface Purchased<T> {
	thing: T;
	recovered: boolean;
}

/**
 * Milliseconds before each question for something whose answer was lost. After a 504 Astria may
 * still be at work on it; it wants at least 60 s to pass before the same is sent again
 * (docs.astria.ai, API overview).
 */
const QUESTIONS_MS = [0, 5_000, 15_000, 20_000, 30_000];

/** Milliseconds for the last question of a run that was stopped, which a person waits for. */
const LAST_QUESTION_MS = 10_000;

/** Whether nobody knows what became of a paid call that failed so. */
export function isInDoubt(error: unknown): boolean {
	return doubtAbout(error) !== undefined;
}

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
 * without the Stop signal of the execution: what was paid for has to be named.
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
 * the run was stopped before; UnknownOutcomeError when nobody knows
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

/** The last of those that wait for their turn, by what they wait for. */
const turns = new Map<string, Promise<unknown>>();

/**
 * One after the other in this process, whichever run of a workflow it is: what looks alike at Astria
 * is looked for, and bought, by nobody else meanwhile.
 *
 * @param key the same for what looks alike
 * @throws StoppedError when Stop comes before the turn; what `work` throws
 */
export async function inTurn<T>(
	key: string,
	{ signal }: Pick<Timing, 'signal'>,
	work: () => Promise<T>,
): Promise<T> {
	const before = turns.get(key);
	const mine = (async () => {
		// On a signal of its own: many rows may wait at once, and Node warns of many listeners.
		if (before) await untilAborted(before, forkSignal(signal));
		if (signal?.aborted) throw stoppedError(signal);
		return await work();
	})();
	// Who is stopped leaves the line; who comes later still waits for those before.
	const turn = Promise.allSettled([before, mine]);
	turns.set(key, turn);
	try {
		return await mine;
	} finally {
		void turn.then(() => turns.get(key) === turn && turns.delete(key));
	}
}

/** A paid call, as far as it tells what it makes from what other calls make. */
export interface PaidCall {
	/** Equal for two calls whose results look alike in Astria's lists. */
	likeness: string;
	/** Equal for two calls only when they ask for the same, so that their results may be swapped. */
	content: string;
}

/**
 * Which of Astria's entities belongs to which row of a run. What a lost answer was about is looked
 * for in a list; there it must not be taken for what another row has, or is about to get.
 */
export class EntityClaims {
	/** By id, what the call that has it asked for. */
	private readonly owners = new Map<number, string>();
	/** Calls whose answers are still to come. */
	private readonly underWay = new Set<Promise<unknown>>();
	/** Calls whose answers were lost, and whose results have not been found. */
	private readonly lost: PaidCall[] = [];

	/** @param given what all runs of this process have; what this one gets is added */
	constructor(private readonly given = new Claims<number>()) {}

	/** @returns whether no row of this run had it before */
	take(id: number, content: string): boolean {
		this.given.take(id);
		if (this.owners.has(id)) return false;
		this.owners.set(id, content);
		return true;
	}

	/** What the call that has it asked for; `undefined` when no row of this run has it. */
	ownerOf(id: number): string | undefined {
		return this.owners.get(id);
	}

	/**
	 * Sends a paid call; what its answer names belongs to it.
	 *
	 * @param idIn finds the id in the answer
	 * @throws what `send` throws
	 */
	async sending(
		asked: PaidCall,
		send: () => Promise<unknown>,
		idIn: (answer: unknown) => number | undefined,
	): Promise<unknown> {
		const pending = this.given.during(
			asked.likeness,
			async () => await this.send(asked, send, idIn),
		);
		this.underWay.add(pending);
		try {
			return await pending;
		} finally {
			this.underWay.delete(pending);
		}
	}

	/**
	 * Picks one of what was found for a lost answer, and takes it. It waits for the answers that are
	 * under way, since what they are about may be among the candidates; those of other runs only where
	 * they are for what looks the same.
	 *
	 * @param candidates the likeliest first
	 * @returns `undefined` when all of them belong to others
	 * @throws UndecidedError when it could as well be that of another lost answer which asked for
	 * something else; StoppedError
	 */
	async claim<T extends { id: number }>(
		asked: PaidCall,
		candidates: readonly T[],
		signal: AbortSignal | undefined,
	): Promise<T | undefined> {
		await untilAborted(Promise.allSettled(this.underWay), signal);
		await this.given.settled(asked.likeness, signal);
		const free = candidates.filter(({ id }) => !this.owners.has(id) && !this.given.has(id));
		const [found] = free;
		if (found === undefined) return undefined;
		const { likeness, content } = asked;
		const rivals = this.lost.filter((other) => other.likeness === likeness);
		if (rivals.some((other) => other.content !== content)) throw undecided(free);
		this.take(found.id, content);
		const own = this.lost.findIndex((other) => other.likeness === likeness);
		if (own >= 0) this.lost.splice(own, 1);
		return found;
	}

	private async send(
		asked: PaidCall,
		send: () => Promise<unknown>,
		idIn: (answer: unknown) => number | undefined,
	): Promise<unknown> {
		try {
			const answer = await send();
			const id = idIn(answer);
			if (id === undefined) this.lost.push(asked);
			else this.take(id, asked.content);
			return answer;
		} catch (error) {
			if (isInDoubt(error)) this.lost.push(asked);
			throw error;
		}
	}
}

function undecided(candidates: ReadonlyArray<{ id: number }>): UndecidedError {
	const ids = candidates.map(({ id }) => String(id));
	return new UndecidedError(
		`Astria has ${ids.join(', ')}: they look alike, answers of several rows were lost, and nobody can say which is whose.`,
		{
			stage: 'submit',
			retryable: false,
			charged: 'unknown',
			candidateIds: ids,
		},
	);
}

/** By kind and base URL: a stand-in of Astria, such as a sandbox, has numbers of its own. */
const GIVEN = new Map<string, Claims<number>>();

/** What this process has given of a kind. The prompts of packs are prompts like all others. */
export function givenAt(baseUrl: string, kind: 'prompt' | 'tune'): Claims<number> {
	const key = `${kind} ${baseUrl}`;
	const given = GIVEN.get(key) ?? new Claims<number>();
	GIVEN.set(key, given);
	return given;
}
