import { Lookup } from '../../../../../lib/astria/models/catalog';
import { ReferenceCosts } from '../../../../../lib/astria/tryOn/references';
import { estimateProperties } from '../../../../shared/estimate';
import type { OperationPage } from '../../../../shared/operation';
import { tryOnLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import {
	dressAddedProperties,
	DressPartReader,
	dressProperties,
	previewOf,
	readDressRequest,
} from '../../helpers/dress';
import { estimatePrompts, promptEstimateOutputs } from '../../helpers/estimate';

/** Checks every row as Dress a Person would, and tells what prompts and references would cost. */
export const estimateDress: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of dressing person',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [...dressProperties, ...dressAddedProperties, ...estimateProperties],
	async execute(context, session) {
		const { client, timing } = session;
		const parts = new DressPartReader(context, session, new Lookup(client, timing));
		const references = new ReferenceCosts(client, timing);
		return await estimatePrompts(context, session, {
			read: async (row) => await readDressRequest(context, row, parts),
			preview: previewOf,
			besides: async (request) => await references.costOf(request),
		});
	},
};

export const estimateDressPage: OperationPage = () => ({
	outputs: promptEstimateOutputs({
		estimatedCost: {
			meaning:
				'What the pictures and the new references of the row cost, or null when Astria does not tell. A reference that several rows need is counted in one of them',
			optional: true,
		},
	}),
	links: [tryOnLink()],
});
