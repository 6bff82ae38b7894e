import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT } from '../../../../shared/row';
import { astriaLink } from '../../../shared/links';
import { PROMPT_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { likeEach, likePrompt } from './like.operation';

/** Takes likes back. */
export const unlikePrompt: AstriaOperation = {
	name: 'Unlike',
	value: 'unlike',
	action: 'Unlike prompt',
	description: 'Take a like back',
	properties: likePrompt.properties,
	execute: async (context, session) => await likeEach(context, session, false),
};

export const unlikePromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { promptId: PROMPT_COLUMNS.promptId, liked: { meaning: 'false' } } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('take a like back', 'api/like/delete')],
});
