import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { likePrompt } from '../../../../../lib/astria/prompts/calls';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { promptIdProperty, readPromptId } from '../../helpers/promptPicker';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['prompt'], operation: ['unlike'] } };

/** Parameters of Unlike. */
export const properties: INodeProperties[] = promptIdProperty(show);

/**
 * Takes likes back.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const promptId = readPromptId(context, row);
		await likePrompt(client, timing, promptId, false);
		return [{ json: { promptId, liked: false }, pairedItem: { item: row } }];
	});
}
