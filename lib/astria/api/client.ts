import { InputError, type Stage, TryOnError, UnreadableAnswer } from '../../errors';
import { type Door, type HttpAnswer, type HttpCall, isOk } from '../../http';
import { isObject, type JsonObject, numberOf } from '../../json';
import { StreamedFile } from '../../media/file';
import type { FilePicture } from '../../media/picture';
import type { Cost } from '../../money';
import {
	type Clock,
	mayPass,
	neverSent,
	type RetryPlan,
	type Timing,
	withRetries,
} from '../../time';
import { dollarsOf, inDollars } from './entity';
import { astriaAnswerError, AstriaAnswerError, isTurnedAway, unreadableAnswer } from './errors';

/** Where Astria's API is (docs.astria.ai, API overview). */
export const ASTRIA_BASE_URL = 'https://api.astria.ai';

/** Reads across all workspaces of the account (Astria's command line, `--workspace all`). */
export const ALL = 'all';

/** What is asked in an address; a list is sent as `name[]=…` repeated, as Rails reads it. */
export type Query = Readonly<
	Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** What a body may hold: JSON, and files of the item. `undefined` is not sent. */
export type Param =
	| string
	| number
	| boolean
	| null
	| undefined
	| StreamedFile
	| readonly Param[]
	| Params;

/** Parameters by name, as Rails nests them: `{ tune: { title: … } }`. */
export interface Params {
	readonly [name: string]: Param;
}

interface Encoded {
	body: string | FormData;
	headers: Record<string, string>;
}

/** Part of a form: its name with Rails' brackets, and its content. */
type Part = [name: string, value: string | StreamedFile];

/** A file of the item as a part of a body, typed by its bytes and not by its name. */
export function filePart(picture: FilePicture): StreamedFile {
	const { file, size, fileName, type } = picture;
	return new StreamedFile(file, size, fileName, type.mimeType);
}

function isList(value: Param): value is readonly Param[] {
	return Array.isArray(value);
}

function isParams(value: Param): value is Params {
	return (
		typeof value === 'object' &&
		value !== null &&
		!isList(value) &&
		!(value instanceof StreamedFile)
	);
}

function holdsFile(value: Param): boolean {
	if (value instanceof StreamedFile) return true;
	if (isList(value)) return value.some(holdsFile);
	return isParams(value) && Object.values(value).some(holdsFile);
}

/**
 * Lists are `name[]` when they hold values or files, as Astria documents `tune[images][]`, and
 * `name[0][field]` when they hold objects: without the index two objects of which the second lacks
 * the first's last field would melt into one.
 */
function listParts(name: string, list: readonly Param[]): Part[] {
	return list.flatMap((entry, index) => {
		const nested = isParams(entry) || isList(entry);
		return partsOf(nested ? `${name}[${index}]` : `${name}[]`, entry);
	});
}

function partsOf(name: string, value: Param): Part[] {
	if (value === undefined) return [];
	if (value === null) return [[name, '']];
	if (value instanceof StreamedFile) return [[name, value]];
	if (isList(value)) return listParts(name, value);
	if (isParams(value)) {
		return Object.entries(value).flatMap(([key, inner]) => partsOf(`${name}[${key}]`, inner));
	}
	return [[name, String(value)]];
}

/**
 * Writes a body down: JSON when it holds no file, else a form with Rails' brackets
 * (docs.astria.ai, Create a tune). The files are read when the form is sent, one after another.
 *
 * In a form every line break becomes CRLF, as the format demands; who compares texts with what
 * Astria hands back has to allow for that.
 *
 * @param asForm a form even without files, for addresses that document nothing else
 */
export function encode(params: Params, asForm = false): Encoded {
	if (!holdsFile(params) && !asForm) {
		return { body: JSON.stringify(params), headers: { 'Content-Type': 'application/json' } };
	}
	const form = new FormData();
	for (const [name, value] of Object.entries(params)) {
		for (const [key, content] of partsOf(name, value)) form.append(key, content);
	}
	// The boundary, and with it the content type, is chosen by whoever sends the form.
	return { body: form, headers: {} };
}

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
type ReadCall = Pick<AstriaCall, 'path' | 'query' | 'workspace'> & { stage?: Stage };

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

/**
 * Milliseconds before Astria is asked again after a failure.
 *
 * @param pause milliseconds, what a lost connection would wait
 */
export function pauseAfter(error: unknown, pause: number): number {
	if (!(error instanceof AstriaAnswerError)) return pause;
	return pause * (error.status === 429 ? AFTER_429 : AFTER_500);
}

const READS: RetryPlan = { pausesMs: PAUSES_MS, again: mayPass, pauseFor: pauseAfter };

function filesOf(body: HttpCall['body']): StreamedFile[] {
	const parts = body instanceof FormData ? [...body.values()] : [];
	return parts.filter((part) => part instanceof StreamedFile);
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
			timeoutMs: filesOf(encoded).length > 0 ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS,
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
