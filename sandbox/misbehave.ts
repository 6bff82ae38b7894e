import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	encodeBody,
	eventText,
	hungUp,
	resetConnection,
	type Rest,
	sendAnswer,
	setHead,
} from './respond';
import type { FaultKind, SandboxAnswer } from './types';

/** How much of a huge body is written at once. */
const PIECE_BYTES = 1024 * 1024;

const BLANK = ' ';

/** A call that waits for its answer. */
export interface PendingCall {
	/** Path and query as they came. */
	url: string;
	/** Lets the service do its work; called once at most. */
	doWork(): Promise<SandboxAnswer>;
	response: ServerResponse;
	/** Aborts when the server closes. */
	closing: AbortSignal;
	/** Waits for the caller, which is no work. */
	rest: Rest;
}

/** Sends the head of an answer that is not a stream, and hands back its body. */
function startBody(response: ServerResponse, answer: SandboxAnswer, minimum = 0): Buffer {
	const { bytes, contentType } = encodeBody(answer.body);
	setHead(response, answer, contentType);
	response.setHeader('Content-Length', Math.max(bytes.length, minimum));
	return bytes;
}

function firstHalf(bytes: Buffer): Buffer {
	return bytes.subarray(0, Math.floor(bytes.length / 2));
}

async function sendCutOff(response: ServerResponse, answer: SandboxAnswer): Promise<void> {
	let bytes: Buffer;
	if (answer.events === undefined) {
		bytes = startBody(response, answer);
	} else {
		const first = await answer.events[Symbol.asyncIterator]().next();
		bytes = first.done === true ? Buffer.alloc(0) : Buffer.from(eventText(first.value));
		setHead(response, answer, 'text/event-stream');
	}
	if (bytes.length === 0) {
		resetConnection(response);
		return;
	}
	const gone = hungUp(response);
	response.write(firstHalf(bytes), () => response.destroy());
	await gone;
}

async function* thenSilence(events: AsyncIterable<unknown>, count: number) {
	let sent = 0;
	if (count > 0) {
		for await (const event of events) {
			yield event;
			sent += 1;
			if (sent >= count) break;
		}
	}
	await new Promise<never>(() => undefined);
}

async function sendStall(
	{ response, rest }: PendingCall,
	answer: SandboxAnswer,
	count: number,
): Promise<void> {
	if (answer.events !== undefined) {
		await sendAnswer(response, { ...answer, events: thenSilence(answer.events, count) }, rest);
		return;
	}
	const bytes = startBody(response, answer);
	// Without a body the head would be the whole answer.
	if (bytes.length > 0) {
		response.flushHeaders();
		response.write(firstHalf(bytes));
	}
	await rest(hungUp(response));
}

/** Milliseconds between two bytes of an answer without an end. */
const TRICKLE_MS = 1;

async function sendTrickle(
	{ response, closing, rest }: PendingCall,
	answer: SandboxAnswer,
): Promise<void> {
	if (answer.events !== undefined) {
		await sendAnswer(response, answer, rest);
		return;
	}
	const { bytes, contentType } = encodeBody(answer.body);
	// Without a length: who waits for the end of this one waits for ever.
	setHead(response, answer, contentType);
	response.flushHeaders();
	for (let at = 0; !response.destroyed; at += 1) {
		response.write(at < bytes.length ? bytes.subarray(at, at + 1) : BLANK);
		await rest(sleep(TRICKLE_MS, undefined, { signal: closing }));
	}
}

async function sendDrip(
	{ response, closing, rest }: PendingCall,
	answer: SandboxAnswer,
	{ pieces, pauseMs }: Extract<FaultKind, { kind: 'drip' }>,
): Promise<void> {
	if (answer.events !== undefined) {
		await sendAnswer(response, answer, rest);
		return;
	}
	const bytes = startBody(response, answer);
	response.flushHeaders();
	const step = Math.max(1, Math.ceil(bytes.length / pieces));
	for (let at = 0; at < bytes.length; at += step) {
		await sleep(pauseMs, undefined, { signal: closing });
		if (response.destroyed) return;
		response.write(bytes.subarray(at, at + step));
	}
	response.end();
}

async function sendHuge(
	{ response, rest }: PendingCall,
	answer: SandboxAnswer,
	size: number,
): Promise<void> {
	if (answer.events !== undefined) {
		await sendAnswer(response, answer, rest);
		return;
	}
	const bytes = startBody(response, answer, size);
	const gone = hungUp(response);
	const padding = Buffer.alloc(PIECE_BYTES, BLANK);
	response.write(bytes);
	for (let left = size - bytes.length; left > 0; left -= PIECE_BYTES) {
		const goesOn = response.write(padding.subarray(0, Math.min(left, PIECE_BYTES)));
		if (!goesOn) await Promise.race([once(response, 'drain'), gone]);
		if (response.destroyed) return;
	}
	response.end();
}

/**
 * Answers a call, rightly without a fault and wrongly with one. Resolves when the answer is out, the
 * caller hung up or the server closes; rejects with what the service or a stopped pause rejects.
 */
export async function answerWith(fault: FaultKind | undefined, call: PendingCall): Promise<void> {
	const { url, doWork, response, closing, rest } = call;
	switch (fault?.kind) {
		case undefined:
			await sendAnswer(response, await doWork(), rest);
			return;
		case 'answer':
			await sendAnswer(response, fault.answer);
			return;
		case 'reset':
			resetConnection(response);
			return;
		case 'answerAfter':
			await doWork();
			await sendAnswer(response, fault.answer);
			return;
		case 'resetAfter':
			await doWork();
			resetConnection(response);
			return;
		case 'cutOff':
			await sendCutOff(response, await doWork());
			return;
		case 'delay': {
			const answer = await doWork();
			await sleep(fault.ms, undefined, { signal: closing });
			await sendAnswer(response, answer, rest);
			return;
		}
		case 'hang':
			await rest(hungUp(response));
			return;
		case 'hangAfter':
			await doWork();
			await rest(hungUp(response));
			return;
		case 'stall':
			await sendStall(call, await doWork(), fault.events ?? 1);
			return;
		case 'trickle':
			await sendTrickle(call, await doWork());
			return;
		case 'drip':
			await sendDrip(call, await doWork(), fault);
			return;
		case 'huge':
			await sendHuge(call, await doWork(), fault.bytes);
			return;
		case 'redirect': {
			const headers = { Location: new URL(url, fault.to).href };
			await sendAnswer(response, { status: fault.status ?? 302, headers });
			return;
		}
		case 'change':
			await sendAnswer(response, fault.change(await doWork()), rest);
			return;
	}
}
