import type { SandboxAnswer } from '../types';
import { rootOf, unprocessable, writeScope } from './door';
import type { Call } from './door';
import { cast, textOf } from './fields';
import type { Field } from './fields';
import { charge } from './money';
import type { Pack, Template } from './pack-data';
import { fromJson, isTree } from './params';
import type { ParamTree } from './params';
import { addPrompt, draftPrompt } from './prompt-create';
import type { PromptDraft } from './prompt-create';
import type { Prompt, Tune } from './store';
import { draftTune } from './tune-create';
import { buyTune } from './tune-train';
import { tuneJson } from './tune-view';
import { findTune } from './tunes';

const IDS: Field = { name: 'ids', type: 'integers' };
const CALLBACK: Field = { name: 'prompts_callback', type: 'text' };

function idsOf(params: ParamTree, name: string): number[] {
	const ids = cast(IDS, params[name], {});
	return Array.isArray(ids) ? ids : [];
}

/** The templates of a class, only those in `prompt_ids` when it is given. */
function templatesFor(pack: Pack, className: string, params: ParamTree): Template[] {
	const all = pack.classes[className];
	if (all === undefined) throw unprocessable({ name: ['is not supported by this pack'] });
	const wanted = idsOf(params, 'prompt_ids');
	const chosen = all.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
	if (chosen.length === 0) throw unprocessable({ prompt_ids: ['are not in this pack'] });
	return chosen;
}

/** How a prompt names a tune: `<faceid:12:1> woman`, or by its trigger word. */
function tokenOf(tune: Tune): string {
	const name = textOf(tune.fields, 'name') ?? '';
	if (tune.fields.model_type === 'faceid') return `<faceid:${tune.id}:1> ${name}`;
	return `${textOf(tune.fields, 'token') ?? ''} ${name}`;
}

function promptParams(template: Template, tunes: Tune[], pack: Pack, params: ParamTree): ParamTree {
	const text = template.text.replace('{tokens}', tunes.map(tokenOf).join(' '));
	const overrides = isTree(params.prompt_attributes) ? params.prompt_attributes : {};
	const made = fromJson({ text, base_pack_id: pack.id, orig_prompt_id: template.id });
	return { ...(isTree(made) ? made : {}), ...overrides };
}

async function draftAll(
	call: Call,
	pack: Pack,
	{ templates, host, tunes }: { templates: Template[]; host: Tune; tunes: Tune[] },
	params: ParamTree,
): Promise<PromptDraft[]> {
	const drafts: PromptDraft[] = [];
	for (const template of templates) {
		drafts.push(
			await draftPrompt(call.world, {
				host,
				params: promptParams(template, tunes, pack, params),
				workspaceId: writeScope(call),
				origin: call.request.origin,
			}),
		);
	}
	return drafts;
}

/** Makes one callback wait for all of these prompts. */
function group({ world }: Call, params: ParamTree, promptIds: number[]): void {
	const callback = cast(CALLBACK, params.prompts_callback, {});
	if (typeof callback === 'string') world.store.groups.push({ callback, promptIds });
}

async function record(call: Call, kind: 'tune' | 'prompt', id: number): Promise<void> {
	const decoded = await call.read();
	call.world.store.creations.push({ kind, id, path: call.request.path, ...decoded });
}

/** Trains a new tune; the pack's prompts follow when it is trained. */
async function train(call: Call, pack: Pack, params: ParamTree): Promise<SandboxAnswer> {
	const { world, request } = call;
	const order = { params, workspaceId: writeScope(call), origin: request.origin };
	const base = { base_tune_id: pack.base_tune_id, model_type: pack.model_type };
	const draft = await draftTune(world, { ...order, pack: base });
	const host = draft.tune;
	const templates = templatesFor(pack, textOf(host.fields, 'name') ?? '', params);
	const made = await draftAll(call, pack, { templates, host, tunes: [host] }, params);
	const prompts = made.map((prompt, index) => ({ ...prompt, packPlace: index + 1 }));
	const tune = buyTune(world, { tune: host, prompts: [...draft.prompts, ...prompts] });
	const ofTune = [...world.store.prompts.values()].filter(({ tuneId }) => tuneId === tune.id);
	group(
		call,
		params,
		ofTune.map(({ id }) => id),
	);
	await record(call, 'tune', tune.id);
	return { status: 201, body: tuneJson(world, tune) };
}

/** Runs the pack on tunes that exist: on each by itself, or on all together in a pack of many. */
async function reuse(call: Call, pack: Pack, params: ParamTree): Promise<SandboxAnswer> {
	const { world } = call;
	const tunes = idsOf(params, 'tune_ids').map((id) => findTune(call, String(id)));
	const base = world.store.tunes.get(pack.base_tune_id ?? 0);
	const runs = pack.isMulti && base !== undefined ? [{ host: base, tunes }] : tunes.map(alone);
	const drafts: Array<{ host: Tune; draft: PromptDraft }> = [];
	for (const { host, tunes: used } of runs) {
		const className = pack.isMulti ? pack.main_class_name : (textOf(host.fields, 'name') ?? '');
		const templates = templatesFor(pack, className, params);
		const made = await draftAll(call, pack, { templates, host, tunes: used }, params);
		drafts.push(...made.map((draft) => ({ host, draft })));
	}
	const total = charge(
		world,
		drafts.map(({ draft }) => draft),
	);
	const order = { id: world.store.newId(), tune_ids: tunes.map(({ id }) => id) };
	const prompts = drafts.map(({ host, draft }, index) => {
		const fields = { ...draft.fields, order_id: order.id };
		return addPrompt(world, host, { ...draft, fields, packPlace: index + 1 });
	});
	const ids = prompts.map(({ id }: Prompt) => id);
	group(call, params, ids);
	await record(call, 'prompt', ids[0] ?? 0);
	if (!pack.isMulti) return { status: 201, body: { status: 201, message: 'Prompts created' } };
	const body = { status: 201, order: { ...order, total_cost_mc: total }, prompt_ids: ids };
	return { status: 201, body };
}

function alone(tune: Tune): { host: Tune; tunes: Tune[] } {
	return { host: tune, tunes: [tune] };
}

/**
 * `POST /p/:id/tunes`: with `tune_ids` on tunes that exist, else on a new one
 * (https://docs.astria.ai/docs/api/pack/tunes/create).
 */
export async function runPack(call: Call, pack: Pack): Promise<SandboxAnswer> {
	const params = rootOf(await call.read(), 'tune');
	if (idsOf(params, 'tune_ids').length > 0) return await reuse(call, pack, params);
	if (pack.isMulti) throw unprocessable({ tune_ids: ["can't be blank"] });
	return await train(call, pack, params);
}
