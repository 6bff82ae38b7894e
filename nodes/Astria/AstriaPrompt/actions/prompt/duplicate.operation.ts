import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { numberOf } from '../../../../../lib/astria/api/json';
import { checkOverrides } from '../../../../../lib/astria/prompts/rules';
import type { PromptRequest } from '../../../../../lib/astria/prompts/request';
import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { readField } from '../../../../../lib/fields/coerce';
import type { NumberField } from '../../../../../lib/fields/field';
import { collection, fieldProperties } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { overrideProperties, readOwnParts } from '../../helpers/request';
import { makePrompts } from '../../helpers/makePrompts';
import { waitProperties } from '../../helpers/output';
import { promptIdProperty, readPromptId } from '../../helpers/promptPicker';

const show = { show: { resource: ['prompt'], operation: ['duplicate'] } };

const IMAGE_INDEX: NumberField = {
	type: 'integer',
	label: 'Image Index',
	help: 'Which picture of the prompt to go on from, counted from 0: the first frame of a video, or the input of a picture. Empty to begin anew.',
	placeholder: 'e.g. 0',
	min: 0,
};

const { distinct: _asTheOriginal, ...RUN_OPTIONS } = PROMPT_RUN_OPTIONS;

/** Parameters of Duplicate. */
export const properties: INodeProperties[] = [
	...promptIdProperty(show),
	...fieldProperties('image_index', IMAGE_INDEX, show),
	...overrideProperties(show),
	...waitProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		RUN_OPTIONS,
	),
];

async function readRequest(context: IExecuteFunctions, row: number): Promise<PromptRequest> {
	const promptId = readPromptId(context, row);
	const index = readField(ASTRIA, IMAGE_INDEX, context.getNodeParameter('image_index', row, ''));
	const imageIndex = numberOf(index);
	const { values: own, files, additional } = await readOwnParts(context, row);
	const values = { ...own, ...additional };
	checkOverrides({ values, files: new Set(Object.keys(files)) });
	return {
		target: { kind: 'duplicate', promptId, ...(imageIndex !== undefined && { imageIndex }) },
		values,
		files,
		distinct: false,
	};
}

/**
 * Makes another prompt like the one of each row, with what the row says otherwise.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	return await makePrompts(context, session, async (row) => readRequest(context, row));
}
