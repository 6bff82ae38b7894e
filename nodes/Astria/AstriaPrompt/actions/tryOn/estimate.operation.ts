import { Lookup } from '../../../../../lib/astria/models/catalog';
import { estimateProperties } from '../../../../shared/estimate';
import type { OperationPage } from '../../../../shared/operation';
import { tryOnLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import {
	dressAddedProperties,
	dressProperties,
	previewOf,
	readDressRequest,
} from '../../helpers/dress';
import { DressPartReader } from '../../helpers/dressParts';
import { estimatePrompts, promptEstimateOutputs } from '../../helpers/estimate';

/** Checks every row as Dress a Person would, and tells what the prompts would cost. */
export const estimateDress: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of dressing person',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [...dressProperties, ...dressAddedProperties, ...estimateProperties],
	async execute(context, session) {
		const { client, timing } = session;
		const parts = new DressPartReader(context, session, new Lookup(client, timing));
		return await estimatePrompts(context, session, async (row) =>
			previewOf(await readDressRequest(context, row, parts)),
		);
	},
};

export const estimateDressPage: OperationPage = () => ({
	outputs: promptEstimateOutputs(),
	links: [tryOnLink()],
});
