import type { IDataObject } from 'n8n-workflow';

import { DRESS_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { Lookup } from '../../../../../lib/astria/models/catalog';
import { followPrompts } from '../../../../../lib/astria/prompts/driver';
import type { Prompt } from '../../../../../lib/astria/prompts/prompt';
import { DressDriver, type DressJob, reviveTryOn } from '../../../../../lib/astria/tryOn/driver';
import { ReferenceCosts, References } from '../../../../../lib/astria/tryOn/references';
import type { TemporaryTunes } from '../../../../../lib/astria/tryOn/temporary';
import { TuneDriver, TuneWatch } from '../../../../../lib/astria/tunes/driver';
import { JobFailedError } from '../../../../../lib/errors';
import type { Followed } from '../../../../../lib/jobs/follow';
import type { FileStore } from '../../../../../lib/media/download';
import { SECOND_MS } from '../../../../../lib/time';
import { buyAndWait, buyRows, handOut } from '../../../../shared/buyRows';
import type { RowItem } from '../../../../shared/errorRow';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { readRunOptions, withChosenSeed } from '../../../../shared/row';
import { readWait } from '../../../../shared/wait';
import { faceIdLink, tryOnLink } from '../../../shared/links';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';
import {
	dressAddedProperties,
	DressPartReader,
	dressProperties,
	previewOf,
	readDressRequest,
} from '../../helpers/dress';
import { followedItem, promptDriver, promptPlan } from '../../helpers/makePrompts';
import { madePromptOutputs, promptWaitProperties } from '../../helpers/output';
import {
	openTemporary,
	orDelete,
	reopenTemporary,
	settleTemporary,
	thenDelete,
} from '../../helpers/temporaryTunes';

const OF_RUN = {
	maxWait: DRESS_RUN_OPTIONS.maxWait,
	deleteTunes: DRESS_RUN_OPTIONS.deleteTunes,
};

/** What to do where no price is known. A reference that is deleted tells none afterwards. */
const UNPRICED = `Astria tells prices only of prompts and references like those that it has made for you: dress one of these rows without the limit and without '${DRESS_RUN_OPTIONS.deleteTunes.label}', or use '${DRESS_RUN_OPTIONS.maxJobs.label}'.`;

/** Columns of a try-on that is taken. */
const dressColumns = ({ tuneIds }: DressJob): IDataObject => ({ tuneIds });

/**
 * Try-ons that somebody else has bought.
 *
 * @param temporary the tunes that are deleted once nothing needs them any more
 */
function followedTryOns(
	store: FileStore,
	session: AstriaSession,
	temporary: TemporaryTunes | undefined,
): Followed<DressJob, Prompt, RowItem> {
	const prompts = followPrompts(session.client);
	return {
		...prompts,
		driver: {
			...prompts.driver,
			revive: (stored) => {
				const job = reviveTryOn(stored);
				if (job) temporary?.hold(job.promptId, job.tuneIds);
				return job;
			},
		},
		finish: async (job, readIn) => {
			const prompt = prompts.finish(job, readIn);
			prompt.catch((error: unknown) => {
				if (error instanceof JobFailedError) temporary?.release(job.promptId);
			});
			return await prompt;
		},
		collect: async (job, prompt, order) => {
			const item = await followedItem(store, session, job, prompt, order, dressColumns(job));
			if (item.json.downloadError === undefined) temporary?.release(job.promptId);
			return item;
		},
		settle: async (outcomes, settledIn) => {
			if (temporary) await settleTemporary(temporary, settledIn, outcomes);
		},
	};
}

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
		const { maxWait, deleteTunes } = readRunOptions(context, OF_RUN);
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
