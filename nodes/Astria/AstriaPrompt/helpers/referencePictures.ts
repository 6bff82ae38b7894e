import type { IDataObject } from 'n8n-workflow';

import { isGone } from '../../../../lib/astria/api/errors';
import { addressesOf, textOf } from '../../../../lib/astria/api/json';
import type { TuneLookup } from '../../../../lib/astria/models/lookup';
import { referencesOf } from '../../../../lib/astria/prompts/output';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import { toTryOnError } from '../../../../lib/errors';
import type { Columns } from '../../../shared/operation';

/** What is told of the tunes that a prompt's text names. */
export const REFERENCE_COLUMNS = {
	referenceTitles: { meaning: 'Titles of the tunes that the text names and Astria still has' },
	referenceImages: { meaning: 'Addresses of the pictures that these were made from' },
	referenceError: { meaning: 'Why one could not be looked up; only then', optional: true },
} as const satisfies Columns;

/** Tunes are deleted 30 days after their training, and temporary ones by Dress a Person. */
async function lookUp(tune: Promise<Tune>): Promise<{ tune?: Tune; trouble?: string }> {
	try {
		return { tune: await tune };
	} catch (error) {
		return isGone(error) ? {} : { trouble: toTryOnError(error, 'result').message };
	}
}

/** Looks up what a prompt was made from; trouble with it is told beside what the list shows. */
export async function referenceColumns(
	lookup: TuneLookup,
	prompt: AstriaPrompt,
): Promise<IDataObject> {
	const asked = referencesOf(prompt).map(async (id) => await lookUp(lookup.get(id)));
	const found = await Promise.all(asked);
	const tunes = found.map(({ tune }) => tune).filter((tune) => tune !== undefined);
	const [referenceError] = found.flatMap(({ trouble }) => trouble ?? []);
	return {
		referenceTitles: tunes.flatMap(({ title }) => textOf(title) ?? []),
		referenceImages: tunes.flatMap(({ orig_images: images }) => addressesOf(images)),
		...(referenceError !== undefined && { referenceError }),
	};
}
