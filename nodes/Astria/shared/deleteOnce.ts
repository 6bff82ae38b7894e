import { isGone } from '../../../lib/astria/api/errors';

/**
 * Deletes something. What an earlier try of the run has asked for may be gone by now, also when its
 * answer was lost.
 *
 * @param notes of the run
 * @throws what `remove` throws, but for Astria's word that it is gone after an earlier try
 */
export async function deleteOnce(
	notes: Record<string, boolean>,
	id: number,
	remove: () => Promise<void>,
): Promise<void> {
	const wasAsked = notes[id] === true;
	notes[id] = true;
	try {
		await remove();
	} catch (error) {
		if (!wasAsked || !isGone(error)) throw error;
	}
}
