import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import type { AstriaClient } from '../../../../lib/astria/api/client';
import { idOf, LONGEST_PAGE } from '../../../../lib/astria/api/entity';
import { fetchCatalog, orFallback, type PartnerModel } from '../../../../lib/astria/models/catalog';
import { TUNES } from '../../../../lib/astria/tunes/tune';
import { textOf } from '../../../../lib/json';
import { openAstria } from '../../shared/session';

/** The gallery's models of partners, some dozens (Astria's command line, `models`). */
const PARTNERS = { branch: 'partner-1' };

async function others(client: AstriaClient): Promise<PartnerModel[]> {
	const read = client.readerOnce('result');
	const page = await TUNES.gallery.page(read, { filters: PARTNERS }, LONGEST_PAGE);
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
