import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { fetchPrompt } from '../../../../../lib/astria/prompts/calls';
import { promptColumns } from '../../../../../lib/astria/prompts/output';
import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { outputProperties } from '../../../../shared/pictures';
import { openSession } from '../../../shared/session';
import { expandProperty, expansionsOf, readExpand } from '../../helpers/expand';
import { promptItems } from '../../helpers/output';
import { promptIdProperty, readPromptId } from '../../helpers/promptPicker';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['prompt'], operation: ['get'] } };

const { outputField } = PROMPT_RUN_OPTIONS;

/** Parameters of Get. */
export const properties: INodeProperties[] = [
	...promptIdProperty(show),
	...outputProperties(show),
	expandProperty(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		{ outputField },
	),
];

/**
 * Tells how far prompts are and, of those that are finished, hands back the pictures.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const expand = readExpand(context, row);
		const id = readPromptId(context, row);
		const { prompt, finished } = await fetchPrompt(session.client, session.timing, id, expand);
		const more = expansionsOf(prompt, expand);
		if (finished) return await promptItems(context, session, row, prompt, more);
		return [{ json: { ...promptColumns(prompt), ...more }, pairedItem: { item: row } }];
	});
}
