import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { idOf } from '../../../../lib/astria/api/entity';
import {
	type Pack,
	type PackSource,
	packsPage,
	readPacks,
} from '../../../../lib/astria/packs/calls';
import { textOf } from '../../../../lib/json';
import { openAstria } from '../../shared/session';

/** How many packs of each kind the list shows; Astria's list has no filter. */
const SHOWN = 100;

function entryOf(pack: Pack, source: PackSource): INodeListSearchItems {
	const id = idOf(pack) ?? 0;
	const whose = source === 'gallery' ? 'Gallery: ' : '';
	return {
		name: `${whose}${textOf(pack.title) ?? 'Untitled'} (${textOf(pack.slug) ?? id})`,
		value: String(id),
	};
}

/** Finds packs for n8n's list: the account's own, then the public ones, by a part of their title. */
export async function searchPacks(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const { client } = await openAstria(this);
	const wanted = filter?.trim().toLowerCase() ?? '';
	const pages = await Promise.all(
		(['own', 'gallery'] as const).map(async (source) => {
			const answer = await client.readOnce(packsPage(source, {}, SHOWN, 0), 'result');
			return readPacks(answer).map((pack) => entryOf(pack, source));
		}),
	);
	const entries = new Map(pages.flat().map((entry) => [entry.value, entry]));
	return {
		results: [...entries.values()].filter(({ name }) => name.toLowerCase().includes(wanted)),
	};
}
