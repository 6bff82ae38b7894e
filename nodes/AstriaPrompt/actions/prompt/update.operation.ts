import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/errors';
import { isObject } from '../../../../lib/astria/json';
import { updatePrompt } from '../../../../lib/astria/promptsCalls';
import { promptSummary } from '../../../../lib/astria/promptsOutput';
import { paramsOf } from '../../../../lib/astria/promptsRequest';
import { InputError } from '../../../../lib/errors';
import { PROMPT_CHANGES } from '../../../../lib/fields/astriaPrompt';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/astriaTune';
import { eachRow } from '../../../shared/eachRow';
import { collection } from '../../../shared/fieldProperty';
import { readValues } from '../../../shared/readFields';
import { readerOf } from '../../../sharedAstria/promptGroups';
import { openSession } from '../../../sharedAstria/session';
import { promptIdProperty, readPromptId } from '../../promptPicker';
import { AT_ONCE } from '../../run';

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
