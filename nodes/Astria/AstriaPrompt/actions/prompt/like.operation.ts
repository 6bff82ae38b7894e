import { setLiked as callLike } from '../../../../../lib/astria/prompts/calls';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { PROMPT_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';

/** Likes prompts; one that was made from a template likes the template too. */
export const likePrompt: AstriaOperation = {
	name: 'Like',
	value: 'like',
	action: 'Like prompt',
	description: 'Mark a prompt as liked',
	properties: [...thePrompt.properties, inputFieldsProperty],
	async execute(context, session) {
		const { client, timing } = session;
		return await thePrompt.each(context, session, async (promptId) => {
			await callLike(client, timing, promptId, true);
			return [{ json: { promptId, liked: true } }];
		});
	},
};

export const likePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { promptId: PROMPT_COLUMNS.promptId, liked: { meaning: 'true' } } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('like a prompt', 'api/like/create')],
});
