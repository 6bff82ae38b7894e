import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { type Pack, packOutput } from '../../../../lib/astria/packs/calls';
import { type Tune, tuneOutput } from '../../../../lib/astria/tunes/tune';
import type { Columns } from '../../../shared/operation';
import { asData, isSimple, RECOVERED } from '../../shared/output';
import type { AstriaSession } from '../../shared/session';

/** What tells how a tune came to be. */
export const MADE_COLUMNS = {
	reused: { meaning: 'Whether a tune that was there already was taken in place of a new one' },
	recovered: RECOVERED,
} as const satisfies Columns;

/** What tells a pack. */
export const PACK_COLUMNS = {
	packId: { meaning: "The pack's id at Astria" },
	slug: { meaning: 'Its name in addresses' },
	title: { meaning: 'Its title' },
	subtitle: { meaning: 'Its second line, where there is one', optional: true },
	modelType: {
		meaning: 'The kind of tunes that it makes, where Astria tells it',
		optional: true,
	},
	baseTuneId: { meaning: 'The tune that it runs on, where Astria tells it', optional: true },
	name: { meaning: 'Its main class, where Astria tells it', optional: true },
	classes: { meaning: 'Classes that it knows' },
	costs: { meaning: 'What a run costs, in US dollars, by class' },
	promptIds: { meaning: 'Ids of its prompts, where Astria tells them', optional: true },
	publicAt: { meaning: 'When it was published, where it was', optional: true },
} as const satisfies Columns;

/** The columns of a tune, or all that Astria says. */
export function columnsOfTune(
	{ client, timing }: AstriaSession,
	tune: Tune,
	simple: boolean,
): IDataObject {
	return simple ? { ...tuneOutput(tune, client.astriaTime(timing.clock.now())) } : asData(tune);
}

/** The same, as the row wants them. */
export function tuneColumns(
	context: IExecuteFunctions,
	session: AstriaSession,
	row: number,
	tune: Tune,
): IDataObject {
	return columnsOfTune(session, tune, isSimple(context, row));
}

/** The columns of a pack, as the row wants them. */
export function packColumns(context: IExecuteFunctions, row: number, pack: Pack): IDataObject {
	return isSimple(context, row) ? { ...packOutput(pack) } : asData(pack);
}
