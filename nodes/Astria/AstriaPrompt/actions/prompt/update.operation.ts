import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { isObject } from '../../../../../lib/astria/api/json';
import { updatePrompt } from '../../../../../lib/astria/prompts/calls';
import { promptSummary } from '../../../../../lib/astria/prompts/output';
import { paramsOf } from '../../../../../lib/astria/prompts/request';
import { InputError } from '../../../../../lib/errors';
import { PROMPT_CHANGES } from '../../../../../lib/astria/fields/prompt';
import { ADDITIONAL_FIELDS } from '../../../../../lib/astria/fields/tune';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { readValues } from '../../../../shared/readFields';
import { readerOf } from '../../../shared/promptGroups';
import { openSession } from '../../../shared/session';
import { promptIdProperty, readPromptId } from '../../helpers/promptPicker';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['prompt'], operation: ['update'] } };

const FIELDS = { ...PROMPT_CHANGES, additional_fields: ADDITIONAL_FIELDS };

const COLLECTION = {
	displayName: 'Update Fields',
	name: 'updateFields',
	placeholder: 'Add Field',
	displayOptions: show,
};

/** Parameters of Update. */
export const properties: INodeProperties[] = [
	...promptIdProperty(show),
	collection(COLLECTION, FIELDS),
];

/**
 * Changes prompts.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const id = readPromptId(context, row);
		const given = readerOf(context.getNodeParameter(COLLECTION.name, row, {}));
		const { additional_fields, ...known } = readValues(ASTRIA, FIELDS, given);
		const changes = { ...known, ...(isObject(additional_fields) && additional_fields) };
		if (Object.keys(changes).length === 0) {
			throw new InputError(ASTRIA, COLLECTION.displayName, 'is empty', 'Add what is to change.');
		}
		const prompt = await updatePrompt(client, timing, id, paramsOf(changes));
		return [{ json: promptSummary(prompt), pairedItem: { item: row } }];
	});
}
