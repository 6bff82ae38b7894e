import type { OperationPage } from '../../../../shared/operation';
import { readWait } from '../../../../shared/wait';
import type { AstriaOperation } from '../../../shared/session';
import { makeTunes } from '../../helpers/makeTunes';
import { readTuneRequest } from '../../helpers/request';
import { createTune, createTunePage } from './create.operation';

/** Takes a tune that is there already for each group of rows, or makes one as Create does. */
export const createOrReuseTune: AstriaOperation = {
	name: 'Create or Reuse',
	value: 'createOrReuse',
	action: 'Create or reuse tune',
	description:
		'Take the tune of your account with the same title and model type, or train one if there is none. A tune that is taken stays as it is: prompts, callback and characteristics are for a new one.',
	buys: () => 'tuneId',
	properties: createTune.properties,
	async execute(context, session) {
		return await makeTunes(context, session, readWait(context, session), async (...rows) => ({
			...(await readTuneRequest(...rows)),
			orReuse: true,
		}));
	},
	resume: createTune.resume,
};

export const createOrReuseTunePage: OperationPage = createTunePage;
