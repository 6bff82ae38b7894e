import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { Lookup } from '../../../../../lib/astria/models/catalog';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { astriaLink, createPromptLink, faceIdLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { followedPrompts, makePrompts } from '../../helpers/makePrompts';
import { madePromptOutputs, promptWaitProperties } from '../../helpers/output';
import { addedProperties, promptProperties, readPromptRequest } from '../../helpers/request';

/** Makes a prompt of every row, waits, and hands back the pictures. */
export const createPrompt: AstriaOperation = {
	name: 'Create',
	value: 'create',
	action: 'Create prompt',
	description: 'Make pictures or a video, and wait for them',
	buys: () => 'promptId',
	properties: [
		...promptProperties,
		...promptWaitProperties,
		...addedProperties,
		optionsCollection(PROMPT_RUN_OPTIONS),
	],
	async execute(context, session) {
		const lookup = new Lookup(session.client, session.timing);
		return await makePrompts(context, session, async (row) =>
			readPromptRequest(context, row, lookup),
		);
	},
	resume: followedPrompts,
};

export const createPromptPage: OperationPage = () => ({
	outputs: madePromptOutputs(),
	links: [
		createPromptLink(),
		astriaLink('video', 'features/video'),
		astriaLink('ControlNet', 'use-cases/controlnet'),
		astriaLink('LoRA', 'features/lora'),
		faceIdLink(),
	],
});
