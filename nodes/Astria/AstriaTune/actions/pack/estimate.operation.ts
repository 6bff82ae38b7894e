import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readBalance } from '../../../../../lib/astria/api/client';
import { PACK_TRAIN_FIELDS } from '../../../../../lib/astria/fields/tune';
import { packById, runCost, trainCost } from '../../../../../lib/astria/packs/calls';
import { tuneById } from '../../../../../lib/astria/tunes/tune';
import { textOf } from '../../../../../lib/json';
import { estimateOutputs, estimateProperties, estimateRows } from '../../../../shared/estimate';
import { tableProperties } from '../../../../shared/fieldProperty';
import { type OperationPage, shownWhen } from '../../../../shared/operation';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';
import { ESTIMATE_COLUMNS, estimateTunes } from '../../helpers/estimate';
import { groupsOf, groupsProperty } from '../../helpers/groups';
import {
	isReuse,
	modeProperty,
	packAddedProperties,
	readReuse,
	readTrain,
	tunesProperty,
} from '../../helpers/packRequest';

/** A run whose prompts are changed costs what nobody tells. */
const isChanged = (fields: object) => 'prompt_attributes' in fields;

async function estimateRuns(
	context: IExecuteFunctions,
	session: AstriaSession,
): Promise<INodeExecutionData[]> {
	const { client, timing } = session;
	return await estimateRows(context, session, {
		balance: async () => await readBalance(client, timing),
		look: async ([row = 0]) => {
			const packId = thePack.read(context, row);
			const { fields, tuneIds } = await readReuse(context, row, packId);
			const pack = await packById(client, timing, packId);
			const [tuneId = 0] = tuneIds;
			const { name } = await tuneById(client, timing, tuneId);
			const { prompt_ids: chosen } = fields;
			const ids = Array.isArray(chosen) ? chosen.map(Number) : undefined;
			const { pictures, cost } = runCost(pack, textOf(name) ?? '', ids);
			// Whether a pack runs on each of several tunes or on all together, Astria does not tell.
			return { pictures, cost: isChanged(fields) || tuneIds.length > 1 ? undefined : cost };
		},
	});
}

/** Checks every run of a pack as Create Tune From Pack would, and tells what it would cost. */
export const estimatePack: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of packs',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [
		...thePack.properties,
		modeProperty,
		...shownWhen({ mode: ['train'] }, [...tableProperties(PACK_TRAIN_FIELDS), groupsProperty]),
		...shownWhen({ mode: ['reuse'] }, [tunesProperty]),
		...packAddedProperties,
		...estimateProperties,
	],
	async execute(context, session) {
		if (isReuse(context)) return await estimateRuns(context, session);
		const { client, timing } = session;
		return await estimateTunes(context, session, {
			groups: groupsOf(context),
			read: async (rows) => await readTrain(context, rows),
			costOf: async ({ fields }, row) => {
				if (isChanged(fields) || 'prompt_ids' in fields) return undefined;
				const pack = await packById(client, timing, thePack.read(context, row));
				return trainCost(pack, textOf(fields.name) ?? '');
			},
		});
	},
};

export const estimatePackPage: OperationPage = () => ({
	outputs: estimateOutputs(ESTIMATE_COLUMNS),
	links: [astriaLink('get a pack', 'api/pack/get')],
});
