import type { Query } from '../../../../../lib/astria/api/client';
import { PROMPT_FILTERS } from '../../../../../lib/astria/fields/promptRun';
import { listPrompts } from '../../../../../lib/astria/prompts/calls';
import { promptSummary } from '../../../../../lib/astria/prompts/output';
import { readValues } from '../../../../../lib/fields/values';
import { eachRow } from '../../../../shared/eachRow';
import { filterCollection } from '../../../../shared/fieldProperty';
import { limitProperties, readLimit } from '../../../../shared/list';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { collectionReader } from '../../../../shared/readFields';
import { astriaLink } from '../../../shared/links';
import { asData, RAW_OUTPUT, simplifyProperty } from '../../../shared/output';
import { openSession } from '../../../shared/session';
import { EXPANDED_COLUMNS, expandProperty, expansionsOf, readExpand } from '../../helpers/expand';
import { summaryColumns } from '../../helpers/output';

/** What of the filters is asked for; a switch that is off asks for nothing. */
function queryOf(filters: Readonly<Query>): Query {
	const asked = Object.entries(filters).filter(([, value]) => value !== false);
	return Object.fromEntries(asked);
}

/** Lists prompts, newest first. */
export const getPrompts: Operation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many prompts',
	description: 'List prompts with the addresses of their pictures',
	properties: [
		...limitProperties,
		filterCollection(PROMPT_FILTERS),
		simplifyProperty,
		expandProperty,
	],
	async execute(context) {
		const session = await openSession(context);
		const { client, timing } = session;
		return await eachRow(context, session, async (row) => {
			const filters = readValues(PROMPT_FILTERS, collectionReader(context, row, 'filters'));
			const expand = readExpand(context, row);
			const query = { ...queryOf(filters), expand };
			const prompts = await listPrompts(client, timing, query, readLimit(context, row));
			const simplify: unknown = context.getNodeParameter('simplify', row, true);
			return prompts.map((prompt) => ({
				json:
					simplify === false
						? asData(prompt.json)
						: { ...promptSummary(prompt), ...expansionsOf(prompt, expand) },
			}));
		});
	},
};

export const getPromptsPage: OperationPage = () => ({
	outputs: [{ columns: { ...summaryColumns(), ...EXPANDED_COLUMNS } }, RAW_OUTPUT],
	links: [astriaLink('list prompts', 'api/prompt/list')],
});
