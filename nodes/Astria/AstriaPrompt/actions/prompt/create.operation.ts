import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { TuneLookup } from '../../../../../lib/astria/models/lookup';
import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { dryRows, inRowOrder } from '../../../../shared/dryRun';
import { dryRun } from '../../helpers/dryRun';
import { promptProperties, readPromptRequest } from '../../helpers/request';
import { makePrompts } from '../../helpers/makePrompts';
import { waitProperties } from '../../helpers/output';
import { readRunOptions } from '../../helpers/run';

const show = { show: { resource: ['prompt'], operation: ['create'] } };

/** Parameters of Create. */
export const properties: INodeProperties[] = [
	...promptProperties(show),
	...waitProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		PROMPT_RUN_OPTIONS,
	),
];

/**
 * Makes a prompt of every row, waits, and hands back the pictures.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const lookup = new TuneLookup(session.client, session.timing);
	const read = async (row: number) => await readPromptRequest(context, row, lookup);
	const { dry, paid } = dryRows(context, (row) => readRunOptions(context, row).dryRun);
	const checked = dry.length > 0 ? await dryRun(context, session, read, dry) : [];
	const made = paid.length > 0 ? await makePrompts(context, session, read, paid) : [];
	return inRowOrder([...checked, ...made]);
}
