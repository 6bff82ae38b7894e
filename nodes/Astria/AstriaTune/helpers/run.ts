import type { IExecuteFunctions } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { objectOf } from '../../../../lib/astria/api/json';
import { readField } from '../../../../lib/fields/coerce';
import { TUNE_RUN_OPTIONS } from '../../../../lib/astria/fields/tune';

/** How many rows of an operation that buys nothing and waits for nothing are worked on at once. */
export const AT_ONCE = 5;

/** Options that hold for all rows of a run. */
export interface RunOptions {
	jobsInFlight: number;
	/** Milliseconds. */
	maxWait: number;
	/** `undefined` means no limit. */
	maxJobs?: number;
}

/**
 * Reads the options that cannot differ between rows, from the first row.
 *
 * @throws InputError
 */
export function readRunOptions(context: IExecuteFunctions): RunOptions {
	const given = objectOf(context.getNodeParameter('options', 0, {}));
	const read = (name: keyof typeof TUNE_RUN_OPTIONS): number | undefined => {
		const value = readField(ASTRIA, TUNE_RUN_OPTIONS[name], given[name]);
		return typeof value === 'number' ? value : undefined;
	};
	return {
		jobsInFlight: read('jobsInFlight') ?? TUNE_RUN_OPTIONS.jobsInFlight.default,
		maxWait: (read('maxWait') ?? TUNE_RUN_OPTIONS.maxWait.default) * 1000,
		maxJobs: read('maxJobs'),
	};
}
