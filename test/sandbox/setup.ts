import { isRecord, parseJson } from '../../sandbox/json';
import { startSandbox } from '../../sandbox/index';
import type { Sandbox, SandboxOptions } from '../../sandbox/index';
import { smallGarment, smallPerson } from '../engine/pictures';
import { call } from './http';
import type { Seen } from './http';

/** The endpoint the tests submit to. */
export const V16 = 'fal-ai/fashn/tryon/v1.6';

/** Short jobs and small pictures, yet long enough for a busy machine to see every state. */
const QUICK = { jobMs: 200, pickUpMs: 100, pictureSize: { width: 60, height: 90 } };

/** A sandbox with short jobs and two published pictures. */
export interface TestBed {
	sandbox: Sandbox;
	/** An input that succeeds. */
	input: { model_image: string; garment_image: string };
}

/** Starts a sandbox for a test. */
export async function startTestBed(options: SandboxOptions = {}): Promise<TestBed> {
	const sandbox = await startSandbox({ ...options, fal: { ...QUICK, ...options.fal } });
	const model = sandbox.media.publish(await smallPerson(0), 'image/jpeg');
	const garment = sandbox.media.publish(await smallGarment(0), 'image/png');
	return { sandbox, input: { model_image: model, garment_image: garment } };
}

/** Reads a body as a JSON object; an empty one when it is something else. */
export function recordOf(text: string): Record<string, unknown> {
	const value = parseJson(text);
	return isRecord(value) ? value : {};
}

/** One call as a plain caller sees it, the body read as JSON when it is an object. */
export interface Reply extends Seen {
	json: Record<string, unknown>;
}

/** Calls the stand-in fal with its key. */
export async function falCall(
	sandbox: Sandbox,
	method: string,
	path: string,
	body?: unknown,
	headers: Record<string, string> = {},
): Promise<Reply> {
	const url = path.startsWith('http') ? path : sandbox.fal.url + path;
	const seen = await call(url, {
		method,
		headers: { Authorization: `Key ${sandbox.fal.key}`, ...headers },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	return { ...seen, json: recordOf(seen.text) };
}

/** Submits and returns the request's id. */
export async function submitJob(
	sandbox: Sandbox,
	input: unknown,
	headers: Record<string, string> = {},
	query = '',
): Promise<string> {
	const reply = await falCall(sandbox, 'POST', `/${V16}${query}`, input, headers);
	if (typeof reply.json.request_id !== 'string') throw new Error(`Not accepted: ${reply.text}`);
	return reply.json.request_id;
}

const PATIENCE_MS = 10_000;
const PAUSE_MS = 10;

/** Looks again and again until something is there. */
export async function eventually<T>(
	look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
	const deadline = Date.now() + PATIENCE_MS;
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		if (Date.now() > deadline) throw new Error('It never came');
		await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
	}
}

/** The address of a request, under its application. */
export function requestPath(id: string): string {
	return `/fal-ai/fashn/requests/${id}`;
}

/** Waits until a request is COMPLETED and returns its last status. */
export function completed(sandbox: Sandbox, id: string): Promise<Reply> {
	return eventually(async () => {
		const reply = await falCall(sandbox, 'GET', `${requestPath(id)}/status?logs=1`);
		return reply.json.status === 'COMPLETED' ? reply : undefined;
	});
}

/** Submits, waits, and returns the answer of the result call. */
export async function runJob(sandbox: Sandbox, input: unknown): Promise<Reply> {
	const id = await submitJob(sandbox, input);
	await completed(sandbox, id);
	return await falCall(sandbox, 'GET', requestPath(id));
}

/** The entries of a model error. */
export function details({ json }: Reply): Array<Record<string, unknown>> {
	return Array.isArray(json.detail) ? json.detail.filter(isRecord) : [];
}

/** The pictures of a result. */
export function images({ json }: Reply): Array<Record<string, unknown>> {
	return Array.isArray(json.images) ? json.images.filter(isRecord) : [];
}
