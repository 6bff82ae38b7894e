import type { Timing } from '../../jobs/retry';
import { mayPass } from './client';
import { lookOnce, type WatchSource } from './sweep';

/**
 * Looks once at what was ordered, and says what has ended, well or badly. Where Astria refuses to
 * tell, all of it counts as ended, since asking again would not help: what is wrong is found out when
 * it is read. It does not throw.
 *
 * @param hasEnded judges what Astria shows
 * @returns the ids of what has ended
 */
export async function endedOf<Entity>(
	source: WatchSource<Entity>,
	{ signal = new AbortController().signal }: Timing,
	ids: readonly number[],
	hasEnded: (id: number, entity: Entity) => boolean,
): Promise<number[]> {
	const ended: number[] = [];
	try {
		await lookOnce(source, ids, signal, (id, entity) => {
			if (hasEnded(id, entity)) ended.push(id);
		});
	} catch (error) {
		if (!mayPass(error)) return [...ids];
	}
	return ended;
}
