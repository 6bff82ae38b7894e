import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import type { AstriaClient } from '../../../lib/astria/api/client';
import { idOf } from '../../../lib/astria/api/entity';
import { isGone } from '../../../lib/astria/api/errors';
import { VIDEO_MODELS } from '../../../lib/astria/fields/promptVideo';
import { fetchCatalog } from '../../../lib/astria/models/catalog';
import { readTune, type Tune, TUNES, type TuneSource } from '../../../lib/astria/tunes/tune';
import { toTryOnError } from '../../../lib/errors';
import { textOf } from '../../../lib/json';
import { openAstria } from './session';

/** How many tunes of each kind the list shows at a time. */
const PAGE = 30;

/** Where the list goes on: the account's tunes come first, then the public ones. */
interface Place {
	source: TuneSource;
	beforeId?: number;
}

const PLACE = /^(own|gallery):(\d*)$/;

function readPlace(token: string | undefined): Place {
	const [, source, id = ''] = PLACE.exec(token ?? '') ?? [];
	return {
		source: source === 'gallery' ? 'gallery' : 'own',
		...(id !== '' && { beforeId: Number(id) }),
	};
}

function entryOf(tune: Tune, source: TuneSource): INodeListSearchItems {
	const id = idOf(tune) ?? 0;
	const about = [textOf(tune.name), textOf(tune.model_type), textOf(tune.branch), String(id)];
	const words = about.filter((word) => word !== undefined).join(', ');
	const whose = source === 'gallery' ? 'Gallery: ' : '';
	return {
		name: `${whose}${textOf(tune.title) ?? 'Untitled'} (${words})`,
		value: String(id),
	};
}

/** A number may be the id of a tune that no list shows. */
async function byId(client: AstriaClient, filter: string | undefined): Promise<Tune | undefined> {
	if (!/^\d+$/.test(filter ?? '')) return undefined;
	const tune = client.readOnce({ path: `/tunes/${filter}` }, 'result');
	return await tune.then(readTune, (error: unknown) => {
		// A number that is no id may still be part of a title.
		if (isGone(error)) return undefined;
		return Promise.reject(toTryOnError(error, 'result'));
	});
}

async function pageOf(
	client: AstriaClient,
	{ source, beforeId }: Place,
	title: string | undefined,
): Promise<INodeListSearchResult> {
	const read = client.readerOnce('result');
	const page = await TUNES[source].page(read, { filters: { title } }, PAGE, beforeId);
	const last = page.length < PAGE ? undefined : idOf(page.at(-1));
	const next =
		last === undefined ? (source === 'own' ? 'gallery:' : undefined) : `${source}:${last}`;
	return { results: page.map((tune) => entryOf(tune, source)), paginationToken: next };
}

/**
 * Finds tunes for n8n's list: the account's own, then those of the gallery, by a part of their
 * title or by their id.
 */
export async function searchTunes(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const { client } = await openAstria(this);
	const title = filter?.trim() === '' ? undefined : filter?.trim();
	const place = readPlace(paginationToken);
	const found = await pageOf(client, place, title);
	// An empty page would end the list in the editor, so the gallery follows at once.
	const goesOn = found.results.length === 0 && found.paginationToken !== undefined;
	const { results, paginationToken: next } = goesOn
		? await pageOf(client, readPlace(found.paginationToken), title)
		: found;
	const exact = paginationToken === undefined ? await byId(client, title) : undefined;
	const first = exact ? [entryOf(exact, 'own')] : [];
	const others = results.filter(({ value }) => value !== first[0]?.value);
	return { results: [...first, ...others], paginationToken: next };
}

/**
 * Finds video models for n8n's list: those that Astria recommends today, then the documented ones.
 */
export async function searchVideoModels(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const { client } = await openAstria(this);
	const { videoModels } = await fetchCatalog(client);
	const entries = new Map<string, INodeListSearchItems>();
	for (const { name, label } of videoModels) entries.set(name, { name: label, value: name });
	for (const [value, { label, help }] of Object.entries(VIDEO_MODELS)) {
		if (!entries.has(value)) entries.set(value, { name: label, value, description: help });
	}
	const wanted = filter.trim().toLowerCase();
	const results = [...entries.values()].filter(({ name, value }) =>
		`${name} ${value}`.toLowerCase().includes(wanted),
	);
	return { results };
}
