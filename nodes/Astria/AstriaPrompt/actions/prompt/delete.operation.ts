import { deletePrompt as callDelete } from '../../../../../lib/astria/prompts/calls';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { openSession } from '../../../shared/session';
import { PROMPT_COLUMNS } from '../../../shared/output';

/** Deletes prompts with their pictures. */
export const deletePrompt: Operation = {
	name: 'Delete',
	value: 'delete',
	action: 'Delete prompt',
	description: 'Delete a prompt with its pictures',
	properties: thePrompt.properties,
	async execute(context) {
		const session = await openSession(context);
		const { client, timing } = session;
		return await thePrompt.each(context, session, async (promptId) => {
			await callDelete(client, timing, promptId);
			return [{ json: { deleted: true, promptId } }];
		});
	},
};

export const deletePromptPage: OperationPage = () => ({
	outputs: [{ columns: { deleted: { meaning: 'true' }, promptId: PROMPT_COLUMNS.promptId } }],
	links: [astriaLink('delete a prompt', 'api/prompt/delete')],
});
