import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { CLI_MODELS } from './catalog';
import { dated } from './clock';
import { decode } from './decode';
import type { Decoded } from './decode';
import type { Problems } from './fields';
import { BadParams, isTree } from './params';
import type { ParamTree } from './params';
import type { World } from './world';

/** Whose tunes and prompts a call is about: a workspace's, the personal ones (null), or all. */
export type Scope = number | null | 'all';

/** One call that was let in. */
export interface Call {
	world: World;
	request: SandboxRequest;
	groups: Record<string, string>;
	scope: Scope;
	read: () => Promise<Decoded>;
}

/** What answers at one address. */
type Handler = (call: Call) => SandboxAnswer | Promise<SandboxAnswer>;

/** Thrown by a handler to end the call with this answer. */
export class Refused extends Error {
	constructor(readonly answer: SandboxAnswer) {
		super(`refused with ${answer.status}`);
	}
}

/** What Rails answers for an unknown address, and for what is gone or somebody else's. */
export const NOT_FOUND: SandboxAnswer = { status: 404, body: { status: 404, error: 'Not Found' } };

const BAD_REQUEST: SandboxAnswer = { status: 400, body: { status: 400, error: 'Bad Request' } };

/** Names that HTTP libraries give themselves; Cloudflare turns them away. `curl` is let in. */
const LIBRARY_AGENTS =
	/^(axios|node|undici|node-fetch|got|python-urllib|python-requests|aiohttp|go-http-client|okhttp|java|libwww-perl)\b/i;

/** The model list is open to everybody. */
const WITHOUT_KEY = /^\/cli\/models(\.json)?$/;

/** A 422 answer in the shape of Rails: the problems by field. */
export function unprocessable(problems: Problems): Refused {
	return new Refused({ status: 422, body: problems });
}

/** Ends the call when anything is wrong. */
export function refuseIfAny(problems: Problems): void {
	if (Object.keys(problems).length > 0) throw unprocessable(problems);
}

/** The same, to be thrown. */
export function notFound(): Refused {
	return new Refused(NOT_FOUND);
}

/** How a DELETE answers that has done its work. @param body what the documentation answers with */
export function deleted({ settings }: World, body?: unknown): SandboxAnswer {
	return settings.deleteAnswer === 'empty' ? { status: 204 } : { status: 200, body };
}

function text(status: number, body: string): SandboxAnswer {
	return { status, body, headers: { 'Content-Type': 'text/plain; charset=utf-8' } };
}

/** Compares by the parts of `1.14.0`. */
function isOlder(version: string, than: string): boolean {
	const [a = [], b = []] = [version, than].map((text) => text.split('.').map(Number));
	const index = b.findIndex((part, position) => part !== (a[position] ?? 0));
	return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}

/**
 * What stands before every route: Cloudflare, which turns away the names of HTTP libraries; the
 * check of the command line's version; the key.
 */
export function guard(world: World): (request: SandboxRequest) => SandboxAnswer | undefined {
	const refusal = ({ headers, path }: SandboxRequest): SandboxAnswer | undefined => {
		const agent = headers['user-agent'] ?? '';
		if (agent.trim() === '' || LIBRARY_AGENTS.test(agent)) return text(403, 'error code: 1010');
		const [, cli] = /^astria-cli\/([\d.]+)/.exec(agent) ?? [];
		if (cli !== undefined && isOlder(cli, CLI_MODELS.cli.min_version)) {
			return { status: 426, body: { error: 'Please upgrade astria-cli' } };
		}
		if (WITHOUT_KEY.test(path)) return undefined;
		if (headers.authorization === `Bearer ${world.settings.key}`) return undefined;
		return text(401, 'HTTP Token: Access denied.');
	};
	return (request) => {
		const answer = refusal(request);
		return answer && dated(world, answer);
	};
}

/** A workspace that the account cannot reach falls back to the personal scope without a word. */
export function reachable(world: World, id: number | undefined): number | null {
	return world.settings.workspaces.some((workspace) => workspace.id === id) ? (id ?? null) : null;
}

function scopeOf(world: World, request: SandboxRequest): Scope {
	const header = request.headers['x-workspace-id'];
	if (header === 'all') return 'all';
	return typeof header === 'string' ? reachable(world, Number(header)) : null;
}

/** The workspace that a call writes to; `all` is for reading only. */
export function writeScope(call: Call): number | null {
	if (call.scope === 'all') {
		throw new Refused({ status: 422, body: { error: 'X-Workspace-Id: all is for reads only' } });
	}
	return call.scope;
}

/** Whether something in this workspace is seen by the call. */
export function inScope(scope: Scope, workspaceId: number | null): boolean {
	return scope === 'all' || scope === workspaceId;
}

/** The parameters under a root key: `{"tune": {…}}`. Without them Rails answers 400. */
export function rootOf({ params }: Decoded, name: string): ParamTree {
	const root = params[name];
	if (!isTree(root) || Object.keys(root).length === 0) throw new Refused(BAD_REQUEST);
	return root;
}

async function answerOf(call: Call, handle: Handler): Promise<SandboxAnswer> {
	try {
		return await handle(call);
	} catch (error) {
		if (error instanceof Refused) return error.answer;
		if (error instanceof BadParams) return BAD_REQUEST;
		throw error;
	}
}

/**
 * One address of the API.
 * @param path `:name` stands for one part; `.json` may follow, as with all Rails routes
 */
export function route(world: World, method: string, path: string, handle: Handler): Route {
	const pattern = path.replace(/:(\w+)/g, '(?<$1>[^/.]+)');
	return {
		method,
		path: new RegExp(`${pattern}(?:\\.json)?`),
		async handle(request, groups) {
			const scope = scopeOf(world, request);
			const call = { world, request, groups, scope, read: () => decode(request) };
			return dated(world, await answerOf(call, handle));
		},
	};
}
