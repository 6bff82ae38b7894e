import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { readField } from '../../../../lib/fields/coerce';
import type { TuneField } from '../../../../lib/fields/field';

/** Name of the parameter for the prompt that an operation is about. */
const PARAMETER = 'promptId';

/** A prompt is named as a tune is: by an id, or by what a list gives. */
const PROMPT: TuneField = {
	type: 'tune',
	label: 'Prompt',
	help: 'The prompt: its promptId, as Create or Duplicate gave it in any workflow.',
	required: true,
};

/** The parameter for the prompt that an operation is about. */
export function promptIdProperty(displayOptions: IDisplayOptions): INodeProperties[] {
	return [
		{
			displayName: PROMPT.label,
			name: PARAMETER,
			type: 'resourceLocator',
			default: { mode: 'id', value: '' },
			required: true,
			description: 'The promptId, as Create or Duplicate gave it in any workflow',
			displayOptions,
			modes: [
				{
					displayName: 'From List',
					name: 'list',
					type: 'list',
					typeOptions: { searchListMethod: 'searchPrompts', searchable: true },
				},
				{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 45042524' },
			],
		},
	];
}

/** The id of the prompt that a row means. @throws InputError */
export function readPromptId(context: IExecuteFunctions, row: number): number {
	return Number(readField(ASTRIA, PROMPT, context.getNodeParameter(PARAMETER, row, '')));
}
