import { ConnectionError } from '../../errors';
import type { Timing } from '../../jobs/retry';
import type { PollSchedule } from '../../jobs/schedule';
import { ALL, type AstriaClient } from '../api/client';
import { endedOf } from '../api/ended';
import type { WatchSource } from '../api/sweep';
import type { PromptJob } from './driver';
import { type AstriaPrompt, finishedPrompt, readPrompt, readPrompts, statusOf } from './prompt';

/**
 * Pictures take from 16 s, videos minutes (Astria's own articles, 2026). Its command line looks
 * every 5 s for each prompt; here one call looks for all of them.
 */
const SCHEDULE: PollSchedule = {
	first: 2_000,
	interval: 2_000,
	growAfter: 60_000,
	growth: 1.25,
	longest: 10_000,
};

/**
 * How prompts are looked at.
 *
 * @param workspace default that of the key; `all` for every one of the account
 */
export function promptSource(client: AstriaClient, workspace?: string): WatchSource<AstriaPrompt> {
	return {
		schedule: SCHEDULE,
		idOf: ({ id }) => id,
		list: async (beforeId, limit, signal) => {
			const query = { before_id: beforeId, limit };
			const call = { path: '/prompts', query, workspace };
			return readPrompts(await client.readOnce(call, 'wait', signal));
		},
		get: async (id, signal) => {
			const call = { path: `/prompts/${id}`, workspace };
			const prompt = readPrompt(await client.readOnce(call, 'wait', signal));
			return prompt ?? { id, outputs: [], json: {} };
		},
	};
}

/** Prompts that somebody else has bought. */
export class FollowedPrompts {
	/** Those that have ended, as Astria showed them. */
	private readonly seen = new Map<number, AstriaPrompt>();

	constructor(private readonly client: AstriaClient) {}

	/**
	 * Looks once at each, and does not throw.
	 *
	 * @returns the ids of those that have ended, well or badly
	 */
	async ended(jobs: readonly PromptJob[], timing: Timing): Promise<string[]> {
		const here = jobs.filter(({ workspaceId }) => workspaceId === null);
		const elsewhere = jobs.filter(({ workspaceId }) => workspaceId !== null);
		const ended = [
			...(await this.endedIn(undefined, here, timing)),
			...(await this.endedIn(ALL, elsewhere, timing)),
		];
		return ended.map(String);
	}

	/**
	 * Reads one that has ended.
	 *
	 * @throws JobFailedError when it has failed; AstriaAnswerError, ConnectionError
	 */
	async finish({ promptId: id, workspaceId }: PromptJob, timing: Timing): Promise<AstriaPrompt> {
		const call = { path: `/prompts/${id}`, ...(workspaceId !== null && { workspace: ALL }) };
		const prompt = this.seen.get(id) ?? readPrompt(await this.client.read(call, timing));
		const finished = prompt && finishedPrompt(prompt);
		if (finished) return finished;
		throw new ConnectionError(
			'Astria has shown the prompt as finished, and then not any more.',
			{ stage: 'result', retryable: true },
			true,
		);
	}

	private async endedIn(
		workspace: string | undefined,
		jobs: readonly PromptJob[],
		timing: Timing,
	): Promise<number[]> {
		const ids = jobs.map(({ promptId }) => promptId);
		return await endedOf(promptSource(this.client, workspace), timing, ids, (id, prompt) => {
			const hasEnded = ['COMPLETED', 'FAILED'].includes(statusOf(prompt));
			if (hasEnded) this.seen.set(id, prompt);
			return hasEnded;
		});
	}
}
