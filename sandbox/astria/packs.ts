import type { Route, SandboxAnswer } from '../types';
import { notFound, rootOf, route, writeScope } from './door';
import type { Call } from './door';
import { castAll, numberOf, textOf } from './fields';
import type { Field } from './fields';
import { TUNES, page } from './list';
import { PRICES } from './money';
import type { Pack, Template } from './pack-data';
import { runPack } from './pack-run';
import { tuneCost } from './tune-create';
import type { World } from './world';

const PACK_FIELDS: readonly Field[] = [
	{ name: 'title', type: 'text', initial: 'Untitled' },
	{ name: 'subtitle', type: 'text' },
	{ name: 'base_tune_id', type: 'integer' },
	{ name: 'model_type', type: 'text' },
];

const PICTURES_PER_TEMPLATE = 1;

function costOf(
	{ settings }: World,
	{ model_type }: Pack,
	templates: Template[],
): { cost_mc: number; num_images: number } {
	const count = templates.length * PICTURES_PER_TEMPLATE;
	const tune = settings.packCosts === 'withTune' ? tuneCost({ model_type }) : 0;
	return { cost_mc: count * PRICES.picture + tune, num_images: count };
}

function listJson({ world }: Call, pack: Pack) {
	const { id, slug, title, subtitle, base_tune_id, token, model_type } = pack;
	return {
		...{ id, base_tune_id, slug, title, subtitle, token, model_type },
		user_id: world.settings.account.id,
		multiplier: 1,
		public_at: pack.public_at,
		main_class_name: pack.main_class_name,
		costs: Object.fromEntries(
			Object.entries(pack.classes).map(([name, templates]) => [
				name,
				costOf(world, pack, templates),
			]),
		),
	};
}

function fullJson({ world }: Call, pack: Pack) {
	const { id, slug, title, public_at, unlisted_at, classes } = pack;
	const perClass = Object.entries(classes);
	return {
		...{ id, slug, title, public_at, unlisted_at },
		cover_url: null,
		logo: null,
		costs: Object.fromEntries(
			perClass.map(([name, templates]) => {
				const { cost_mc: cost, num_images } = costOf(world, pack, templates);
				return [name, { cost, num_images }];
			}),
		),
		prompts_per_class: Object.fromEntries(
			perClass.map(([name, templates]) => [
				name,
				templates.map((template) => ({ id: template.id, images: [] })),
			]),
		),
		template_prompts: perClass.flatMap(([, templates]) =>
			templates.map((template) => ({ id: template.id, cost_mc: PRICES.picture })),
		),
	};
}

function findPack({ world, groups }: Call): Pack {
	const key = groups.pack ?? '';
	const found = world.packs.find(({ id, slug }) => slug === key || String(id) === key);
	if (found === undefined) throw notFound();
	return found;
}

function list(call: Call, onlyPublic: boolean): SandboxAnswer {
	const { query } = call.request;
	const packs = call.world.packs.filter(
		({ public_at, unlisted_at }) =>
			(public_at !== null || !(onlyPublic || query.get('public') === 'true')) &&
			(unlisted_at === null || query.get('listed') !== 'true'),
	);
	return { status: 200, body: page(packs, query, TUNES).map((pack) => listJson(call, pack)) };
}

async function create(call: Call): Promise<SandboxAnswer> {
	writeScope(call);
	const fields = castAll(PACK_FIELDS, rootOf(await call.read(), 'pack'), {});
	const id = call.world.store.newId();
	const title = textOf(fields, 'title') ?? '';
	const pack: Pack = {
		id,
		slug: `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${id}`,
		title,
		subtitle: textOf(fields, 'subtitle') ?? null,
		base_tune_id: numberOf(fields, 'base_tune_id') ?? null,
		model_type: textOf(fields, 'model_type') ?? null,
		token: null,
		main_class_name: 'person',
		public_at: null,
		unlisted_at: null,
		isMulti: false,
		classes: {},
	};
	call.world.packs.push(pack);
	return { status: 201, body: listJson(call, pack) };
}

/** Packs and their runs (https://docs.astria.ai/docs/category/pack). */
export function packRoutes(world: World): Route[] {
	return [
		route(world, 'GET', '/packs', (call) => list(call, false)),
		route(world, 'GET', '/gallery/packs', (call) => list(call, true)),
		route(world, 'POST', '/packs', create),
		route(world, 'GET', '/p/:pack', (call) => ({
			status: 200,
			body: fullJson(call, findPack(call)),
		})),
		route(world, 'POST', '/p/:pack/tunes', (call) => runPack(call, findPack(call))),
	];
}
