import type { PollSchedule } from '../../jobs/schedule';
import type { AstriaClient } from '../api/client';
import type { WatchSource } from '../api/sweep';
import { type AstriaPrompt, readPrompt, readPrompts } from './prompt';

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
