import type { IDataObject, Logger } from 'n8n-workflow';

import { MaxWaitError, ServiceError, UnreadableAnswer } from '../../errors';
import type { JobDriver } from '../../jobs/driver';
import type { Followed } from '../../jobs/follow';
import { type JsonObject, numberOf, textOf } from '../../json';
import type { Clock, PollSchedule, Timing } from '../../time';
import { ALL, type AstriaClient } from '../api/client';
import { CREATED_AT_ROUNDING_MS, LONGEST_PAGE, timeOf } from '../api/entity';
import { ASTRIA } from '../api/errors';
import { buyOnce, EntityClaims, givenAt, type PaidCall } from '../api/purchase';
import { Orders, Watch } from '../api/watch';
import { finishedPrompt, hasEnded, type Prompt, PROMPTS, readPrompt, statusOf } from './prompt';
import {
	promptCall,
	promptFingerprint,
	type PromptRequest,
	seedFor,
	uncomparedOf,
} from './request';

/**
 * Pictures take from 16 s, videos minutes (Astria's own articles, 2026). Its command line looks
 * every 5 s for each prompt; here one call looks for all of them.
 */
const SCHEDULE: PollSchedule = {
	firstMs: 2_000,
	intervalMs: 2_000,
	growAfterMs: 60_000,
	growth: 1.25,
	longestMs: 10_000,
};

/** A prompt that Astria has taken. */
export type PromptJob = {
	promptId: number;
	/** Milliseconds since the epoch; 0 for one of another try. */
	submittedAt: number;
	/** The tune that it runs on; null where Astria did not say. */
	tuneId: number | null;
	/** The workspace that was asked for; null for the credential's. */
	workspaceId: number | null;
	/** Whether its answer was lost, and it was found by asking. */
	recovered: boolean;
	/** The seed that was sent; null where none was. */
	seed: number | null;
	/** What Astria calls when it has ended. */
	callback?: string;
};

interface PromptDriverOptions {
	client: AstriaClient;
	clock: Clock;
	logger: Pick<Logger, 'debug'>;
	maxWaitMs: number;
	/** What Astria is to call when a prompt has ended; it is not part of what a row asks for. */
	callback?: string;
}

/** A prompt older than this when its answer came was not made by the call; milliseconds. */
const OLD = 60_000;

/** What is said of a prompt that an earlier try has got: what it asked for is not known any more. */
const OF_ANOTHER_TRY = 'another try';

/** What its prompt is known by in a list, and what it asks for in all. */
function askedBy(request: PromptRequest, seed?: number): PaidCall {
	const { target, values } = request;
	const { text, video_prompt } = values;
	const likeness = JSON.stringify([target, text, video_prompt, seed ?? values.seed]);
	return { likeness, content: promptFingerprint({ ...request, distinct: true }) };
}

const CURE = 'Look for it with Get Many, or at astria.ai, before you run this row again.';

/** Reads a prompt back from where it was kept; `undefined` when it is none. */
export function revivePrompt({ promptId, ...stored }: IDataObject): PromptJob | undefined {
	if (typeof promptId !== 'number') return undefined;
	return {
		promptId,
		submittedAt: 0,
		tuneId: numberOf(stored.tuneId) ?? null,
		workspaceId: numberOf(stored.workspaceId) ?? null,
		recovered: stored.recovered === true,
		seed: numberOf(stored.seed) ?? null,
		callback: textOf(stored.callback),
	};
}

/** Prompts that another run has bought. */
export function followPrompts(
	client: AstriaClient,
): Omit<Followed<PromptJob, Prompt, never>, 'collect'> {
	const here = PROMPTS.source(client, 'wait');
	const everywhere = PROMPTS.source(client, 'wait', ALL);
	const orders = new Orders<PromptJob, Prompt>(
		({ promptId }) => promptId,
		({ workspaceId }) => (workspaceId === null ? here : everywhere),
	);
	return {
		driver: {
			service: ASTRIA,
			noun: 'Prompt',
			revive: revivePrompt,
			idOf: ({ promptId }) => String(promptId),
		},
		ended: async (jobs, timing) => await orders.ended(jobs, timing, hasEnded),
		finish: async ({ promptId, workspaceId }, timing) => {
			const workspace = workspaceId === null ? undefined : ALL;
			const call = { path: `/prompts/${promptId}`, workspace };
			const prompt = orders.seen.get(promptId) ?? readPrompt(await client.read(call, timing));
			const finished = prompt && finishedPrompt(prompt);
			if (finished) return finished;
			const message =
				'Astria would not tell of the prompt while this run waited for it, and has not finished it yet.';
			throw new UnreadableAnswer(message, 'result', { charged: undefined });
		},
	};
}

/** Prompts of Astria as jobs. */
export class PromptDriver implements JobDriver<PromptRequest, PromptJob> {
	readonly service = ASTRIA;
	readonly noun = 'Prompt';
	private readonly here: Watch<Prompt>;
	private readonly elsewhere: Watch<Prompt>;
	private readonly claims: EntityClaims;

	constructor(private readonly options: PromptDriverOptions) {
		this.claims = new EntityClaims(givenAt(options.client.baseUrl, 'prompt'));
		this.here = this.watchOf();
		this.elsewhere = this.watchOf(ALL);
	}

	fingerprint(request: PromptRequest): string {
		return promptFingerprint(request);
	}

	async submit(request: PromptRequest, timing: Timing): Promise<PromptJob> {
		const { client, clock, logger, callback } = this.options;
		const seed = seedFor(request);
		const call = promptCall(
			callback === undefined ? request : { ...request, values: { ...request.values, callback } },
			seed,
		);
		const workspaceId = numberOf(request.values.workspace_id) ?? null;
		const asked = askedBy(request, seed);
		let sentAt = clock.now();
		const { thing, recovered } = await buyOnce<Prompt>(timing, {
			what: 'prompt',
			send: async () => {
				sentAt = clock.now();
				return await this.claims.sending(
					asked,
					async () => await client.call({ method: 'POST', ...call, stage: 'submit' }),
					(answer) => readPrompt(answer)?.id,
				);
			},
			read: readPrompt,
			find: async (since, asking) => {
				const workspace = workspaceId === null ? undefined : ALL;
				const lost = { request, seed, sentAt: since, workspace };
				const found = await findPrompts(client, asking, lost);
				return await this.claims.claim(asked, found, asking.signal);
			},
			cure: CURE,
		});
		if (!recovered) this.checkNew(request, thing, sentAt);
		logger.debug(`Prompt ${thing.id} is ${recovered ? 'found' : 'made'}`);
		const { id: promptId, tuneId = null } = thing;
		return {
			promptId,
			submittedAt: clock.now(),
			tuneId,
			workspaceId,
			recovered,
			seed: seed ?? numberOf(request.values.seed) ?? null,
			...(callback !== undefined && { callback }),
		};
	}

	revive(stored: IDataObject): PromptJob | undefined {
		const job = revivePrompt(stored);
		if (job) this.claims.take(job.promptId, OF_ANOTHER_TRY);
		return job;
	}

	async finish(job: PromptJob, { signal }: Timing): Promise<Prompt> {
		const { clock, maxWaitMs } = this.options;
		const { promptId: id, submittedAt, workspaceId } = job;
		return await (workspaceId === null ? this.here : this.elsewhere).until({
			id,
			look: finishedPrompt,
			deadline: (submittedAt || clock.now()) + maxWaitMs,
			overdue: (last) => this.overdue(last),
			signal,
		});
	}

	idOf({ promptId }: PromptJob): string {
		return String(promptId);
	}

	private watchOf(workspace?: string): Watch<Prompt> {
		const { client, clock } = this.options;
		return new Watch(clock, PROMPTS.source(client, 'wait', workspace), SCHEDULE);
	}

	/**
	 * With idempotency switched on Astria may hand back a prompt that it made before, for the same
	 * text over other pictures. Nothing was made then, and its pictures are not this row's.
	 *
	 * @throws ServiceError
	 */
	private checkNew(request: PromptRequest, { id, json }: Prompt, sentAt: number): void {
		const { client } = this.options;
		const { target } = request;
		const uncompared = uncomparedOf(request);
		const isOriginal = target.kind === 'duplicate' && target.promptId === id;
		const isOld = (timeOf(json.created_at) ?? Infinity) < client.astriaTime(sentAt) - OLD;
		const owner = this.claims.ownerOf(id);
		const mayBeShared = owner === OF_ANOTHER_TRY && uncompared === undefined;
		const isAnothers = owner !== askedBy(request).content && !mayBeShared;
		if (!isOriginal && !isAnothers && !(isOld && uncompared !== undefined)) return;
		throw new ServiceError(
			`Astria handed back prompt ${id}, which it made before, in place of a new one: idempotency is switched on in the account, and it does not look at pictures and sizes.`,
			{
				stage: 'submit',
				retryable: false,
				cure: "Set another 'Seed', or fetch the prompt with Get.",
				charged: 'no',
				promptId: id,
			},
		);
	}

	private overdue(last: Prompt | undefined): MaxWaitError {
		const state =
			last && statusOf(last) === 'IN_PROGRESS' ? 'was not finished' : 'was still in the queue';
		return new MaxWaitError(`The prompt ${state}`, this.options.maxWaitMs);
	}
}

/** A prompt whose answer was lost, and what is known of it. */
export interface LostPrompt {
	request: PromptRequest;
	/** The seed that sets it apart, where it got one. */
	seed?: number;
	/** Milliseconds since the epoch, by this machine's clock. */
	sentAt: number;
	/** As in an `AstriaCall`. */
	workspace?: string;
}

function agrees(expected: JsonObject, shown: JsonObject, name: string): boolean {
	const sent = textOf(expected[name]);
	return sent === undefined || isSameText(sent, textOf(shown[name]) ?? '');
}

async function expectationOf(
	client: AstriaClient,
	timing: Timing,
	{ request, workspace }: LostPrompt,
): Promise<{ expected: JsonObject; tuneId?: number; original?: number }> {
	const { target, values } = request;
	if (target.kind === 'tune') return { expected: { ...values }, tuneId: target.tuneId };
	const path = `/prompts/${target.promptId}`;
	const original = readPrompt(await client.read({ path, workspace }, timing));
	const { text, video_prompt } = original?.json ?? {};
	const tuneId = numberOf(values.tune_id) ?? original?.tuneId;
	return {
		expected: { text, video_prompt, ...values },
		...(tuneId !== undefined && { tuneId }),
		original: target.promptId,
	};
}

/**
 * Asks Astria whether it has a prompt whose answer was lost: by its tune, its text, its seed and the
 * time at which it was sent.
 *
 * @returns what may be it, in the order in which it was made
 * @throws AstriaAnswerError, ConnectionError
 */
export async function findPrompts(
	client: AstriaClient,
	timing: Timing,
	lost: LostPrompt,
): Promise<Prompt[]> {
	const { expected, tuneId, original } = await expectationOf(client, timing, lost);
	const seed = lost.seed ?? numberOf(expected.seed);
	const since = client.astriaTime(lost.sentAt) - CREATED_AT_ROUNDING_MS;
	const read = client.readerOnce('submit', timing.signal);
	const { workspace } = lost;
	// What was just made is among the newest.
	const page = await PROMPTS.page(read, { filters: { tune_id: tuneId }, workspace }, LONGEST_PAGE);
	// Oldest first: of several that are alike, each row gets one, in the order of the rows.
	return page
		.filter(({ id, json }) => {
			const isOurs = id !== original;
			const inTime = (timeOf(json.created_at) ?? Infinity) >= since;
			const sameSeed = seed === undefined || numberOf(json.seed) === seed;
			return isOurs && inTime && sameSeed;
		})
		.filter(({ json }) => ['text', 'video_prompt'].every((name) => agrees(expected, json, name)))
		.sort((a, b) => a.id - b.id);
}

/** How Astria writes what it fills in from a tune's characteristics, with the blanks around it. */
const PLACEHOLDER = / ?\{\{\w+\}\} ?/;

/**
 * Whether a text consists of these pieces, in their order, with anything between them. The first
 * place of a piece leaves the most for the others, so none is tried twice.
 *
 * @param pieces at least one; a single one has to be the whole text
 */
export function fits(pieces: readonly string[], text: string): boolean {
	const [first = '', ...rest] = pieces;
	const last = rest.pop();
	if (last === undefined) return text === first;
	const end = text.length - last.length;
	if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
	let from = first.length;
	for (const piece of rest) {
		const at = text.indexOf(piece, from);
		if (at < 0 || at + piece.length > end) return false;
		from = at + piece.length;
	}
	return true;
}

/** A form turns line breaks into others. */
function withPlainBlanks(text: string): string {
	return text.trim().replace(/\s+/g, ' ');
}

/**
 * Whether a text is the one that was sent: blanks and line breaks count as one blank, and Astria
 * fills in what stands in double braces.
 */
export function isSameText(sent: string, shown: string): boolean {
	return fits(withPlainBlanks(sent).split(PLACEHOLDER), withPlainBlanks(shown));
}
