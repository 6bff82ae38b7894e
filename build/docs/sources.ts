import type { ICredentialType, INodeType } from 'n8n-workflow';
import path from 'node:path';

import type { Field } from '../../lib/fields/field';
import { description } from '../../nodes/shared/fieldProperty';
import type { NodePage, OperationPage, TriggerPage } from '../../nodes/shared/operation';
import { filesBelow, isRecord, readManifest, ROOT } from '../project';

/** A node, its operations, and what stands beside them for their pages only. */
export interface DocumentedNode extends ReturnType<NodePage> {
	node: INodeType;
	/** By resource and operation, with a dot between. */
	pages: ReadonlyMap<string, ReturnType<OperationPage>>;
	/** What a trigger puts out, which has no operations. */
	trigger?: ReturnType<TriggerPage>;
}

/** What the pages are made from. */
export interface Sources {
	nodes: DocumentedNode[];
	credentials: ICredentialType[];
	/** The rows of all field tables, by {@link keyOf}. */
	fields: ReadonlyMap<string, Field[]>;
}

/** A parameter and the field that it was made from have the same words. */
export const keyOf = (label: string, help: string) => `${label}\n${help}`;

const isField = (value: unknown): value is Field =>
	isRecord(value) && ['type', 'label', 'help'].every((name) => typeof value[name] === 'string');
const isNode = (value: unknown): value is INodeType =>
	isRecord(value) && isRecord(value.description);
const isCredential = (value: unknown): value is ICredentialType =>
	isRecord(value) && Array.isArray(value.properties);
const isNodePage = (value: unknown): value is ReturnType<NodePage> =>
	isRecord(value) && Array.isArray(value.resources) && Array.isArray(value.links);
const isOperationPage = (value: unknown): value is ReturnType<OperationPage> =>
	isRecord(value) && Array.isArray(value.outputs) && Array.isArray(value.links);

/** What a file's class makes, or its function whose name ends so returns. @throws Error without */
async function read<T>(file: string, name: string, is: (value: unknown) => value is T): Promise<T> {
	const module: unknown = await import(path.join(ROOT, file));
	const exported = Object.entries(isRecord(module) ? module : {});
	const [key = '', made] = exported.find(([candidate]) => candidate.endsWith(name)) ?? [];
	if (typeof made === 'function') {
		// Only a class begins with a capital; it can be made, but not called.
		const isClass = /^[A-Z]/.test(key);
		const value: unknown = isClass ? Reflect.construct(made, []) : Reflect.apply(made, null, []);
		if (is(value)) return value;
	}
	throw new Error(`${file} exports no ${name} for the pages`);
}

/** An object of the class in a file that package.json names. */
async function make<T>(built: string, is: (value: unknown) => value is T): Promise<T> {
	const file = built.replace(/^dist\/(.*)\.js$/, '$1.ts');
	return await read(file, path.basename(file).replace(/\..*/, ''), is);
}

async function readNode(built: string): Promise<DocumentedNode> {
	const node = await make(built, isNode);
	const home = path.dirname(built).replace('dist/', '');
	if (node.description.group.includes('trigger')) {
		const trigger = await read(`${home}/page.ts`, 'Page', isOperationPage);
		return { node, trigger, resources: [], links: trigger.links, pages: new Map() };
	}
	const folder = `${home}/actions`;
	const nodePage = await read(`${folder}/operations.ts`, 'Page', isNodePage);
	const pages = new Map<string, ReturnType<OperationPage>>();
	for (const { value: resource, operations } of nodePage.resources) {
		for (const { value } of operations) {
			const file = `${folder}/${resource}/${value}.operation.ts`;
			pages.set(`${resource}.${value}`, await read(file, 'Page', isOperationPage));
		}
	}
	return { ...nodePage, node, pages };
}

function fieldsIn(value: unknown): Field[] {
	if (isField(value)) return [value];
	return isRecord(value) ? Object.values(value).flatMap(fieldsIn) : [];
}

/** Reads all nodes, credentials and field tables. @throws Error when one is not what it should be */
export async function readSources(): Promise<Sources> {
	const { n8n } = readManifest();
	const fields = new Map<string, Field[]>();
	for (const file of filesBelow('lib').filter((name) => name.includes('/fields/'))) {
		for (const field of fieldsIn(await import(path.join(ROOT, file)))) {
			const key = keyOf(field.label, description(field.help));
			fields.set(key, [...(fields.get(key) ?? []), field]);
		}
	}
	const nodes = await Promise.all(n8n.nodes.map(readNode));
	const credentials = n8n.credentials.map(async (built) => await make(built, isCredential));
	return { nodes, credentials: await Promise.all(credentials), fields };
}
