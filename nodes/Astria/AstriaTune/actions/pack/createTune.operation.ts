import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import {
	PACK_RUN_FIELDS,
	PACK_RUN_OPTIONS,
	PACK_TRAIN_FIELDS,
} from '../../../../../lib/astria/fields/tune';
import {
	PackRunDriver,
	type PackRunJob,
	type PackRunRequest,
} from '../../../../../lib/astria/packs/run';
import { readValues } from '../../../../../lib/fields/values';
import { withoutUndefined as known } from '../../../../../lib/json';
import { SECOND_MS } from '../../../../../lib/time';
import { checkCallback } from '../../../../../lib/url';
import { asTaken, buyRows, itemsOf } from '../../../../shared/buyRows';
import type { RowItem } from '../../../../shared/errorRow';
import { optionsCollection, tableProperties } from '../../../../shared/fieldProperty';
import {
	type Columns,
	type Operation,
	type OperationPage,
	shownWhen,
} from '../../../../shared/operation';
import { readOutputOptions } from '../../../../shared/pictures';
import { collectionReader, INPUT_OUTPUT, oncePerRow } from '../../../../shared/row';
import { waitingOutput, waitMode } from '../../../../shared/waitByCallback';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { COST_COLUMNS, RAW_OUTPUT, RECOVERED, TUNE_COLUMNS } from '../../../shared/output';
import { type AstriaSession, openAstriaSession } from '../../../shared/session';
import { groupsProperty } from '../../helpers/groups';
import { makeTunes, tuneWaitProperties } from '../../helpers/makeTunes';
import { MADE_COLUMNS } from '../../helpers/output';
import {
	newTunePictureProperties,
	packItems,
	packItemColumns,
	packPictureColumns,
	type PackPrompt,
	packPrompts,
	pictureProperties,
	waitsForPictures,
} from '../../helpers/packPictures';
import {
	isReuse,
	modeProperty,
	packAddedProperties,
	readReuse,
	readTrain,
	tunesProperty,
} from '../../helpers/packRequest';
import { followPackTunes, trainForPictures } from '../../helpers/trainedPack';

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
	...COST_COLUMNS,
	message: { meaning: "Astria's own words, where it has some", optional: true },
	recovered: RECOVERED,
} as const satisfies Columns;

/** What tells which run made a picture. */
const WHICH_RUN = {
	packId: RUN_COLUMNS.packId,
	tuneIds: RUN_COLUMNS.tuneIds,
	reused: {
		meaning: 'Only when Astria handed back a tune that was there, in place of a new one',
		optional: true,
	},
	recovered: RECOVERED,
} as const satisfies Columns;

/** What tells a run. */
function runColumns(packId: string, { tuneIds, orderId, recovered }: PackRunJob): IDataObject {
	return known<IDataObject[string]>({
		packId,
		tuneIds,
		orderId,
		recovered: recovered ? true : undefined,
	});
}

/** The ids of a run, where nobody waits for its pictures. */
function idsItem(packId: string, job: PackRunJob): RowItem {
	const { promptIds, cost, message } = job;
	const told = known<IDataObject[string]>({ cost, message });
	const ids = { promptIds, promptCount: promptIds.length };
	return { json: { ...runColumns(packId, job), ...ids, ...told } };
}

/** Runs packs on tunes that exist, and waits for their pictures where that is wanted. */
async function runOnTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
): Promise<INodeExecutionData[]> {
	const limits = readValues(PACK_RUN_OPTIONS, collectionReader(context, 0, 'options'));
	const isWaiting = waitsForPictures(context);
	const packOf = oncePerRow((row) => thePack.read(context, row));
	const plan = {
		driver: new PackRunDriver(session.client, isWaiting),
		limits,
		prepare: async ([row = 0]: readonly number[]) => {
			// An expression of the output that fails is found before anything is paid.
			if (isWaiting) readOutputOptions(context, row);
			const request = await readReuse(context, row, packOf(row));
			const { label } = PACK_RUN_FIELDS.prompts_callback;
			checkCallback(label, request.fields.prompts_callback, session.baseUrl);
			return request;
		},
	};
	if (!isWaiting) {
		const bought = await buyRows<PackRunRequest, PackRunJob, PackRunJob>(context, session, {
			...plan,
			finish: asTaken,
			collect: async (row, job) => await Promise.resolve([idsItem(packOf(row), job)]),
		});
		return itemsOf(context, session, bought);
	}
	const bought = await buyRows<PackRunRequest, PackRunJob, PackPrompt[]>(context, session, {
		...plan,
		finish: packPrompts(context, session, limits.maxWait * SECOND_MS),
		collect: async (row, job, prompts) =>
			await packItems(context, session, row, prompts, runColumns(packOf(row), job)),
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
			...tuneWaitProperties,
			...newTunePictureProperties,
		]),
		...shownWhen({ mode: ['reuse'] }, [tunesProperty, ...pictureProperties]),
		...packAddedProperties,
		optionsCollection(PACK_RUN_OPTIONS),
	],
	async execute(context) {
		const session = await openAstriaSession(context);
		if (isReuse(context)) return await runOnTunes(context, session);
		return waitMode(context) !== 'none' && waitsForPictures(context)
			? await trainForPictures(context, session)
			: await makeTunes(context, session, readTrain);
	},
	resume: followPackTunes,
};

export const createTuneFromPackPage: OperationPage = () => ({
	outputs: [
		{ columns: { ...TUNE_COLUMNS, ...MADE_COLUMNS } },
		RAW_OUTPUT,
		waitingOutput({ tuneId: TUNE_COLUMNS.tuneId }),
		{ when: 'with *Mode* set to *Use Existing Tunes*', columns: RUN_COLUMNS },
		{
			when: 'with *Wait for Pictures*',
			columns: packPictureColumns({ ...WHICH_RUN, orderId: RUN_COLUMNS.orderId }),
		},
		{
			when: 'with *Wait for Pictures*, and *Wait* set to *By Callback*, in one item per row',
			columns: packItemColumns({ tuneId: TUNE_COLUMNS.tuneId, ...WHICH_RUN }),
		},
		INPUT_OUTPUT,
	],
	links: [astriaLink('create a tune from a pack', 'api/pack/tunes/create')],
});
