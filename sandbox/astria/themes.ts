import type { Route, SandboxAnswer } from '../types';
import { route, unprocessable, writeScope } from './door';
import type { Call } from './door';
import { cast, textOf } from './fields';
import type { Field } from './fields';
import { charge } from './money';
import { fromJson, isTree } from './params';
import { addPrompt, draftPrompt } from './prompt-create';
import type { PromptDraft } from './prompt-create';
import type { Tune } from './store';
import { findTune } from './tunes';
import type { World } from './world';

const THEME: Field = { name: 'theme', type: 'text' };
const TUNE_IDS: Field = { name: 'tune_ids', type: 'integers' };

/** Astria writes this many prompts for each tune. */
const PROMPTS_PER_TUNE = 10;

async function draftOne(call: Call, host: Tune, theme: string, scene: number, more: object) {
	const subject = `${textOf(host.fields, 'token') ?? ''} ${textOf(host.fields, 'name') ?? ''}`;
	const params = fromJson({ ...more, text: `${subject.trim()}, ${theme}, scene ${scene}`, theme });
	if (!isTree(params)) throw new Error('a theme prompt has fields');
	const workspaceId = writeScope(call);
	return await draftPrompt(call.world, { host, params, workspaceId, origin: call.request.origin });
}

/** The fields are under `theme` in a form, and at the top in JSON. */
async function create(call: Call): Promise<SandboxAnswer> {
	const { params } = await call.read();
	const root = isTree(params.theme) ? params.theme : params;
	const theme = cast(THEME, root.theme, {});
	if (typeof theme !== 'string') throw unprocessable({ theme: ["can't be blank"] });
	const ids = cast(TUNE_IDS, root.tune_ids, {});
	const hosts = (Array.isArray(ids) ? ids : []).map((id) => findTune(call, String(id)));
	if (hosts.length === 0) throw unprocessable({ tune_ids: ["can't be blank"] });
	const more = isTree(root.prompt_attributes) ? root.prompt_attributes : {};
	const drafts: Array<{ host: Tune; draft: PromptDraft }> = [];
	for (const host of hosts) {
		for (let scene = 1; scene <= PROMPTS_PER_TUNE; scene += 1) {
			drafts.push({ host, draft: await draftOne(call, host, theme, scene, more) });
		}
	}
	charge(
		call.world,
		drafts.map(({ draft }) => draft),
	);
	for (const { host, draft } of drafts) addPrompt(call.world, host, draft);
	return { status: 201 };
}

/** Themes: prompts that Astria thinks of by itself. */
export function themeRoutes(world: World): Route[] {
	return [route(world, 'POST', '/themes', create)];
}
