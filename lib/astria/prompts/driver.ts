import type { IDataObject, Logger } from 'n8n-workflow';

import { MaxWaitError, ServiceError, UnreadableAnswer } from '../../errors';
import type { JobDriver } from '../../jobs/driver';
import type { Followed } from '../../jobs/follow';
import { numberOf } from '../../json';
import type { Clock, PollSchedule, Timing } from '../../time';
import { ALL, type AstriaClient } from '../api/client';
import { timeOf } from '../api/entity';
import { ASTRIA } from '../api/errors';
import { buyOnce, EntityClaims, givenAt, type PaidCall } from '../api/purchase';
import { Orders, Watch } from '../api/watch';
import { findPrompts } from './find';
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
export function revivePrompt({
	promptId,
	tuneId,
	workspaceId,
	recovered,
	seed,
	callback,
}: IDataObject): PromptJob | undefined {
	if (typeof promptId !== 'number') return undefined;
	return {
		promptId,
		submittedAt: 0,
		tuneId: numberOf(tuneId) ?? null,
		workspaceId: numberOf(workspaceId) ?? null,
		recovered: recovered === true,
		seed: numberOf(seed) ?? null,
		...(typeof callback === 'string' && { callback }),
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
			const message = 'Astria has shown the prompt as finished, and then not any more.';
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
