import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import {
	PACK_RUN_FIELDS,
	PACK_TRAIN_FIELDS,
	PACK_RUN_OPTIONS,
} from '../../../../../lib/astria/fields/tune';
import {
	PackRunDriver,
	type PackRunJob,
	type PackRunRequest,
} from '../../../../../lib/astria/packs/run';
import { readValues } from '../../../../../lib/fields/values';
import { oncePer } from '../../../../../lib/jobs/retry';
import { withoutUndefined as known } from '../../../../../lib/json';
import { SECOND_MS } from '../../../../../lib/time';
import { checkCallback } from '../../../../../lib/url';
import { asTaken, buyRows, itemsOf } from '../../../../shared/buyRows';
import type { RowItem } from '../../../../shared/errorRow';
import { optionsCollection, tableProperties } from '../../../../shared/fieldProperty';
import { type Columns, type OperationPage, shownWhen } from '../../../../shared/operation';
import { readOutputOptions } from '../../../../shared/pictures';
import { collectionReader, INPUT_OUTPUT } from '../../../../shared/row';
import { waitingOutput } from '../../../../shared/waitByCallback';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import {
	COST_COLUMNS,
	RAW_OUTPUT,
	RECOVERED,
	simplifyProperty,
	TUNE_COLUMNS,
} from '../../../shared/output';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';
import { groupsProperty } from '../../helpers/groups';
import { followedTunes, makeTunes, tuneWaitProperties } from '../../helpers/makeTunes';
import { MADE_COLUMNS } from '../../helpers/output';
import {
	packItems,
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
	const packOf = oncePer((row: number) => thePack.read(context, row));
	const plan = {
		driver: new PackRunDriver(session.client, isWaiting),
		limits,
		countLimit: PACK_RUN_OPTIONS.maxJobs,
		prepare: async ([row = 0]: readonly number[]) => {
			// An expression of the output that fails is found before anything is paid.
			if (isWaiting) readOutputOptions(context, row);
			const request = await readReuse(context, row, packOf(row));
			const { label } = PACK_RUN_FIELDS.prompts_callback;
			checkCallback(label, request.fields.prompts_callback, session.address);
			return request;
		},
	};
	if (!isWaiting) {
		const bought = await buyRows<PackRunRequest, PackRunJob, PackRunJob>(context, session, {
			...plan,
			finish: asTaken,
			collect: async (row, job) => [idsItem(packOf(row), job)],
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
export const createTuneFromPack: AstriaOperation = {
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
			simplifyProperty,
		]),
		...shownWhen({ mode: ['reuse'] }, [tunesProperty, ...pictureProperties]),
		...packAddedProperties,
		optionsCollection(PACK_RUN_OPTIONS),
	],
	async execute(context, session) {
		return isReuse(context)
			? await runOnTunes(context, session)
			: await makeTunes(context, session, readTrain, PACK_RUN_OPTIONS.maxJobs);
	},
	resume: (_context, session) => followedTunes(session),
};

export const createTuneFromPackPage: OperationPage = () => ({
	outputs: [
		{ columns: { ...TUNE_COLUMNS, ...MADE_COLUMNS } },
		RAW_OUTPUT,
		waitingOutput({ tuneId: TUNE_COLUMNS.tuneId }),
		{ when: 'with *Mode* set to *Use Existing Tunes*', columns: RUN_COLUMNS },
		{
			when: 'with *Wait for Pictures*',
			columns: {
				...packPictureColumns(),
				packId: RUN_COLUMNS.packId,
				tuneIds: RUN_COLUMNS.tuneIds,
				orderId: RUN_COLUMNS.orderId,
				recovered: RECOVERED,
			},
		},
		INPUT_OUTPUT,
	],
	links: [astriaLink('create a tune from a pack', 'api/pack/tunes/create')],
});
