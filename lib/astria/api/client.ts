import { InputError, type Stage, TryOnError, UnreadableAnswer } from '../../errors';
import { type Door, type HttpAnswer, type HttpCall, isOk } from '../../http';
import { isObject, type JsonObject, numberOf } from '../../json';
import { StreamedFile } from '../../media/file';
import type { Cost } from '../../money';
import {
	type Clock,
	mayPass,
	neverSent,
	type RetryPlan,
	type Timing,
	withRetries,
} from '../../time';
import { dollarsOf, encode, inDollars, type Params } from './body';
import {
	astriaAnswerError,
	AstriaAnswerError,
	isGone,
	isTurnedAway,
	unreadableAnswer,
} from './errors';

/** Where Astria's API is (docs.astria.ai, API overview). */
export const ASTRIA_BASE_URL = 'https://api.astria.ai';

/** Reads across all workspaces of the account (Astria's command line, `--workspace all`). */
export const ALL = 'all';

/** What is asked in an address; a list is sent as `name[]=…` repeated, as Rails reads it. */
export type Query = Readonly<
	Record<string, string | number | boolean | readonly string[] | undefined>
>;

interface AstriaCall {
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	/** Begins with a slash. */
	path: string;
	query?: Query;
	/** With its root key: `{ tune: { … } }`. */
	body?: Params;
	/** Sends the body as a form even when it holds no file. */
	asForm?: boolean;
	stage: Stage;
	/** In place of the credential's workspace; `all` reads across all of them. */
	workspace?: string | number;
	/** Ends the call. A call that buys something is given none: its answer is worth the wait. */
	signal?: AbortSignal;
}

/** A call that only reads. */
export type ReadCall = Pick<AstriaCall, 'path' | 'query' | 'workspace'> & { stage?: Stage };

/** Reads something; whoever hands it over decides for what, how often, and until when. */
export type Read = (call: ReadCall) => Promise<unknown>;

/** Milliseconds without an answer; Astria itself gives up after 30 s (docs.astria.ai, overview). */
const TIMEOUT_MS = 120_000;

/**
 * The same for a call with files. The door adds what they take where a few share a slow line, and the
 * rows of a run that send theirs at once may be many more.
 */
const UPLOAD_TIMEOUT_MS = 600_000;

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000];

/** Astria wants 30 s before a read is repeated after a 500, then exponentially more. */
const AFTER_500 = 30;

/** A limit on calls is over after some seconds, not after one; Astria sends no Retry-After. */
const AFTER_429 = 5;

function factorOf(error: unknown): number {
	if (!(error instanceof AstriaAnswerError)) return 1;
	return error.status === 429 ? AFTER_429 : AFTER_500;
}

/**
 * Milliseconds before Astria is asked again after a failure.
 *
 * @param pause milliseconds, what a lost connection would wait
 */
export function pauseAfter(error: unknown, pause: number): number {
	return pause * factorOf(error);
}

const READS: RetryPlan = { pausesMs: PAUSES_MS, again: mayPass, pauseFor: pauseAfter };

function filesOf(body: HttpCall['body']): StreamedFile[] {
	const parts = body instanceof FormData ? [...body.values()] : [];
	return parts.filter((part) => part instanceof StreamedFile);
}

function timeLimit(body: HttpCall['body']): number {
	return filesOf(body).length > 0 ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS;
}

/** What broke a form off, when it was a file of it: Astria cannot have taken what has no end. */
function unreadFile(body: HttpCall['body']): TryOnError | undefined {
	const file = filesOf(body).find(({ failure }) => failure !== undefined);
	if (!file) return undefined;
	const { failure } = file;
	if (failure instanceof InputError) return failure;
	const why = failure instanceof Error ? failure.message : String(failure);
	return new TryOnError(`${file.name} could not be read while it was sent: ${why}`, {
		stage: 'input',
		retryable: true,
		charged: 'no',
	});
}

function search(query: Query = {}): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value === undefined) continue;
		if (typeof value === 'object') value.forEach((entry) => params.append(`${name}[]`, entry));
		else params.append(name, String(value));
	}
	const text = params.toString();
	return text === '' ? '' : `?${text}`;
}

/** Astria's own answers are JSON, empty, or, for a wrong key, plain text. */
function readBody(answer: HttpAnswer): { json?: unknown; text: string } {
	const text = answer.body.toString('utf8');
	try {
		return { json: JSON.parse(text), text };
	} catch {
		return { text };
	}
}

/**
 * Astria's REST API, one method for all calls. What is bought goes through `buyOnce` of
 * `./purchase`, what is waited for through `Watch` of `./watch`.
 */
export class AstriaClient {
	/** Milliseconds that Astria's clock is ahead of this machine's, as its last answer told. */
	private ahead = 0;

	/**
	 * @param door opened for the origin of `baseUrl`
	 * @param baseUrl without a slash at its end
	 */
	constructor(
		private readonly door: Door,
		readonly baseUrl: string,
		private readonly clock: Clock,
	) {}

	/**
	 * Sends one call, once.
	 *
	 * @returns the answer's JSON; `undefined` when its body is empty
	 * @throws AstriaAnswerError when Astria refuses; ConnectionError when there is no answer, or one
	 * that cannot be read; what kept a file from being read while it was sent
	 */
	async call(call: AstriaCall): Promise<unknown> {
		const { method, path, query, body, asForm, stage, workspace, signal } = call;
		const { body: encoded, headers } = body
			? encode(body, asForm)
			: { body: undefined, headers: {} };
		const sent = this.door.api({
			method,
			url: `${this.baseUrl}${path}${search(query)}`,
			headers: {
				Accept: 'application/json',
				...headers,
				...(workspace !== undefined && { 'X-Workspace-Id': String(workspace) }),
			},
			body: encoded,
			timeoutMs: timeLimit(encoded),
			signal,
			stage,
		});
		const answer = await sent.catch((error: unknown) => {
			throw unreadFile(encoded) ?? error;
		});
		this.noteTime(answer);
		const { json, text } = readBody(answer);
		if (!isOk(answer)) throw astriaAnswerError(answer, json ?? text, stage);
		if (json !== undefined || text.trim() === '' || method === 'DELETE') return json;
		const { host } = new URL(this.baseUrl);
		const message = `${host} answered with something other than Astria's data.`;
		throw new UnreadableAnswer(message, stage, { statusCode: answer.status });
	}

	/**
	 * Reads, and reads again when that may help: after a lost connection soon, after a 429 later,
	 * after a 5xx from 30 s on, as Astria asks for.
	 *
	 * @throws AstriaAnswerError, ConnectionError when all tries failed; StoppedError
	 */
	async read({ stage = 'result', ...call }: ReadCall, timing: Timing): Promise<unknown> {
		return await withRetries(
			timing,
			READS,
			async () => await this.readOnce(call, stage, timing.signal),
		);
	}

	/** Reads, once. @throws AstriaAnswerError, ConnectionError */
	async readOnce(call: ReadCall, stage: Stage, signal?: AbortSignal): Promise<unknown> {
		return await this.call({ ...call, method: 'GET', stage, signal });
	}

	/** {@link AstriaClient.read} for whoever reads more than one thing. */
	reader(timing: Timing, stage?: Stage): Read {
		return async (call) => await this.read({ ...call, stage }, timing);
	}

	/** The same of {@link AstriaClient.readOnce}. */
	readerOnce(stage: Stage, signal?: AbortSignal): Read {
		return async (call) => await this.readOnce(call, stage, signal);
	}

	/**
	 * What Astria's clock showed at a moment of this machine's clock, to compare with `created_at`;
	 * early by up to a second and the time that an answer takes, never late.
	 *
	 * @param now milliseconds since the epoch
	 */
	astriaTime(now: number): number {
		return now + this.ahead;
	}

	private noteTime({ headers }: HttpAnswer): void {
		const date = Date.parse(headers.date ?? '');
		if (!Number.isNaN(date)) this.ahead = date - this.clock.now();
	}
}

/** Astria takes no call that it answers so, nor one that never reached it. */
export function certainlyNotTaken(error: unknown): boolean {
	return neverSent(error) || (error instanceof AstriaAnswerError && isTurnedAway(error));
}

/**
 * How a call that changes or buys something is sent again: only when Astria certainly did not take
 * it. After anything else it may have been done.
 */
export const WRITES: RetryPlan = {
	pausesMs: [1_000, 2_000, 4_000, 8_000, 16_000],
	again: certainlyNotTaken,
	pauseFor: pauseAfter,
};

/**
 * Sends a call that changes something and buys nothing.
 *
 * @returns the answer's JSON; `undefined` when its body is empty
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function change(
	client: AstriaClient,
	timing: Timing,
	call: Pick<AstriaCall, 'method' | 'path' | 'body' | 'workspace'>,
): Promise<unknown> {
	return await withRetries(
		timing,
		WRITES,
		async () => await client.call({ ...call, stage: 'result', signal: timing.signal }),
	);
}

/** What is known of the deletes of a run, by id: whether they may have been done. */
interface Deletes {
	earlier: Readonly<Record<string, boolean>>;
	notes: Record<string, boolean>;
}

/**
 * Deletes something. What an earlier try of the run has deleted is gone by now, also when its answer
 * was lost; what was never there is not.
 *
 * @throws what `remove` throws, but for Astria's word that it is gone after an earlier try
 */
export async function deleteOnce(
	{ earlier, notes }: Deletes,
	id: number,
	remove: () => Promise<void>,
): Promise<void> {
	try {
		await remove();
		notes[id] = true;
	} catch (error) {
		if (mayPass(error)) notes[id] = true;
		if (!isGone(error) || earlier[id] !== true) throw error;
	}
}

/**
 * What Astria tells of the account of the key (Astria's command line, `whoami`).
 *
 * @throws AstriaAnswerError; ConnectionError, also when the answer is no account
 */
export async function readAccount(client: AstriaClient, timing: Timing): Promise<JsonObject> {
	const answer = await client.read({ path: '/users', stage: 'result' }, timing);
	if (!isObject(answer)) throw unreadableAnswer('account');
	return answer;
}

/** What is left to spend; in a workspace that of who pays for it. */
export function balanceOf(account: JsonObject): Cost | undefined {
	const payer = isObject(account.payer) ? account.payer : account;
	const millicents = numberOf(payer.usd_balance_mc) ?? numberOf(account.usd_balance_mc);
	return inDollars(millicents === undefined ? undefined : dollarsOf(millicents));
}

/** What is left to spend. A balance is a help, so that not getting one is no failure. */
export async function readBalance(client: AstriaClient, timing: Timing): Promise<Cost | undefined> {
	return await readAccount(client, timing).then(balanceOf, () => undefined);
}
