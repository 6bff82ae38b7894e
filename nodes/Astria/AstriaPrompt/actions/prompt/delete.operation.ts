import { removePrompt } from '../../../../../lib/astria/prompts/prompt';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { PROMPT_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';

/** Deletes prompts with their pictures. */
export const deletePrompt: AstriaOperation = {
	name: 'Delete',
	value: 'delete',
	action: 'Delete prompt',
	description: 'Delete a prompt with its pictures',
	properties: [...thePrompt.properties, inputFieldsProperty],
	async execute(context, session) {
		return await thePrompt.deleteEach(context, session, removePrompt);
	},
};

export const deletePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { deleted: { meaning: 'true' }, promptId: PROMPT_COLUMNS.promptId } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('delete a prompt', 'api/prompt/delete')],
});
