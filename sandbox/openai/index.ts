import { randomBytes } from 'node:crypto';

import { FaultBook } from '../faults';
import { isRecord, parseJson } from '../json';
import { startServer } from '../server';
import type { RecordedCall, Route, SandboxAnswer, SandboxRequest } from '../types';
import { readChat, writeChat } from './chat';
import { readResponses, writeResponses } from './responses';
import { BadRequest, checkCall, type Reply, type Talk } from './talk';

/** What the scripted model says to a talk. */
export type Script = (talk: Talk) => Reply;

/** A running stand-in for OpenAI. */
export interface StandInOpenAi {
	/** Base URL, as a credential has it. */
	url: string;
	/** The only valid key. */
	key: string;
	/** Every talk so far, as the model was told it. */
	talks: Talk[];
	/** Every call, oldest first. */
	calls: RecordedCall[];
	/** Gives the model its part. Without one it refuses to speak. */
	play(script: Script): void;
	/** Refuses every call with these words, as for a quota that is used up; undefined ends it. */
	refuse(why: string | undefined): void;
	close(): Promise<void>;
}

const KEY = 'sk-sandbox';
const MODELS = ['gpt-6-luna', 'gpt-6-sol'];

/** OpenAI's form of an error (platform.openai.com, Error codes). */
function refusal(status: number, message: string): SandboxAnswer {
	const body = { error: { message, type: 'invalid_request_error', param: null, code: null } };
	return { status, body };
}

/**
 * Starts a stand-in for OpenAI's chat completions and responses, without streaming. It checks
 * requests as OpenAI does, and its model says what a test lets it say.
 */
export async function startOpenAi(): Promise<StandInOpenAi> {
	const talks: Talk[] = [];
	const calls: RecordedCall[] = [];
	let script: Script | undefined;
	let refused: string | undefined;

	type Read = (body: Record<string, unknown>) => Talk;
	type Write = (talk: Talk, reply: Reply, id: string) => object;

	function answer(request: SandboxRequest, read: Read, write: Write): SandboxAnswer {
		if (refused !== undefined) return refusal(429, refused);
		const body = parseJson(request.body.toString());
		if (!isRecord(body)) return refusal(400, 'We could not parse the JSON body of your request.');
		if (body.stream === true) return refusal(400, 'The sandbox does not stream.');
		try {
			const talk = read(body);
			talks.push(talk);
			if (!script) return refusal(400, 'The sandbox has no script.');
			const reply = script(talk);
			checkCall(talk, reply);
			return { status: 200, body: write(talk, reply, randomBytes(12).toString('hex')) };
		} catch (error) {
			if (error instanceof BadRequest) return refusal(400, error.message);
			throw error;
		}
	}

	const routes: Route[] = [
		{
			method: 'POST',
			path: /\/v1\/chat\/completions/,
			handle: (request) => answer(request, readChat, writeChat),
		},
		{
			method: 'POST',
			path: /\/v1\/responses/,
			handle: (request) => answer(request, readResponses, writeResponses),
		},
		{
			method: 'GET',
			path: /\/v1\/models/,
			handle: () => ({
				status: 200,
				body: { object: 'list', data: MODELS.map((id) => ({ id, object: 'model' })) },
			}),
		},
	];
	const server = await startServer({
		service: 'openai',
		routes,
		calls,
		faults: new FaultBook(),
		guard: ({ headers }) =>
			headers.authorization === `Bearer ${KEY}`
				? undefined
				: refusal(401, 'Incorrect API key provided.'),
	});
	return {
		url: `${server.url}/v1`,
		key: KEY,
		talks,
		calls,
		play: (part) => void (script = part),
		refuse: (why) => void (refused = why),
		close: server.close,
	};
}
