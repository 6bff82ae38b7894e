import { DRESS_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { Lookup } from '../../../../../lib/astria/models/catalog';
import { ReferenceCosts } from '../../../../../lib/astria/tryOn/cost';
import { DressDriver } from '../../../../../lib/astria/tryOn/driver';
import { References } from '../../../../../lib/astria/tryOn/references';
import { TuneDriver, TuneWatch } from '../../../../../lib/astria/tunes/driver';
import { readValues } from '../../../../../lib/fields/values';
import { SECOND_MS } from '../../../../../lib/time';
import { buyAndWait, buyRows, handOut } from '../../../../shared/buyRows';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { collectionReader, withChosenSeed } from '../../../../shared/row';
import { readWait } from '../../../../shared/wait';
import { faceIdLink, tryOnLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import {
	dressAddedProperties,
	dressColumns,
	dressProperties,
	followedTryOns,
	previewOf,
	readDressRequest,
} from '../../helpers/dress';
import { DressPartReader } from '../../helpers/dressParts';
import { promptDriver, promptPlan } from '../../helpers/makePrompts';
import { madePromptOutputs, promptWaitProperties } from '../../helpers/output';
import { openTemporary, orDelete, reopenTemporary, thenDelete } from '../../helpers/temporaryTunes';

const OF_RUN = {
	maxWait: DRESS_RUN_OPTIONS.maxWait,
	deleteTunes: DRESS_RUN_OPTIONS.deleteTunes,
};

/** What to do where no price is known. A reference that is deleted tells none afterwards. */
const UNPRICED = `Astria tells prices only of prompts and references like those that it has made for you: dress one of these rows without the limit and without '${DRESS_RUN_OPTIONS.deleteTunes.label}', or use '${DRESS_RUN_OPTIONS.maxJobs.label}'.`;

/**
 * Dresses the person of every row: registers what is a picture, makes a prompt of it, waits, and
 * hands back the pictures.
 */
export const dressPerson: AstriaOperation = {
	name: 'Dress a Person',
	value: 'dressPerson',
	action: 'Dress person',
	description: 'Put garments on a person: from pictures, or from tunes',
	buys: () => 'promptId',
	properties: [
		...dressProperties,
		...promptWaitProperties,
		...dressAddedProperties,
		optionsCollection(DRESS_RUN_OPTIONS),
	],
	async execute(context, session) {
		const wait = readWait(context, session);
		const { client, timing } = session;
		const parts = new DressPartReader(context, session, new Lookup(client, timing));
		const { maxWait, deleteTunes } = readValues(OF_RUN, collectionReader(context, 0, 'options'));
		const temporary = deleteTunes === true ? openTemporary(context, session) : undefined;
		const watch = new TuneWatch(client, timing.clock);
		const tunes = new TuneDriver({ client, watch, maxWaitMs: maxWait * SECOND_MS });
		const prompts = promptDriver(context, session, wait.callback?.address);
		const references = new ReferenceCosts(client, timing, temporary?.mark);
		const plan = promptPlan(context, session, wait.callback !== undefined, {
			driver: new DressDriver(prompts, new References(tunes, temporary), temporary),
			read: async (row) =>
				withChosenSeed(context, row, await readDressRequest(context, row, parts)),
			preview: previewOf,
			besides: async (request) => await references.costOf(request),
			unpriced: UNPRICED,
			columns: dressColumns,
			onDelivered: ({ promptId }, items) => {
				const rescued = items.every(({ json }) => json.downloadError === undefined);
				if (rescued) temporary?.release(promptId);
			},
			followed: () => followedTryOns(context, session, temporary),
		});
		if (!temporary) return await buyAndWait(context, session, wait, plan);
		const buy = async () => await buyRows(context, session, wait, plan);
		if (!wait.callback) {
			return await thenDelete(context, session, temporary, async () => (await buy()).bought);
		}
		const ordered = await orDelete(context, session, temporary, buy);
		return await handOut(context, session, wait, plan, ordered);
	},
	resume: (context, session) => followedTryOns(context, session, reopenTemporary(context, session)),
};

export const dressPersonPage: OperationPage = () => ({
	outputs: madePromptOutputs({
		tuneIds: { meaning: 'Ids of the tunes of the person and the garments' },
		tunesDeleted: {
			meaning: 'Whether the temporary tunes are gone, with *Delete Temporary Tunes*',
			optional: true,
		},
		tunesNotDeleted: { meaning: 'Those that are not, by their ids', optional: true },
	}),
	links: [tryOnLink(), faceIdLink()],
});
