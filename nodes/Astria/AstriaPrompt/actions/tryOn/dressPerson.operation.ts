import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { DressDriver, type DressJob } from '../../../../../lib/astria/tryOn/driver';
import { References } from '../../../../../lib/astria/tryOn/references';
import { CatalogLookup, TuneLookup } from '../../../../../lib/astria/models/lookup';
import { TuneDriver } from '../../../../../lib/astria/tunes/driver';
import { TuneWatch } from '../../../../../lib/astria/tunes/watch';
import { DRESS_RUN_OPTIONS } from '../../../../../lib/astria/fields/promptRun';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { dryRows, inRowOrder } from '../../../../shared/dryRun';
import { dryRun } from '../../helpers/dryRun';
import { dressProperties, previewOf, readDressRequest } from '../../helpers/dress';
import { DressPartReader } from '../../helpers/dressParts';
import {
	buyRows,
	itemsOf,
	originOf,
	promptDriver,
	queuedItem,
	withoutWaiting,
} from '../../helpers/makePrompts';
import { promptItems, waitProperties, waits } from '../../helpers/output';
import { readRunOptions } from '../../helpers/run';
import { openTemporary, thenDelete } from '../../helpers/temporaryTunes';

const show = { show: { resource: ['tryOn'], operation: ['dressPerson'] } };

/** Parameters of Dress a Person. */
export const properties: INodeProperties[] = [
	...dressProperties(show),
	...waitProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		DRESS_RUN_OPTIONS,
	),
];

const idsOf = ({ tuneIds }: DressJob) => ({ tuneIds });

/**
 * Dresses the person of every row: registers what is a picture, makes a prompt of it, waits, and
 * hands back the pictures.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const { client, timing } = session;
	const { maxWait, deleteTunes } = readRunOptions(context);
	const parts = new DressPartReader(context, session, new TuneLookup(client, timing));
	const catalog = new CatalogLookup(client, timing);
	const prepare = async (row: number) => await readDressRequest(context, row, parts, catalog);
	const { dry, paid: rows } = dryRows(context, (row) => readRunOptions(context, row).dryRun);
	const preview = async (row: number) => previewOf(await prepare(row));
	const checked = dry.length > 0 ? await dryRun(context, session, preview, dry) : [];
	if (rows.length === 0) return checked;
	const temporary = deleteTunes ? openTemporary(context, session) : undefined;
	const watch = new TuneWatch(client, timing.clock);
	const tunes = new TuneDriver({ client, watch, maxWait });
	const references = new References(tunes, temporary);
	const driver = new DressDriver(promptDriver(context, session), references, temporary);
	const buy = async () =>
		waits(context)
			? await buyRows(context, session, {
					driver,
					rows,
					prepare,
					collect: async (row, job, prompt) => {
						const more = { ...originOf(job), ...idsOf(job) };
						const items = await promptItems(context, session, row, prompt, more);
						const rescued = items.every(({ json }) => json.downloadError === undefined);
						if (rescued) temporary?.release(job.promptId);
						return items;
					},
				})
			: await buyRows(context, session, {
					driver: withoutWaiting(driver),
					rows,
					prepare,
					collect: async (row, job) => await Promise.resolve([queuedItem(row, job, idsOf(job))]),
				});
	const items = temporary
		? await thenDelete(context, session, temporary, buy)
		: itemsOf(context, await buy());
	return inRowOrder([...checked, ...items]);
}
