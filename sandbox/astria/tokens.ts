import type { GalleryTune } from './catalog';
import { numberOf, textOf } from './fields';
import type { Fields } from './fields';
import type { Store, Tune } from './store';

/** Which rules a prompt is held to. */
export type Family = 'flux' | 'sd' | 'partner';

/** The classes that stand for a human being. */
export const HUMAN_CLASSES: readonly string[] = [
	'man',
	'woman',
	'boy',
	'girl',
	'child',
	'baby',
	'person',
	'couple',
];

/** `<faceid:123:1>`; a name may stand for the id, and without a weight it is no token. */
const TOKEN = /<(?:lora|faceid):([^>:]+):[\d.]+>/g;

/** How many base tunes are followed before giving up on a loop. */
const MAX_BASES = 5;

/** Whether a text uses a fine-tuned model or reference at all. */
export function hasToken(text: string): boolean {
	return new RegExp(TOKEN.source).test(text);
}

/** The tunes that a text refers to, in its order; tokens of unknown tunes are passed over. */
export function referencedTunes(store: Store, text: string): Tune[] {
	const found: Tune[] = [];
	for (const [, name = ''] of text.matchAll(TOKEN)) {
		const byId = store.tunes.get(Number(name));
		const tune = byId ?? [...store.tunes.values()].find(({ fields }) => fields.token === name);
		if (tune !== undefined && !found.includes(tune)) found.push(tune);
	}
	return found;
}

/** The gallery model that a tune is, or was made on. */
export function baseModel(store: Store, tune: Tune): GalleryTune | undefined {
	let current: Tune | undefined = tune;
	for (let step = 0; step < MAX_BASES && current !== undefined; step += 1) {
		if (current.gallery !== undefined) return current.gallery;
		current = store.tunes.get(numberOf(current.fields, 'base_tune_id') ?? 0);
	}
	return undefined;
}

/** A mock tune (`branch=fast`) counts as the model it was made on; alone it is SD. */
export function familyOf(store: Store, tune: Tune): Family {
	const own = textOf(tune.fields, 'branch');
	const branch = own === 'fast' ? baseModel(store, tune)?.branch : own;
	if (branch === 'gemini-2' || branch === 'partner-1') return 'partner';
	return branch?.startsWith('flux') === true ? 'flux' : 'sd';
}

/** Everything that a prompt says, in its text and in its video prompt. */
export function wordsOf(fields: Fields): string {
	return [textOf(fields, 'text'), textOf(fields, 'video_prompt')].filter(Boolean).join('\n');
}

/** Fills `{{eye_color}}` from the tunes' characteristics; unknown names stay as they are. */
export function fillIn(text: string, tunes: Tune[]): string {
	const known = Object.fromEntries(
		tunes.flatMap(({ characteristics }) => Object.entries(characteristics)),
	);
	return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => known[name] ?? whole);
}
