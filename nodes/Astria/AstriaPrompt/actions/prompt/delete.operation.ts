import { deleteOnce } from '../../../../../lib/astria/api/client';
import { removePrompt } from '../../../../../lib/astria/prompts/calls';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty, notesOfRun, oncePerId } from '../../../../shared/row';
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
		const { client, timing } = session;
		const tries = notesOfRun(context, 'deletes');
		const once = oncePerId<unknown>();
		return await thePrompt.each(context, session, async (promptId) => {
			await once(promptId, async () => {
				await deleteOnce(tries, promptId, async () => await removePrompt(client, timing, promptId));
			});
			return [{ json: { deleted: true, promptId } }];
		});
	},
};

export const deletePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { deleted: { meaning: 'true' }, promptId: PROMPT_COLUMNS.promptId } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('delete a prompt', 'api/prompt/delete')],
});
