import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { type Prompt, PROMPTS } from '../../../../lib/astria/prompts/prompt';
import { numberOf, textOf } from '../../../../lib/json';
import { openAstria } from '../../shared/session';

/** How many prompts the list shows at a time. */
const PAGE = 30;

/** Letters of a prompt's text that the list shows. */
const LETTERS = 60;

function entryOf({ id, json }: Prompt): INodeListSearchItems {
	const text = textOf(json.text) ?? textOf(json.video_prompt) ?? 'Without a text';
	const short = text.length > LETTERS ? `${text.slice(0, LETTERS)}…` : text;
	return { name: `${short} (${id})`, value: String(id) };
}

/** Finds prompts of the account for n8n's list, newest first, by a part of their text. */
export async function searchPrompts(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const { client } = await openAstria(this);
	const text = filter?.trim() === '' ? undefined : filter?.trim();
	const beforeId = numberOf(paginationToken);
	const read = client.readerOnce('result');
	const page = await PROMPTS.page(read, { filters: { text } }, PAGE, beforeId);
	const last = page.length < PAGE ? undefined : page.at(-1)?.id;
	return {
		results: page.map(entryOf),
		...(last !== undefined && { paginationToken: String(last) }),
	};
}
