import type { IExecuteFunctions } from 'n8n-workflow';

import { readField } from '../../lib/fields/coerce';
import { ROW_OPTIONS } from '../../lib/fields/shared';
import { hashOf } from '../../lib/jobs/driver';
import type { Column } from './operation';
import { collectionReader } from './readFields';
import { callOf, runIndexOf } from './run';

/** Of a seed in hexadecimal: a whole number of 32 bits, whichever service takes it. */
const SEED_DIGITS = 8;

/** What comes out of it. */
export const SEED_COLUMN: Column = {
	meaning:
		'The seed that was sent, when one was: the same seed, number of pictures and other settings make the same pictures again',
	optional: true,
};

/**
 * The seed of a row is that of its purchase: the same on each try of a run or call, another one in
 * each run, call and execution.
 */
function seedOf(context: IExecuteFunctions, row: number): number {
	const run = callOf(context) ?? runIndexOf(context);
	const purchase = [context.getExecutionId(), context.getNode().id, run, row];
	return Number.parseInt(hashOf(purchase).slice(0, SEED_DIGITS), 16);
}

/**
 * Adds a seed to what a row asks for, where the node is to choose one. It goes along beside the
 * row's own fields: two rows that ask for the same do so whatever was chosen for them.
 */
export function withChosenSeed<Request extends object>(
	context: IExecuteFunctions,
	row: number,
	request: Request,
): Request & { chosenSeed?: number } {
	const given = collectionReader(context, row, 'options')('chooseSeeds');
	return readField(ROW_OPTIONS.chooseSeeds, given) === true
		? { ...request, chosenSeed: seedOf(context, row) }
		: request;
}
