import type { INodeProperties } from 'n8n-workflow';

import { TuneCosts } from '../../../../../lib/astria/tunes/cost';
import { estimateOutputs, estimateProperties } from '../../../../shared/estimate';
import type { OperationPage } from '../../../../shared/operation';
import { createTuneLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { ESTIMATE_COLUMNS, estimateTunes } from '../../helpers/estimate';
import { groupsOf, groupsProperty } from '../../helpers/groups';
import { promptsProperties } from '../../helpers/prompts';
import { readTuneRequest, tuneProperties } from '../../helpers/request';

const REUSE: INodeProperties = {
	displayName: 'Reuse Tunes',
	name: 'reuse',
	type: 'boolean',
	default: false,
	description:
		'Whether a tune that is there already costs nothing, as with the operation Create or Reuse',
};

/** Checks every tune as Create would, and tells what the tunes would cost. */
export const estimateTune: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of tunes',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [
		...tuneProperties,
		groupsProperty,
		REUSE,
		...promptsProperties,
		...estimateProperties,
	],
	async execute(context, session) {
		const costs = new TuneCosts(session.client, session.timing);
		return await estimateTunes(context, session, {
			groups: groupsOf(context),
			read: async (rows) => ({
				...(await readTuneRequest(context, rows)),
				orReuse: context.getNodeParameter(REUSE.name, rows[0] ?? 0, false) === true,
			}),
			costOf: async ({ fields }) =>
				// What prompts cost on a tune that does not exist yet, nobody knows.
				fields.prompts_attributes === undefined ? await costs.estimate(fields) : undefined,
		});
	},
};

export const estimateTunePage: OperationPage = () => ({
	outputs: estimateOutputs(ESTIMATE_COLUMNS),
	links: [createTuneLink()],
});
