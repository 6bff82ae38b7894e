import { Refusal } from '../../lib/errors';

/** The refusal that a reading ends in; anything else fails the test. */
export function refusalOf(read: () => unknown): Refusal {
	try {
		read();
	} catch (error) {
		if (error instanceof Refusal) return error;
		throw error;
	}
	throw new Error('Nothing was refused');
}
