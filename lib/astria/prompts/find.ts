import { type JsonObject, numberOf, textOf } from '../../json';
import type { Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { CREATED_AT_ROUNDING_MS, LONGEST_PAGE, timeOf } from '../api/entity';
import { type Prompt, PROMPTS, readPrompt } from './prompt';
import type { PromptRequest } from './request';

/** A prompt whose answer was lost, and what is known of it. */
export interface LostPrompt {
	request: PromptRequest;
	/** The seed that sets it apart, where it got one. */
	seed?: number;
	/** Milliseconds since the epoch, by this machine's clock. */
	sentAt: number;
	/** As in an `AstriaCall`. */
	workspace?: string;
}

function agrees(expected: JsonObject, shown: JsonObject, name: string): boolean {
	const sent = textOf(expected[name]);
	return sent === undefined || isSameText(sent, textOf(shown[name]) ?? '');
}

/** Oldest first: of several that are alike, each row gets one, in the order of the rows. */
function oldestFirst(a: Prompt, b: Prompt): number {
	return a.id - b.id;
}

async function expectationOf(
	client: AstriaClient,
	timing: Timing,
	{ request, workspace }: LostPrompt,
): Promise<{ expected: JsonObject; tuneId?: number; original?: number }> {
	const { target, values } = request;
	if (target.kind === 'tune') return { expected: { ...values }, tuneId: target.tuneId };
	const path = `/prompts/${target.promptId}`;
	const original = readPrompt(await client.read({ path, workspace }, timing));
	const { text, video_prompt } = original?.json ?? {};
	const tuneId = numberOf(values.tune_id) ?? original?.tuneId;
	return {
		expected: { text, video_prompt, ...values },
		...(tuneId !== undefined && { tuneId }),
		original: target.promptId,
	};
}

/**
 * Asks Astria whether it has a prompt whose answer was lost: by its tune, its text, its seed and the
 * time at which it was sent.
 *
 * @returns what may be it, in the order in which it was made
 * @throws AstriaAnswerError, ConnectionError
 */
export async function findPrompts(
	client: AstriaClient,
	timing: Timing,
	lost: LostPrompt,
): Promise<Prompt[]> {
	const { expected, tuneId, original } = await expectationOf(client, timing, lost);
	const seed = lost.seed ?? numberOf(expected.seed);
	const since = client.astriaTime(lost.sentAt) - CREATED_AT_ROUNDING_MS;
	const read = client.readerOnce('submit', timing.signal);
	const { workspace } = lost;
	// What was just made is among the newest.
	const page = await PROMPTS.page(read, { filters: { tune_id: tuneId }, workspace }, LONGEST_PAGE);
	return page
		.filter(({ id, json }) => {
			const isOurs = id !== original;
			const inTime = (timeOf(json.created_at) ?? Infinity) >= since;
			const sameSeed = seed === undefined || numberOf(json.seed) === seed;
			return isOurs && inTime && sameSeed;
		})
		.filter(({ json }) => ['text', 'video_prompt'].every((name) => agrees(expected, json, name)))
		.sort(oldestFirst);
}

/** How Astria writes what it fills in from a tune's characteristics, with the blanks around it. */
const PLACEHOLDER = / ?\{\{\w+\}\} ?/;

/**
 * Whether a text consists of these pieces, in their order, with anything between them. The first
 * place of a piece leaves the most for the others, so none is tried twice.
 *
 * @param pieces at least one; a single one has to be the whole text
 */
export function fits(pieces: readonly string[], text: string): boolean {
	const [first = '', ...rest] = pieces;
	const last = rest.pop();
	if (last === undefined) return text === first;
	const end = text.length - last.length;
	if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
	let from = first.length;
	for (const piece of rest) {
		const at = text.indexOf(piece, from);
		if (at < 0 || at + piece.length > end) return false;
		from = at + piece.length;
	}
	return true;
}

/** A form turns line breaks into others. */
function withPlainBlanks(text: string): string {
	return text.trim().replace(/\s+/g, ' ');
}

/**
 * Whether a text is the one that was sent: blanks and line breaks count as one blank, and Astria
 * fills in what stands in double braces.
 */
export function isSameText(sent: string, shown: string): boolean {
	return fits(withPlainBlanks(sent).split(PLACEHOLDER), withPlainBlanks(shown));
}
