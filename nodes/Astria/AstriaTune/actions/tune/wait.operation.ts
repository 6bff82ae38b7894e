import { TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { TuneWatch } from '../../../../../lib/astria/tunes/driver';
import { readValues } from '../../../../../lib/fields/values';
import { SECOND_MS } from '../../../../../lib/time';
import { eachRow } from '../../../../shared/eachRow';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { collectionReader, INPUT_OUTPUT } from '../../../../shared/row';
import { theTune, tuneTo } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { tuneColumns } from '../../helpers/output';

const { includeInputFields, jobsInFlight, maxWait } = TUNE_RUN_OPTIONS;
const OPTIONS = { includeInputFields, jobsInFlight, maxWait };

/** Waits for tunes that are in training, all with one list call. */
export const waitForTune: AstriaOperation = {
	name: 'Wait Until Trained',
	value: 'wait',
	action: 'Wait until tune is trained',
	description: 'Wait for a training that was started before',
	properties: [
		...tuneTo('wait for: one of your account'),
		simplifyProperty,
		optionsCollection(OPTIONS),
	],
	async execute(context, session) {
		const { client, timing } = session;
		const options = readValues(OPTIONS, collectionReader(context, 0, 'options'));
		const watch = new TuneWatch(client, timing.clock);
		const maxWaitMs = options.maxWait * SECOND_MS;
		return await eachRow(
			context,
			session,
			async (row, signal) => {
				const tune = await theTune.using(context, row, async (id) =>
					watch.untilTrained({ id, maxWaitMs, charged: 'no' }, { ...timing, signal }),
				);
				return [{ json: tuneColumns(context, session, row, tune) }];
			},
			{ atOnce: options.jobsInFlight },
		);
	},
};

export const waitForTunePage: OperationPage = () => ({
	outputs: [{ columns: TUNE_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [astriaLink('retrieve a tune', 'api/tune/retrieve')],
});
