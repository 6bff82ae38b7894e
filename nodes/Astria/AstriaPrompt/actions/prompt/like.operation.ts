import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { setLiked } from '../../../../../lib/astria/prompts/prompt';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { PROMPT_COLUMNS } from '../../../shared/output';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';

/** Likes the prompts of all rows, or takes the likes back. @throws NodeOperationError */
export async function likeEach(
	context: IExecuteFunctions,
	session: AstriaSession,
	liked: boolean,
): Promise<INodeExecutionData[]> {
	return await thePrompt.each(context, session, async (promptId) => {
		await setLiked(session.client, session.timing, promptId, liked);
		return [{ json: { promptId, liked } }];
	});
}

/** Likes prompts; one that was made from a template likes the template too. */
export const likePrompt: AstriaOperation = {
	name: 'Like',
	value: 'like',
	action: 'Like prompt',
	description: 'Mark a prompt as liked',
	properties: [...thePrompt.properties, inputFieldsProperty],
	execute: async (context, session) => await likeEach(context, session, true),
};

export const likePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { promptId: PROMPT_COLUMNS.promptId, liked: { meaning: 'true' } } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('like a prompt', 'api/like/create')],
});
