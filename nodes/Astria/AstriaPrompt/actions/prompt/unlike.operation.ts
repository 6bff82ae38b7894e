import { likePrompt as callLike } from '../../../../../lib/astria/prompts/calls';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { openSession } from '../../../shared/session';
import { PROMPT_COLUMNS } from '../../../shared/output';

/** Takes likes back. */
export const unlikePrompt: Operation = {
	name: 'Unlike',
	value: 'unlike',
	action: 'Unlike prompt',
	description: 'Take a like back',
	properties: thePrompt.properties,
	async execute(context) {
		const session = await openSession(context);
		const { client, timing } = session;
		return await thePrompt.each(context, session, async (promptId) => {
			await callLike(client, timing, promptId, false);
			return [{ json: { promptId, liked: false } }];
		});
	},
};

export const unlikePromptPage: OperationPage = () => ({
	outputs: [{ columns: { promptId: PROMPT_COLUMNS.promptId, liked: { meaning: 'false' } } }],
	links: [astriaLink('take a like back', 'api/like/delete')],
});
