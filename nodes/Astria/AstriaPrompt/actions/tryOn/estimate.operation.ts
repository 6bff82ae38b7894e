import { CatalogLookup, TuneLookup } from '../../../../../lib/astria/models/catalog';
import { estimateProperty } from '../../../../shared/estimate';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { tryOnLink } from '../../../shared/links';
import { openSession } from '../../../shared/session';
import {
	dressAddedProperties,
	dressProperties,
	previewOf,
	readDressRequest,
} from '../../helpers/dress';
import { DressPartReader } from '../../helpers/dressParts';
import { estimatePrompts, promptEstimateOutputs } from '../../helpers/estimate';

/** Checks every row as Dress a Person would, and tells what the prompts would cost. */
export const estimateDress: Operation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of dressing a person',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [...dressProperties, ...dressAddedProperties, estimateProperty],
	async execute(context) {
		const session = await openSession(context);
		const { client, timing } = session;
		const parts = new DressPartReader(context, session, new TuneLookup(client, timing));
		const catalog = new CatalogLookup(client, timing);
		return await estimatePrompts(context, session, async (row) =>
			previewOf(await readDressRequest(context, row, parts, catalog)),
		);
	},
};

export const estimateDressPage: OperationPage = () => ({
	outputs: promptEstimateOutputs(),
	links: [tryOnLink()],
});
