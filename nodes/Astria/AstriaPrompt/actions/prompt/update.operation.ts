import { PROMPT_CHANGES } from '../../../../../lib/astria/fields/prompt';
import { patchPrompt, promptSummary } from '../../../../../lib/astria/prompts/prompt';
import { paramsOf } from '../../../../../lib/astria/prompts/request';
import { InputError } from '../../../../../lib/errors';
import { ADDITIONAL_FIELDS } from '../../../../../lib/fields/shared';
import { readValues } from '../../../../../lib/fields/values';
import { eachRow } from '../../../../shared/eachRow';
import { fieldCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { collectionReader, INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { createPromptLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { summaryColumns } from '../../helpers/output';

const FIELDS = { ...PROMPT_CHANGES, additional_fields: ADDITIONAL_FIELDS };

const COLLECTION = fieldCollection('Update Fields', 'updateFields', FIELDS);

/** Changes prompts. */
export const updatePrompt: AstriaOperation = {
	name: 'Update',
	value: 'update',
	action: 'Update prompt',
	description: 'Move a prompt to a pack or a workspace',
	properties: [...thePrompt.properties, COLLECTION, inputFieldsProperty],
	async execute(context, session) {
		const { client, timing } = session;
		return await eachRow(context, session, async (row) => {
			const given = collectionReader(context, row, COLLECTION.name);
			const { additional_fields, ...known } = readValues(FIELDS, given);
			const changes = { ...known, ...additional_fields };
			if (Object.keys(changes).length === 0) {
				throw new InputError(COLLECTION.displayName, 'is empty', 'Add what is to change.');
			}
			const prompt = await thePrompt.using(context, row, async (id) =>
				patchPrompt(client, timing, id, paramsOf(changes)),
			);
			return [{ json: promptSummary(prompt) }];
		});
	},
};

export const updatePromptPage: OperationPage = () => ({
	outputs: [{ columns: summaryColumns() }, INPUT_OUTPUT],
	links: [createPromptLink()],
});
