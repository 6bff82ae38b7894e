import { ASTRIA } from '../../../../lib/astria/api/errors';
import type { NodePage, NodeWork, Resource } from '../../../shared/operation';
import { openAstria, type AstriaSession } from '../../shared/session';
import { astriaLinks } from '../../shared/links';
import { getBalance } from './account/getBalance.operation';
import { createPrompt } from './prompt/create.operation';
import { deletePrompt } from './prompt/delete.operation';
import { duplicatePrompt } from './prompt/duplicate.operation';
import { estimatePrompt } from './prompt/estimate.operation';
import { getPrompt } from './prompt/get.operation';
import { getPrompts } from './prompt/getAll.operation';
import { likePrompt } from './prompt/like.operation';
import { unlikePrompt } from './prompt/unlike.operation';
import { updatePrompt } from './prompt/update.operation';
import { dressPerson } from './tryOn/dressPerson.operation';
import { estimateDress } from './tryOn/estimate.operation';

const ACCOUNT: Resource<AstriaSession> = {
	name: 'Account',
	value: 'account',
	operations: [getBalance],
};

/** What the node is for most of all. */
const PROMPT_RESOURCE: Resource<AstriaSession> = {
	name: 'Prompt',
	value: 'prompt',
	operations: [
		createPrompt,
		deletePrompt,
		duplicatePrompt,
		estimatePrompt,
		getPrompt,
		getPrompts,
		likePrompt,
		unlikePrompt,
		updatePrompt,
	],
};

const TRY_ON: Resource<AstriaSession> = {
	name: 'Try-On',
	value: 'tryOn',
	operations: [dressPerson, estimateDress],
};

/** What the node can do, in the alphabetical order that n8n wants. */
export const PROMPT_WORK: NodeWork<AstriaSession> = {
	service: ASTRIA,
	open: openAstria,
	resources: [ACCOUNT, PROMPT_RESOURCE, TRY_ON],
	chosen: PROMPT_RESOURCE,
};

export const promptNodePage: NodePage = () => ({
	resources: PROMPT_WORK.resources,
	links: astriaLinks(),
});
