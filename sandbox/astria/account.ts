import type { Route, SandboxAnswer } from '../types';
import { notFound, rootOf, route } from './door';
import type { Call } from './door';
import { cast } from './fields';
import { payerOf } from './money';
import type { Workspace } from './options';
import type { World } from './world';

const TITLE = { name: 'title', type: 'text' } as const;

function showUser({ world, scope }: Call): SandboxAnswer {
	const { account } = world.settings;
	const { id, name, email, usd_balance_mc } = account;
	const payer = payerOf(world, scope === 'all' ? null : scope);
	return {
		status: 200,
		body: {
			id,
			name,
			email,
			usd_balance_mc,
			auto_extend_tunes: false,
			top_off_amount: null,
			purchased_plugin_at: null,
			payer: {
				id: payer.id,
				name: payer.name,
				self: payer === account,
				usd_balance_mc: payer.usd_balance_mc,
			},
		},
	};
}

function workspaceJson({ id, title, slug, favicon_url }: Workspace) {
	return { id, title, slug, favicon_url };
}

function findWorkspace({ world, groups }: Call): Workspace {
	const found = world.settings.workspaces.find(({ id }) => String(id) === groups.id);
	if (found === undefined) throw notFound();
	return found;
}

async function titleOf(call: Call): Promise<string> {
	const title = cast(TITLE, rootOf(await call.read(), 'workspace').title, {});
	return typeof title === 'string' ? title : 'Untitled';
}

async function createWorkspace(call: Call): Promise<SandboxAnswer> {
	const title = await titleOf(call);
	const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
	const workspace = { id: call.world.store.newId(), title, slug, favicon_url: null };
	call.world.settings.workspaces.push(workspace);
	return { status: 201, body: workspaceJson(workspace) };
}

async function renameWorkspace(call: Call): Promise<SandboxAnswer> {
	const workspace = findWorkspace(call);
	workspace.title = await titleOf(call);
	return { status: 200, body: workspaceJson(workspace) };
}

/** The account and its workspaces. */
export function accountRoutes(world: World): Route[] {
	return [
		route(world, 'GET', '/users', showUser),
		route(world, 'GET', '/workspaces', () => ({
			status: 200,
			body: world.settings.workspaces.map(workspaceJson),
		})),
		route(world, 'POST', '/workspaces', createWorkspace),
		route(world, 'GET', '/workspaces/:id', (call) => ({
			status: 200,
			body: workspaceJson(findWorkspace(call)),
		})),
		route(world, 'PATCH', '/workspaces/:id', renameWorkspace),
	];
}
