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
import { withoutUndefined as known } from '../../../../../lib/json';
import { oncePer, SECOND_MS } from '../../../../../lib/time';
import { checkCallback } from '../../../../../lib/url';
import { buyAndWait } from '../../../../shared/buyRows';
import type { RowItem } from '../../../../shared/errorRow';
import { optionsCollection, tableProperties } from '../../../../shared/fieldProperty';
import { type Columns, type OperationPage, shownWhen } from '../../../../shared/operation';
import { readOutputOptions } from '../../../../shared/pictures';
import { INPUT_OUTPUT, readRunOptions } from '../../../../shared/row';
import { readWait, waitingOutput } from '../../../../shared/wait';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { COST_COLUMNS, RAW_OUTPUT, RECOVERED, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';
import { groupsProperty } from '../../helpers/groups';
import { makeTunes, tuneWaitProperties } from '../../helpers/makeTunes';
import { MADE_COLUMNS } from '../../helpers/output';
import {
	followedPackTunes,
	newTunePictureProperties,
	packItemColumns,
	packItems,
	packPictureColumns,
	type PackPrompt,
	packPrompts,
	pictureProperties,
	trainForPictures,
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
	const limits = readRunOptions(context, PACK_RUN_OPTIONS);
	const isWaiting = waitsForPictures(context);
	const packOf = oncePer((row: number) => thePack.read(context, row));
	const mode = isWaiting ? 'node' : 'none';
	return await buyAndWait<PackRunRequest, PackRunJob, PackPrompt[]>(
		context,
		session,
		{ mode },
		{
			driver: new PackRunDriver(session.client, isWaiting),
			limits,
			countLimit: PACK_RUN_OPTIONS.maxJobs,
			prepare: async ([row = 0]) => {
				// An expression of the output that fails is found before anything is paid.
				if (isWaiting) readOutputOptions(context, row);
				const request = await readReuse(context, row, packOf(row));
				const { label } = PACK_RUN_FIELDS.prompts_callback;
				checkCallback(label, request.fields.prompts_callback, session.address);
				return request;
			},
			taken: (row, job) => [idsItem(packOf(row), job)],
			finish: packPrompts(context, session, limits.maxWait * SECOND_MS),
			collect: async (row, job, prompts) =>
				await packItems(context, session, row, prompts, runColumns(packOf(row), job)),
		},
	);
}

/** Runs a pack on new tunes, or on tunes that exist. */
export const createTuneFromPack: AstriaOperation = {
	name: 'Create Tune From Pack',
	value: 'createTune',
	action: 'Create tune from pack',
	description: 'Run the prompts of a pack on a new tune, or on tunes that exist',
	buys: (context) => (isReuse(context) ? undefined : 'tuneId'),
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
	async execute(context, session) {
		if (isReuse(context)) return await runOnTunes(context, session);
		const wait = readWait(context, session);
		return wait.mode !== 'none' && waitsForPictures(context)
			? await trainForPictures(context, session, wait)
			: await makeTunes(context, session, wait, readTrain, PACK_RUN_OPTIONS);
	},
	resume: followedPackTunes,
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
