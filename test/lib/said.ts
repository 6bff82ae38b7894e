import { TryOnError, wholeMessage } from '../../lib/errors';

/**
 * All that a person is told by what goes wrong: what happened and what to do. What goes well, or
 * wrong in a way that nobody foresaw, fails the test.
 */
export async function saidBy(work: () => unknown): Promise<string> {
	try {
		await work();
	} catch (error) {
		if (error instanceof TryOnError) return wholeMessage(error);
		throw error;
	}
	throw new Error('Nothing went wrong');
}
