import type { IDataObject } from 'n8n-workflow';

import { ALL } from '../../../../../lib/astria/api/client';
import { PROMPT_FILTERS } from '../../../../../lib/astria/fields/promptRun';
import { Lookup } from '../../../../../lib/astria/models/catalog';
import { type Prompt, PROMPTS, promptSummary } from '../../../../../lib/astria/prompts/prompt';
import type { BooleanField } from '../../../../../lib/fields/field';
import { readField, readValues } from '../../../../../lib/fields/values';
import { eachRow } from '../../../../shared/eachRow';
import { fieldProperty } from '../../../../shared/fieldProperty';
import { type OperationPage, shownWhen } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty, rowReader } from '../../../../shared/row';
import { readSelection, selectionProperties } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { asData, isSimple, RAW_OUTPUT, simplifyProperty } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import {
	EXPANDED_COLUMNS,
	expandProperty,
	expansionsOf,
	readExpand,
	REFERENCE_COLUMNS,
	referenceColumns,
	summaryColumns,
} from '../../helpers/output';

const FETCH_REFERENCES = {
	type: 'boolean',
	label: 'Fetch References',
	help: 'Whether to look up the tunes that the texts name, and to tell their titles and the pictures that they were made from',
	default: false,
} as const satisfies BooleanField;

const fetchProperty = fieldProperty('fetchReferences', FETCH_REFERENCES);

/** Lists prompts, newest first. */
export const getPrompts: AstriaOperation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many prompts',
	description: 'List what your account has made, with its inputs and the addresses of its pictures',
	properties: [
		...selectionProperties(PROMPT_FILTERS),
		simplifyProperty,
		...shownWhen({ simplify: [true] }, [fetchProperty]),
		expandProperty,
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		const lookup = new Lookup(client, timing, ALL);
		return await eachRow(context, session, async (row) => {
			const expand = readExpand(context, row);
			const selection = readSelection(context, row, (parameter) => ({
				...readValues(PROMPT_FILTERS, parameter),
				expand,
			}));
			const simple = isSimple(context, row);
			const fetches = readField(FETCH_REFERENCES, rowReader(context, row)(fetchProperty.name));
			const prompts = await PROMPTS.select(client.reader(timing), selection);
			if (!simple) return prompts.map(({ json }) => ({ json: asData(json) }));
			const columnsOf = async (prompt: Prompt): Promise<IDataObject> => ({
				...promptSummary(prompt),
				...(fetches === true && (await referenceColumns(lookup, prompt))),
				...expansionsOf(prompt, expand),
			});
			const items: Array<{ json: IDataObject }> = [];
			for (const prompt of prompts) items.push({ json: await columnsOf(prompt) });
			return items;
		});
	},
};

export const getPromptsPage: OperationPage = () => ({
	outputs: [
		{ columns: { ...summaryColumns(), ...EXPANDED_COLUMNS } },
		{ when: 'in addition with *Fetch References*', columns: REFERENCE_COLUMNS },
		RAW_OUTPUT,
		INPUT_OUTPUT,
	],
	links: [astriaLink('list prompts', 'api/prompt/list')],
});
