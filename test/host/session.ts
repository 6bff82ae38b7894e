import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { asRecord, parseJson } from './guards';
import type { N8nHost } from './n8n';

/** Who owns the n8n under test. */
export interface Owner {
	email: string;
	firstName: string;
	lastName: string;
	password: string;
}

export const DEFAULT_OWNER: Owner = {
	email: 'owner@example.com',
	firstName: 'Test',
	lastName: 'Owner',
	password: 'Passw0rd123',
};

/** What n8n answered. */
export interface HostAnswer {
	status: number;
	headers: Headers;
	bytes: Buffer;
	/** The parsed body, undefined when it is not JSON. */
	body: unknown;
}

/** No call of n8n's own interface takes this long on a working host. */
const CALL_LIMIT_MS = 60_000;
const QUOTED_LENGTH = 600;
const LOGIN_TRIES = 5;
const LOGIN_PAUSE_MS = 1_000;

/** An error answer of n8n's own interface. */
export class HostError extends Error {
	constructor(
		call: string,
		readonly status: number,
		text: string,
	) {
		super(`${call} answered ${status}: ${text.slice(0, QUOTED_LENGTH)}`);
		this.name = 'HostError';
	}
}

/**
 * One call, whatever its status.
 *
 * @param url the whole address
 * @param limitMs the longest it may take, in ms
 * @throws TypeError when the host cannot be reached, DOMException when it takes too long
 */
export async function call(
	url: string,
	init: RequestInit,
	limitMs = CALL_LIMIT_MS,
): Promise<HostAnswer> {
	const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) });
	const bytes = Buffer.from(await answer.arrayBuffer());
	const body = parseJson(bytes.toString());
	return { status: answer.status, headers: answer.headers, bytes, body };
}

/** A logged-in user of n8n's own interface. */
export class Session {
	private constructor(
		private readonly host: N8nHost,
		readonly owner: Owner,
		private readonly browserId: string,
		private readonly cookie: string,
	) {}

	/**
	 * Makes the owner of a new host, or logs in to one that has that owner.
	 *
	 * @throws HostError when n8n refuses
	 */
	static async open(host: N8nHost, owner: Owner = DEFAULT_OWNER): Promise<Session> {
		// n8n ties the session to this id, as to that of a browser.
		const browserId = randomUUID();
		const setup = await post(host, browserId, '/rest/owner/setup', owner);
		// 400: this host has an owner already.
		if (setup.status !== 400) return Session.accept(host, owner, browserId, setup);
		const known = { emailOrLdapLoginId: owner.email, password: owner.password };
		let login = await post(host, browserId, '/rest/login', known);
		// n8n limits how often one may log in.
		for (let attempt = 1; login.status === 429 && attempt < LOGIN_TRIES; attempt++) {
			await delay(LOGIN_PAUSE_MS);
			login = await post(host, browserId, '/rest/login', known);
		}
		return Session.accept(host, owner, browserId, login);
	}

	private static accept(
		host: N8nHost,
		owner: Owner,
		browserId: string,
		answer: HostAnswer,
	): Session {
		const cookie = answer.headers
			.getSetCookie()
			.map((line) => line.split(';')[0] ?? '')
			.find((pair) => pair.startsWith('n8n-auth='));
		if (cookie) return new Session(host, owner, browserId, cookie);
		throw new HostError('Logging in', answer.status, answer.bytes.toString());
	}

	/**
	 * One call of n8n's own interface.
	 *
	 * @param path from the root, such as `/rest/workflows`
	 * @param body sent as JSON when given
	 * @throws HostError for an error status
	 */
	async ask(method: string, path: string, body?: unknown): Promise<HostAnswer> {
		const headers: Record<string, string> = { cookie: this.cookie, 'browser-id': this.browserId };
		if (body !== undefined) headers['content-type'] = 'application/json';
		const answer = await call(`${this.host.url}${path}`, {
			method,
			headers,
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (answer.status < 400) return answer;
		throw new HostError(`${method} ${path}`, answer.status, answer.bytes.toString());
	}

	/** The same, giving what n8n wraps into `data`. */
	async data(method: string, path: string, body?: unknown): Promise<unknown> {
		return asRecord((await this.ask(method, path, body)).body).data;
	}
}

async function post(
	host: N8nHost,
	browserId: string,
	path: string,
	body: unknown,
): Promise<HostAnswer> {
	return await call(`${host.url}${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'browser-id': browserId },
		body: JSON.stringify(body),
	});
}
