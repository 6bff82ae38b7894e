import type { IExecuteFunctions } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { DRESS_RUN_OPTIONS } from '../../../../lib/astria/fields/promptRun';
import { readField } from '../../../../lib/fields/coerce';
import { readerOf } from '../../shared/promptGroups';

/** How many rows of an operation that buys nothing and waits for nothing are worked on at once. */
export const AT_ONCE = 5;

/** Options of a run. */
export interface RunOptions {
	distinct: boolean;
	jobsInFlight: number;
	/** Milliseconds. */
	maxWait: number;
	/** `undefined` means no limit. */
	maxJobs?: number;
	deleteTunes: boolean;
	dryRun: boolean;
}

type OptionName = keyof typeof DRESS_RUN_OPTIONS;

/**
 * Reads the options; those that cannot differ between rows are those of the first row.
 *
 * @throws InputError
 */
export function readRunOptions(context: IExecuteFunctions, row = 0): RunOptions {
	const given = readerOf(context.getNodeParameter('options', row, {}));
	const read = (name: OptionName): unknown =>
		readField(ASTRIA, DRESS_RUN_OPTIONS[name], given(name));
	const number = (name: OptionName): number | undefined => {
		const value = read(name);
		return typeof value === 'number' ? value : undefined;
	};
	const { jobsInFlight, maxWait } = DRESS_RUN_OPTIONS;
	return {
		distinct: read('distinct') !== false,
		jobsInFlight: number('jobsInFlight') ?? jobsInFlight.default,
		maxWait: (number('maxWait') ?? maxWait.default) * 1000,
		maxJobs: number('maxJobs'),
		deleteTunes: read('deleteTunes') === true,
		dryRun: read('dryRun') === true,
	};
}
