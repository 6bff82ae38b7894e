import type { Route, SandboxAnswer } from '../types';
import { isPast, now } from './clock';
import { deleted, inScope, notFound, refuseIfAny, rootOf, route, writeScope } from './door';
import type { Call } from './door';
import { castSent, textOf } from './fields';
import type { Problems } from './fields';
import { findTwinTune } from './idempotency';
import { isListed } from './late';
import { GALLERY, TUNES, page, valuesOf } from './list';
import { TUNE_FIELDS, TUNE_CHANGES } from './tune-fields';
import { draftTune, readCharacteristics } from './tune-create';
import { buyTune } from './tune-train';
import { tuneJson } from './tune-view';
import type { Store, Tune } from './store';
import type { World } from './world';

/**
 * The tune of a path, public or of the account, whatever its workspace.
 * @throws {Refused} 404 when there is none, or when its time is over
 */
export function findTune({ world }: Call, id: string | undefined): Tune {
	const tune = world.store.tunes.get(Number(id));
	if (tune === undefined || isPast(world, tune.expiresAt)) throw notFound();
	return tune;
}

function findVisible(call: Call): Tune {
	const tune = findTune(call, call.groups.id);
	if (tune.gallery === undefined && !inScope(call.scope, tune.workspaceId)) throw notFound();
	return tune;
}

function findOwn(call: Call): Tune {
	const tune = findVisible(call);
	writeScope(call);
	if (tune.gallery !== undefined) throw notFound();
	return tune;
}

async function create(call: Call): Promise<SandboxAnswer> {
	const { world, request } = call;
	const decoded = await call.read();
	const params = rootOf(decoded, 'tune');
	const workspaceId = writeScope(call);
	const twin = findTwinTune(world, castSent(TUNE_FIELDS, params, {}));
	if (twin !== undefined) return { status: 201, body: tuneJson(world, twin) };
	const { origin, path } = request;
	const draft = await draftTune(world, { params, workspaceId, origin });
	// The same call may have come a second time while the pictures were read.
	const late = findTwinTune(world, draft.tune.fields);
	if (late !== undefined) return { status: 201, body: tuneJson(world, late) };
	const tune = buyTune(world, draft);
	world.store.creations.push({ kind: 'tune', id: tune.id, path, ...decoded });
	return { status: 201, body: tuneJson(world, tune) };
}

function matches({ fields }: Tune, query: URLSearchParams): boolean {
	const title = query.get('title')?.toLowerCase() ?? '';
	const names = valuesOf(query, 'name');
	const [type, branch] = [query.get('model_type'), query.get('branch')];
	return (
		(textOf(fields, 'title') ?? '').toLowerCase().includes(title) &&
		(names.length === 0 || names.includes(textOf(fields, 'name') ?? '')) &&
		(!type || fields.model_type === type) &&
		(!branch || fields.branch === branch)
	);
}

function list({ world, request, scope }: Call): SandboxAnswer {
	const own = [...world.store.tunes.values()].filter(
		(tune) =>
			tune.gallery === undefined &&
			inScope(scope, tune.workspaceId) &&
			isListed(world, tune) &&
			matches(tune, request.query),
	);
	return {
		status: 200,
		body: page(own, request.query, TUNES).map((tune) => tuneJson(world, tune)),
	};
}

function listGallery({ world, request }: Call): SandboxAnswer {
	const open = [...world.store.tunes.values()].filter(
		(tune) => tune.gallery !== undefined && matches(tune, request.query),
	);
	return {
		status: 200,
		body: page(open, request.query, GALLERY).map((tune) => tuneJson(world, tune)),
	};
}

async function update(call: Call): Promise<SandboxAnswer> {
	const tune = findOwn(call);
	const params = rootOf(await call.read(), 'tune');
	const problems: Problems = {};
	const changes = castSent(TUNE_CHANGES, params, problems);
	for (const name of ['title', 'name']) {
		if (changes[name] === null) problems[name] = ["can't be blank"];
	}
	refuseIfAny(problems);
	Object.assign(tune.fields, changes);
	if (params.characteristics !== undefined) {
		tune.characteristics = readCharacteristics(params.characteristics);
	}
	tune.updatedAt = now(call.world);
	return { status: 200, body: tuneJson(call.world, tune) };
}

/** Forgets a prompt and what was still to happen to it. */
export function removePrompt({ store, timeline }: World, id: number): void {
	store.prompts.delete(id);
	timeline.drop(id);
}

function promptsUnder(store: Store, tune: Tune): number[] {
	return [...store.prompts.values()].filter(({ tuneId }) => tuneId === tune.id).map(({ id }) => id);
}

/** Takes the prompts under the tune with it, as Astria does. */
function remove(call: Call): SandboxAnswer {
	const tune = findOwn(call);
	for (const id of promptsUnder(call.world.store, tune)) removePrompt(call.world, id);
	call.world.store.tunes.delete(tune.id);
	call.world.timeline.drop(tune.id);
	return deleted(call.world);
}

/** Tunes and the public gallery (https://docs.astria.ai/docs/category/tune). */
export function tuneRoutes(world: World): Route[] {
	return [
		route(world, 'POST', '/tunes', create),
		route(world, 'GET', '/tunes', list),
		route(world, 'GET', '/gallery/tunes', listGallery),
		route(world, 'GET', '/tunes/:id', (call) => ({
			status: 200,
			body: tuneJson(world, findVisible(call)),
		})),
		route(world, 'PATCH', '/tunes/:id', update),
		route(world, 'DELETE', '/tunes/:id', remove),
	];
}
