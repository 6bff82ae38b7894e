import { TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { Column, OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT } from '../../../../shared/row';
import { readWait, waitingOutput } from '../../../../shared/wait';
import { astriaLink, createTuneLink, faceIdLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { groupsProperty } from '../../helpers/groups';
import { followedTunes, makeTunes, tuneWaitProperties } from '../../helpers/makeTunes';
import { MADE_COLUMNS } from '../../helpers/output';
import { promptsProperties, readTuneRequest, tuneProperties } from '../../helpers/request';

/** Makes a tune of each group of rows, and waits for its training. */
export const createTune: AstriaOperation = {
	name: 'Create',
	value: 'create',
	action: 'Create tune',
	description: 'Train a tune, or register a garment or a face, from pictures',
	buys: () => 'tuneId',
	properties: [
		...tuneProperties,
		groupsProperty,
		...tuneWaitProperties,
		simplifyProperty,
		...promptsProperties,
		optionsCollection(TUNE_RUN_OPTIONS),
	],
	async execute(context, session) {
		return await makeTunes(context, session, readWait(context, session), readTuneRequest);
	},
	resume: (_context, session) => followedTunes(session),
};

const WARNING: Column = {
	meaning: 'Only when a tune was reused whose row has *Prompts*: they were not made',
	optional: true,
};

export const createTunePage: OperationPage = () => ({
	outputs: [
		{ columns: { ...TUNE_COLUMNS, ...MADE_COLUMNS, warning: WARNING } },
		RAW_OUTPUT,
		waitingOutput({ tuneId: TUNE_COLUMNS.tuneId }),
		INPUT_OUTPUT,
	],
	links: [createTuneLink(), astriaLink('Flux', 'api/flux-api'), faceIdLink()],
});
