import { setLiked as callLike } from '../../../../../lib/astria/prompts/calls';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { PROMPT_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';

/** Takes likes back. */
export const unlikePrompt: AstriaOperation = {
	name: 'Unlike',
	value: 'unlike',
	action: 'Unlike prompt',
	description: 'Take a like back',
	properties: [...thePrompt.properties, inputFieldsProperty],
	async execute(context, session) {
		const { client, timing } = session;
		return await thePrompt.each(context, session, async (promptId) => {
			await callLike(client, timing, promptId, false);
			return [{ json: { promptId, liked: false } }];
		});
	},
};

export const unlikePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { promptId: PROMPT_COLUMNS.promptId, liked: { meaning: 'false' } } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('take a like back', 'api/like/delete')],
});
