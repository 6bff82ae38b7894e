import type { Route, SandboxAnswer } from '../types';
import { now } from './clock';
import {
	deleted,
	inScope,
	notFound,
	reachable,
	refuseIfAny,
	rootOf,
	route,
	unprocessable,
	writeScope,
} from './door';
import type { Call } from './door';
import { cast, castSent } from './fields';
import type { Field, Problems } from './fields';
import { isListed, isThere } from './late';
import { PROMPTS, page, valuesOf } from './list';
import { isTree, newTree } from './params';
import type { Param, ParamTree } from './params';
import { buyPrompt, createdAnswer } from './prompt-create';
import type { PromptOrder } from './prompt-create';
import { PROMPT_CHANGES } from './prompt-fields';
import { matches } from './prompt-filters';
import { checkTemplate } from './prompt-rules';
import { promptJson } from './prompt-view';
import type { Output, Prompt, Tune } from './store';
import { findTune, removePrompt } from './tunes';
import type { World } from './world';

const TUNE_ID: Field = { name: 'tune_id', type: 'integer' };
const IMAGE_INDEX: Field = { name: 'image_index', type: 'integer', min: 0 };
const WORKSPACE: Field = { name: 'workspace_id', type: 'integer' };

function findPrompt({ world, groups, scope }: Call): Prompt {
	const prompt = world.store.prompts.get(Number(groups.id));
	if (prompt === undefined || !isThere(world, prompt)) throw notFound();
	if (!inScope(scope, prompt.workspaceId)) throw notFound();
	if (groups.tune !== undefined && prompt.tuneId !== Number(groups.tune)) throw notFound();
	return prompt;
}

function hostOf(call: Call, params: ParamTree): Tune {
	if (call.groups.tune !== undefined) return findTune(call, call.groups.tune);
	const id = cast(TUNE_ID, params.tune_id, {});
	if (id === null) throw unprocessable({ tune: ['must exist'] });
	return findTune(call, String(id));
}

async function buy(call: Call, order: PromptOrder): Promise<Prompt> {
	const { prompt, isNew } = await buyPrompt(call.world, order);
	if (isNew) {
		const { path } = call.request;
		const decoded = await call.read();
		call.world.store.creations.push({ kind: 'prompt', id: prompt.id, path, ...decoded });
	}
	return prompt;
}

async function create(call: Call): Promise<SandboxAnswer> {
	const { world, request } = call;
	const params = rootOf(await call.read(), 'prompt');
	const host = hostOf(call, params);
	const workspaceId = writeScope(call);
	const prompt = await buy(call, { host, params, workspaceId, origin: request.origin });
	const isBoard = request.query.get('view') === 'board';
	return createdAnswer(world, prompt, isBoard ? 'wrapped' : world.settings.promptAnswer);
}

function baseOf(prompt: Prompt, value: Param | undefined): Output | undefined {
	const problems: Problems = {};
	const index = cast(IMAGE_INDEX, value, problems);
	refuseIfAny(problems);
	if (typeof index !== 'number') return undefined;
	const output = prompt.outputs[index];
	if (output === undefined) throw unprocessable({ image_index: ['is out of range'] });
	return output;
}

/** `image_index` stands beside the root key, not under it. */
async function duplicate(call: Call): Promise<SandboxAnswer> {
	const from = findPrompt(call);
	const decoded = await call.read();
	const params = isTree(decoded.params.prompt) ? decoded.params.prompt : newTree();
	const base = baseOf(from, decoded.params.image_index);
	const host = findTune(call, String(cast(TUNE_ID, params.tune_id, {}) ?? from.tuneId));
	const prompt = await buy(call, {
		host,
		params,
		from,
		workspaceId: writeScope(call),
		origin: call.request.origin,
		...(base !== undefined && { base }),
	});
	return createdAnswer(call.world, prompt);
}

function show(call: Call): SandboxAnswer {
	const expand = valuesOf(call.request.query, 'expand');
	return { status: 200, body: promptJson(call.world, findPrompt(call), expand) };
}

function list(call: Call): SandboxAnswer {
	const { world, request, groups, scope } = call;
	const host = groups.tune === undefined ? undefined : findTune(call, groups.tune);
	const found = [...world.store.prompts.values()].filter(
		(prompt) =>
			inScope(scope, prompt.workspaceId) &&
			isThere(world, prompt) &&
			isListed(world, prompt) &&
			(host === undefined || prompt.tuneId === host.id) &&
			matches(world, prompt, request.query),
	);
	const expand = valuesOf(request.query, 'expand');
	const body = page(found, request.query, PROMPTS).map((prompt) =>
		promptJson(world, prompt, expand),
	);
	return { status: 200, body };
}

async function update(call: Call): Promise<SandboxAnswer> {
	const { world } = call;
	const prompt = findPrompt(call);
	writeScope(call);
	const params = rootOf(await call.read(), 'prompt');
	const problems: Problems = {};
	const fields = { ...prompt.fields, ...castSent(PROMPT_CHANGES, params, problems) };
	const workspace = cast(WORKSPACE, params.workspace_id, problems);
	refuseIfAny(problems);
	const host = world.store.tunes.get(prompt.tuneId);
	if (host !== undefined) checkTemplate({ fields, files: prompt.files, host });
	prompt.fields = fields;
	if (params.workspace_id !== undefined) {
		prompt.workspaceId = typeof workspace === 'number' ? reachable(world, workspace) : null;
	}
	prompt.updatedAt = now(world);
	return { status: 200, body: promptJson(world, prompt) };
}

function remove(call: Call): SandboxAnswer {
	const prompt = findPrompt(call);
	writeScope(call);
	removePrompt(call.world, prompt.id);
	return deleted(call.world, { message: 'Prompt successfully deleted' });
}

/** Likes the template of a prompt too, as Astria does. */
function like(call: Call, liked: boolean): SandboxAnswer {
	const prompt = findPrompt(call);
	writeScope(call);
	const template = call.world.store.prompts.get(Number(prompt.fields.orig_prompt_id));
	for (const each of [prompt, ...(template === undefined ? [] : [template])]) each.liked = liked;
	return liked ? { status: 201 } : deleted(call.world);
}

/** Prompts (https://docs.astria.ai/docs/category/prompt), with and without their tune's path. */
export function promptRoutes(world: World): Route[] {
	return ['/tunes/:tune/prompts', '/prompts'].flatMap((path) => [
		route(world, 'POST', path, create),
		route(world, 'GET', path, list),
		route(world, 'GET', `${path}/:id`, show),
		route(world, 'PATCH', `${path}/:id`, update),
		route(world, 'DELETE', `${path}/:id`, remove),
		route(world, 'POST', `${path}/:id/duplicate`, duplicate),
		route(world, 'POST', `${path}/:id/likes`, (call) => like(call, true)),
		route(world, 'DELETE', `${path}/:id/likes`, (call) => like(call, false)),
	]);
}
