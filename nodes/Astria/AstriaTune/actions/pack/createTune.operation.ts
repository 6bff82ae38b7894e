import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { PACK_TRAIN_FIELDS, TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { PackRunDriver } from '../../../../../lib/astria/packs/run';
import { readValues } from '../../../../../lib/fields/values';
import { known } from '../../../../../lib/json';
import { asTaken, buyRows, itemsOf } from '../../../../shared/buyRows';
import { optionsCollection, tableProperties } from '../../../../shared/fieldProperty';
import { INPUT_OUTPUT } from '../../../../shared/inputFields';
import {
	type Columns,
	type Operation,
	type OperationPage,
	shownWhen,
} from '../../../../shared/operation';
import { collectionReader } from '../../../../shared/readFields';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { COST, RAW_OUTPUT, RECOVERED, simplifyProperty } from '../../../shared/output';
import { openSession, type AstriaSession } from '../../../shared/session';
import { groupsProperty } from '../../helpers/groups';
import { makeTunes, waitProperty } from '../../helpers/makeTunes';
import { MADE_COLUMNS } from '../../helpers/output';
import { TUNE_COLUMNS } from '../../../shared/tunes';
import {
	isReuse,
	modeProperty,
	packAddedProperties,
	readReuse,
	readTrain,
	tunesProperty,
} from '../../helpers/packRequest';

const RUN_COLUMNS = {
	packId: { meaning: "The pack's id at Astria" },
	tuneIds: { meaning: 'Ids of the tunes that it ran on' },
	orderId: {
		meaning:
			'Id of the order, where Astria made one: Astria Prompt lists its prompts with the filter *Order ID*',
		optional: true,
	},
	promptIds: { meaning: 'Ids of the prompts' },
	promptCount: { meaning: 'How many they are' },
	cost: COST,
	message: { meaning: "Astria's own words, where it has some", optional: true },
	recovered: RECOVERED,
} as const satisfies Columns;

/** Runs packs on tunes that exist; nobody waits for their pictures. */
async function runOnTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
): Promise<INodeExecutionData[]> {
	const bought = await buyRows(context, session, {
		driver: new PackRunDriver(session.client),
		finish: asTaken,
		limits: readValues(TUNE_RUN_OPTIONS, collectionReader(context, 0, 'options')),
		prepare: async ([row = 0]) => await readReuse(context, row),
		collect: async (row, { tuneIds, promptIds, orderId, cost, message, recovered }) => {
			const json = known<IDataObject[string]>({
				packId: thePack.read(context, row),
				tuneIds,
				orderId,
				promptIds,
				promptCount: promptIds.length,
				cost,
				message,
				recovered: recovered ? true : undefined,
			});
			return await Promise.resolve([{ json }]);
		},
	});
	return itemsOf(context, session, bought);
}

/** Runs a pack on new tunes, or on tunes that exist. */
export const createTuneFromPack: Operation = {
	name: 'Create Tune From Pack',
	value: 'createTune',
	action: 'Create tune from pack',
	description: 'Run the prompts of a pack on a new tune, or on tunes that exist',
	properties: [
		...thePack.properties,
		modeProperty,
		...shownWhen({ mode: ['train'] }, [
			...tableProperties(PACK_TRAIN_FIELDS),
			groupsProperty,
			waitProperty,
			simplifyProperty,
		]),
		...shownWhen({ mode: ['reuse'] }, [tunesProperty]),
		...packAddedProperties,
		optionsCollection(TUNE_RUN_OPTIONS),
	],
	async execute(context) {
		const session = await openSession(context);
		return isReuse(context)
			? await runOnTunes(context, session)
			: await makeTunes(context, session, readTrain);
	},
};

export const createTuneFromPackPage: OperationPage = () => ({
	outputs: [
		{ columns: { ...TUNE_COLUMNS, ...MADE_COLUMNS } },
		RAW_OUTPUT,
		{ when: 'with *Mode* set to *Use Existing Tunes*', columns: RUN_COLUMNS },
		INPUT_OUTPUT,
	],
	links: [astriaLink('create a tune from a pack', 'api/pack/tunes/create')],
});
