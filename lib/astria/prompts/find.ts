import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { type JsonObject, numberOf, textOf, timeOf } from '../api/json';
import { CREATED_AT_ROUNDING_MS, LONGEST_PAGE } from '../api/pages';
import { promptsPage } from './calls';
import { type AstriaPrompt, readPrompt, readPrompts } from './prompt';
import type { PromptRequest } from './request';
import { isSameText } from './sameText';

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
function oldestFirst(a: AstriaPrompt, b: AstriaPrompt): number {
	return a.id - b.id;
}

/** What the lost prompt must look like, and where it is. */
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
): Promise<AstriaPrompt[]> {
	const { expected, tuneId, original } = await expectationOf(client, timing, lost);
	const seed = lost.seed ?? numberOf(expected.seed);
	// What was just made is among the newest.
	const newest = promptsPage({ tune_id: tuneId }, LONGEST_PAGE);
	const call = { ...newest, workspace: lost.workspace };
	const since = client.astriaTime(lost.sentAt) - CREATED_AT_ROUNDING_MS;
	return readPrompts(await client.readOnce(call, 'submit', timing.signal))
		.filter(({ id, json }) => {
			const isOurs = id !== original;
			const inTime = (timeOf(json.created_at) ?? Infinity) >= since;
			const sameSeed = seed === undefined || numberOf(json.seed) === seed;
			return isOurs && inTime && sameSeed;
		})
		.filter(({ json }) => ['text', 'video_prompt'].every((name) => agrees(expected, json, name)))
		.sort(oldestFirst);
}
