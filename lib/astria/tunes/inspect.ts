import { isObject, type JsonObject, textOf } from '../../json';
import type { Picture } from '../../media/picture';
import { mayPass, type Timing, withRetries } from '../../time';
import { type AstriaClient, filePart, pauseAfter } from '../api/client';
import { unreadableAnswer } from '../api/errors';

/** What Astria saw in a picture. Any of its fields may be missing. */
export type Inspection = JsonObject;

/** Milliseconds between tries; an inspection buys nothing, so it may be repeated. */
const PAUSES_MS = [1_000, 2_000, 4_000];

/**
 * Fields of an inspection that describe the subject, in words (docs.astria.ai, Inspect an image).
 * `name` is the class and no characteristic.
 */
const DESCRIPTIONS = [
	'age',
	'body_type',
	'ethnicity',
	'eye_color',
	'facial_hair',
	'glasses',
	'hair_color',
	'hair_length',
	'hair_style',
	'headcover',
	'is_bald',
] as const;

/** Fields that speak against a picture for training, and what they mean. */
const OBJECTIONS: Readonly<Record<string, string>> = {
	blurry: 'is blurry',
	funny_face: 'shows a funny face',
	includes_multiple_people: 'shows several people',
	low_quality: 'is of low quality',
	low_resolution: 'is too small',
	wearing_hat: 'shows a hat',
	wearing_sunglasses: 'shows sunglasses',
};

/** Astria's words for "there is none", beside the empty one. */
const NONE = new Set(['', 'none']);

/**
 * Lets Astria look at a picture.
 *
 * @param name class of what it shows
 * @param picture a file, or a web address
 * @throws AstriaAnswerError, ConnectionError
 */
export async function inspect(
	client: AstriaClient,
	timing: Timing,
	name: string,
	picture: Picture,
): Promise<Inspection> {
	const what =
		picture.kind === 'file' ? { file: filePart(picture) } : { file_url: picture.address };
	const answer = await withRetries(
		timing,
		{ pausesMs: PAUSES_MS, again: mayPass, pauseFor: pauseAfter },
		async () =>
			await client.call({
				method: 'POST',
				path: '/images/inspect',
				body: { name, ...what },
				asForm: true,
				stage: 'result',
				signal: timing.signal,
			}),
	);
	if (!isObject(answer)) throw unreadableAnswer('description of the picture');
	return answer;
}

/** What speaks against a picture for training, each a piece of a sentence; empty for a good one. */
export function objectionsTo(inspection: Inspection): string[] {
	return Object.entries(OBJECTIONS)
		.filter(([field]) => inspection[field] === true)
		.map(([, words]) => words);
}

/** One word for what most pictures say; a word of "none" counts, and a tie goes to the first. */
function majority(votes: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
	const most = Math.max(0, ...counts.values());
	return [...counts].find(([, count]) => count === most)?.[0] ?? '';
}

/**
 * Makes one description of many inspections of the same subject, by majority, as Astria advises
 * (docs.astria.ai, Inspect an image). Pictures that are no good for training have no vote, unless
 * none is good.
 *
 * @returns what goes into a tune's `characteristics`; without what most pictures do not show
 */
export function characteristicsOf(inspections: readonly Inspection[]): Record<string, string> {
	const good = inspections.filter((inspection) => objectionsTo(inspection).length === 0);
	const voters = good.length > 0 ? good : inspections;
	const entries = DESCRIPTIONS.map((field): [string, string] => {
		const votes = voters
			.filter((inspection) => typeof inspection[field] === 'string')
			.map((inspection) => textOf(inspection[field])?.trim() ?? '')
			.map((vote) => (NONE.has(vote.toLowerCase()) ? '' : vote));
		return [field, majority(votes)];
	});
	return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
