import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import type { AstriaClient } from '../../../../lib/astria/api/client';
import { idOf } from '../../../../lib/astria/api/body';
import { LONGEST_PAGE } from '../../../../lib/astria/api/pages';
import { fetchCatalog, orFallback, type PartnerModel } from '../../../../lib/astria/models/catalog';
import { readTunes, tunesPage } from '../../../../lib/astria/tunes/calls';
import { textOf } from '../../../../lib/json';
import { openAstria } from '../../shared/session';

/** The gallery's models of partners, some dozens (Astria's command line, `models`). */
const PARTNERS = { branch: 'partner-1' };

async function others(client: AstriaClient): Promise<PartnerModel[]> {
	const page = readTunes(
		await client.readOnce(tunesPage('gallery', PARTNERS, LONGEST_PAGE), 'result'),
	);
	return page.map((tune) => ({
		name: '',
		tuneId: idOf(tune) ?? 0,
		title: textOf(tune.title) ?? 'Untitled',
		resolutions: [],
	}));
}

/**
 * Finds partner models for n8n's list: those that Astria recommends today, the default first, then
 * all of the gallery.
 */
export async function searchModels(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const { client } = await openAstria(this);
	const { models: known } = await fetchCatalog(client);
	const more = await orFallback(others(client), []);
	const fresh = more.filter(({ tuneId }) => known.every((model) => model.tuneId !== tuneId));
	const wanted = filter.trim().toLowerCase();
	const results = [...known, ...fresh]
		.map(({ tuneId, title }) => ({ name: `${title} (${tuneId})`, value: String(tuneId) }))
		.filter(({ name }) => name.toLowerCase().includes(wanted));
	return { results };
}
