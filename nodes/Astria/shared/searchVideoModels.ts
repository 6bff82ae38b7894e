import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { fetchCatalog } from '../../../lib/astria/models/catalog';
import { VIDEO_MODELS } from '../../../lib/astria/fields/promptVideo';
import { openAstria } from './session';

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
