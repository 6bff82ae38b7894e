import type { QueueStatus } from '@fal-ai/client';

import type { Timing } from '../jobs/retry';
import type { FalClient } from './client';
import type { FalJob } from './job';
import { isStatus } from './status';

/** A status stream that is being followed. */
export interface StatusStream {
	/** How many events came. */
	events: number;
	/** Open, as far as is known. */
	live: boolean;
	/** Aborted when it ends, for whatever reason. */
	ended: AbortSignal;
	close(): void;
}

/**
 * Follows fal's status stream. It is a help, never a need: whatever goes wrong with it only ends
 * it, and the caller polls.
 *
 * @param onStatus called with every event
 */
export function followStream(
	client: FalClient,
	job: FalJob,
	logs: boolean,
	onStatus: (status: QueueStatus) => void,
): StatusStream {
	const end = new AbortController();
	const stream: StatusStream = {
		events: 0,
		live: true,
		ended: end.signal,
		close: () => end.abort(),
	};
	const follow = async () => {
		const { endpointId, requestId } = job;
		const source = await client.queue.streamStatus(endpointId, { requestId, logs });
		source.on('data', (event: unknown) => {
			if (!isStatus(event)) return;
			stream.events += 1;
			onStatus(event);
			// Nothing comes after it; what is in between may hold the stream open all the same.
			if (event.status === 'COMPLETED') end.abort();
		});
		end.signal.addEventListener('abort', () => source.abort(), { once: true });
		if (end.signal.aborted) source.abort();
		await source.done();
	};
	follow()
		.catch(() => {})
		.finally(() => {
			stream.live = false;
			end.abort();
		});
	return stream;
}

/** Waits `ms` milliseconds, or until the stream ends or the signal is aborted. */
export async function sleepWhileLive(
	{ clock, signal }: Timing,
	stream: StatusStream,
	ms: number,
): Promise<void> {
	if (signal?.aborted || !stream.live) return;
	await clock.sleep(ms, AbortSignal.any(signal ? [signal, stream.ended] : [stream.ended]));
}
