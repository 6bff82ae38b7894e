import type { PollSchedule } from '../../jobs/schedule';
import type { AstriaClient } from '../api/client';
import { idOf } from '../api/json';
import type { WatchSource } from '../api/sweep';
import { readTune, readTunes, type Tune, tunesPage } from './calls';

/** A training takes minutes to hours, so it is noticed within a minute; a mock takes seconds. */
const SCHEDULE: PollSchedule = {
	first: 5_000,
	interval: 5_000,
	growAfter: 30_000,
	growth: 1.3,
	longest: 60_000,
};

/** How tunes are looked at. */
export function tuneSource(client: AstriaClient): WatchSource<Tune> {
	return {
		schedule: SCHEDULE,
		idOf,
		list: async (beforeId, limit, signal) =>
			readTunes(await client.readOnce(tunesPage('own', {}, limit, beforeId), 'wait', signal)),
		get: async (id, signal) =>
			readTune(await client.readOnce({ path: `/tunes/${id}` }, 'wait', signal)) ?? {},
	};
}
