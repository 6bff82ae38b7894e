import { PROMPT_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import {
	finishedPrompt,
	promptById,
	promptColumns,
} from '../../../../../lib/astria/prompts/prompt';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { ONE_ITEM_OUTPUT, outputProperties, readOutputOptions } from '../../../../shared/pictures';
import { INPUT_OUTPUT } from '../../../../shared/row';
import { thePrompt } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { madeColumns, PROMPT_COLUMNS, itemsOfPrompt } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { EXPANDED_COLUMNS, expandProperty, expansionsOf, readExpand } from '../../helpers/output';

const { fileName, includeInputFields, outputField } = PROMPT_RUN_OPTIONS;

/** Tells how far prompts are and, of those that are finished, hands back the pictures. */
export const getPrompt: AstriaOperation = {
	name: 'Get',
	value: 'get',
	action: 'Get prompt',
	description: 'Look up a prompt by its ID and fetch its pictures',
	properties: [
		...thePrompt.properties,
		...outputProperties,
		expandProperty,
		optionsCollection({ fileName, includeInputFields, outputField }),
	],
	async execute(context, session) {
		const { client, timing } = session;
		return await thePrompt.each(context, session, async (id, row) => {
			const expand = readExpand(context, row);
			const prompt = await promptById(client, timing, id, expand);
			const more = expansionsOf(prompt, expand);
			return finishedPrompt(prompt)
				? await itemsOfPrompt(context, session, readOutputOptions(context, row), prompt, more)
				: [{ json: { ...promptColumns(prompt), ...more } }];
		});
	},
};

export const getPromptPage: OperationPage = () => ({
	outputs: [
		{ columns: { ...madeColumns(), ...EXPANDED_COLUMNS } },
		ONE_ITEM_OUTPUT,
		{
			when: 'for a prompt that is not finished',
			columns: { ...PROMPT_COLUMNS, ...EXPANDED_COLUMNS },
		},
		INPUT_OUTPUT,
	],
	links: [astriaLink('retrieve a prompt', 'api/prompt/retrieve')],
});
