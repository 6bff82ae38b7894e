import type { IExecuteFunctions } from 'n8n-workflow';

import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { checkOverrides, type PromptRequest } from '../../../../../lib/astria/prompts/request';
import type { NumberField } from '../../../../../lib/fields/field';
import { readField } from '../../../../../lib/fields/values';
import { fieldProperties, optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { thePrompt } from '../../../shared/entities';
import { astriaLink, createPromptLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { followedPrompts, makePrompts } from '../../helpers/makePrompts';
import { madePromptOutputs, promptWaitProperties } from '../../helpers/output';
import { addedProperties, overrideProperties, readOwnParts } from '../../helpers/request';

const IMAGE_INDEX = {
	type: 'integer',
	label: 'Image Index',
	help: 'Which picture of the prompt to go on from, counted from 0: the first frame of a video, or the input of a picture. Empty to begin anew.',
	placeholder: 'e.g. 0',
	min: 0,
} as const satisfies NumberField;

const { distinct: _asTheOriginal, ...OPTIONS } = PROMPT_RUN_OPTIONS;

async function readRequest(context: IExecuteFunctions, row: number): Promise<PromptRequest> {
	const promptId = thePrompt.read(context, row);
	const imageIndex = readField(IMAGE_INDEX, context.getNodeParameter('image_index', row, ''));
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

/** Makes another prompt like the one of each row, with what the row says otherwise. */
export const duplicatePrompt: AstriaOperation = {
	name: 'Duplicate',
	value: 'duplicate',
	action: 'Duplicate prompt',
	description: 'Make another prompt like one that exists',
	// The row's own `promptId` may be the original's.
	buys: () => undefined,
	properties: [
		...thePrompt.properties,
		...fieldProperties('image_index', IMAGE_INDEX),
		...overrideProperties,
		...promptWaitProperties,
		...addedProperties,
		optionsCollection(OPTIONS),
	],
	async execute(context, session) {
		return await makePrompts(context, session, async (row) => readRequest(context, row));
	},
	resume: followedPrompts,
};

export const duplicatePromptPage: OperationPage = () => ({
	outputs: madePromptOutputs(),
	links: [astriaLink('duplicate a prompt', 'api/prompt/duplicate'), createPromptLink()],
});
