import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../lib/astria/api/errors';
import { about } from '../../../lib/errors';
import { readField } from '../../../lib/fields/coerce';
import { TUNE } from '../../../lib/astria/fields/tune';
import { fieldProperties } from '../../shared/fieldProperty';

/** Name of the parameter for the tune that an operation is about. */
const PARAMETER = 'tuneId';

/** The parameter for the tune that an operation is about. */
export function tuneProperty(displayOptions: IDisplayOptions): INodeProperties[] {
	return fieldProperties(PARAMETER, TUNE, displayOptions);
}

/** The id of the tune that a row means. @throws InputError */
export function readTuneId(context: IExecuteFunctions, row: number): number {
	return Number(readField(ASTRIA, TUNE, context.getNodeParameter(PARAMETER, row, '')));
}

/**
 * Does something with the tune that a row means; whatever goes wrong names the tune.
 *
 * @throws TryOnError
 */
export async function withTune<T>(
	context: IExecuteFunctions,
	row: number,
	work: (tuneId: number) => Promise<T>,
): Promise<T> {
	const tuneId = readTuneId(context, row);
	return await about(ASTRIA, 'Tune', String(tuneId), async () => await work(tuneId));
}
