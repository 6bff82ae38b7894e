import { TuneCosts } from '../../../../../lib/astria/tunes/cost';
import type { BooleanField } from '../../../../../lib/fields/field';
import { readField } from '../../../../../lib/fields/values';
import { estimateOutputs, estimateProperties } from '../../../../shared/estimate';
import { fieldProperty } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { rowReader } from '../../../../shared/row';
import { createTuneLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { ESTIMATE_COLUMNS, estimateTunes } from '../../helpers/estimate';
import { groupsOf, groupsProperty } from '../../helpers/groups';
import { promptsProperties, readTuneRequest, tuneProperties } from '../../helpers/request';

const REUSE = {
	type: 'boolean',
	label: 'Reuse Tunes',
	help: 'Whether a tune that is there already costs nothing, as with the operation Create or Reuse',
	default: false,
	defaultApplies: true,
} as const satisfies BooleanField;

const reuseProperty = fieldProperty('reuse', REUSE);

/** Checks every tune as Create would, and tells what the tunes would cost. */
export const estimateTune: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of tunes',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [
		...tuneProperties,
		groupsProperty,
		reuseProperty,
		...promptsProperties,
		...estimateProperties,
	],
	async execute(context, session) {
		const costs = new TuneCosts(session.client, session.timing);
		return await estimateTunes(context, session, {
			groups: groupsOf(context),
			read: async (rows) => ({
				...(await readTuneRequest(context, rows)),
				orReuse: readField(REUSE, rowReader(context, rows[0] ?? 0)(reuseProperty.name)),
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
