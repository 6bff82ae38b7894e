import type { ICredentialType, INodeType } from 'n8n-workflow';
import path from 'node:path';

import type { Field } from '../../lib/fields/field';
import { description } from '../../nodes/shared/fieldProperty';
import type { DocLink, OperationPage } from '../../nodes/shared/operation';
import { filesBelow, isRecord, readManifest, ROOT } from '../project';

/** A node, with what stands beside its operations for their pages only. */
export interface DocumentedNode {
	node: INodeType;
	/** About the service as a whole. */
	links: readonly DocLink[];
	/** By resource and operation, with a dot between. */
	pages: ReadonlyMap<string, ReturnType<OperationPage>>;
}

/** What the pages are made from. */
export interface Sources {
	/** Name of the package, which begins the type of each node. */
	packageName: string;
	nodes: DocumentedNode[];
	credentials: ICredentialType[];
	/** The rows of all field tables, by {@link keyOf}. */
	fields: ReadonlyMap<string, Field[]>;
}

/** Where the field tables are. */
const FIELD_FOLDERS = ['lib/fields', 'lib/fal/fields', 'lib/astria/fields'];

function isField(value: unknown): value is Field {
	return (
		isRecord(value) &&
		typeof value.type === 'string' &&
		typeof value.label === 'string' &&
		typeof value.help === 'string'
	);
}

/** A field is told by its words, which no two fields share unless they are the same. */
export function keyOf(label: string, help: string): string {
	return `${label}\n${help}`;
}

function collectFields(value: unknown, into: Map<string, Field[]>): void {
	if (!isRecord(value) || typeof value === 'function') return;
	if (isField(value)) {
		const key = keyOf(value.label, description(value.help));
		into.set(key, [...(into.get(key) ?? []), value]);
		return;
	}
	for (const part of Object.values(value)) collectFields(part, into);
}

async function load(file: string): Promise<Record<string, unknown>> {
	const module: unknown = await import(path.join(ROOT, file));
	if (isRecord(module)) return module;
	throw new Error(`${file} is no module`);
}

/** The source of a file that package.json names. */
const sourceOf = (built: string) => built.replace(/^dist\//, '').replace(/\.js$/, '.ts');

/** The class in it. */
async function instanceOf(built: string): Promise<unknown> {
	const file = sourceOf(built);
	const [name = ''] = path.basename(file).split('.');
	const found = (await load(file))[name];
	if (typeof found !== 'function') throw new Error(`${file} exports no class ${name}`);
	return Reflect.construct(found, []);
}

/** Calls what a module exports for the pages. @throws Error when it is not there */
function call(exported: unknown): unknown {
	if (typeof exported !== 'function') throw new Error('A page exports no function');
	const called: unknown = Reflect.apply(exported, undefined, []);
	return called;
}

function isLinks(value: unknown): value is readonly DocLink[] {
	return Array.isArray(value) && value.every((link) => isRecord(link) && 'url' in link);
}

function isPage(value: unknown): value is ReturnType<OperationPage> {
	return isRecord(value) && Array.isArray(value.outputs) && isLinks(value.links);
}

/** `actions/tune/get.operation.ts` exports, beside the operation, what its page says. */
async function pagesBelow(folder: string): Promise<DocumentedNode['pages']> {
	const pages = new Map<string, ReturnType<OperationPage>>();
	for (const file of filesBelow(folder).filter((name) => name.endsWith('.operation.ts'))) {
		const resource = path.basename(path.dirname(file));
		const operation = path.basename(file, '.operation.ts');
		const exported = Object.entries(await load(file)).find(([name]) => name.endsWith('Page'));
		const page = call(exported?.[1]);
		if (!isPage(page)) throw new Error(`${file} says nothing for its page`);
		pages.set(`${resource}.${operation}`, page);
	}
	return pages;
}

function isNode(value: unknown): value is INodeType {
	return isRecord(value) && isRecord(value.description);
}

function isCredential(value: unknown): value is ICredentialType {
	return isRecord(value) && Array.isArray(value.properties) && typeof value.name === 'string';
}

/**
 * Loads every node and credential that package.json names, and every field table.
 *
 * @throws Error when one of them is not what it should be
 */
export async function readSources(): Promise<Sources> {
	const { name: packageName, n8n } = readManifest();
	const nodes: DocumentedNode[] = [];
	for (const file of n8n.nodes) {
		const node = await instanceOf(file);
		if (!isNode(node)) throw new Error(`${file} is no node`);
		const folder = path.join(path.dirname(sourceOf(file)), 'actions');
		const { serviceLinks } = await load(path.join(folder, 'operations.ts'));
		const links = call(serviceLinks);
		if (!isLinks(links)) throw new Error(`${folder} names no pages of the service`);
		nodes.push({ node, links, pages: await pagesBelow(folder) });
	}
	const credentials: ICredentialType[] = [];
	for (const file of n8n.credentials) {
		const credential = await instanceOf(file);
		if (!isCredential(credential)) throw new Error(`${file} is no credential`);
		credentials.push(credential);
	}
	const fields = new Map<string, Field[]>();
	const tables = FIELD_FOLDERS.flatMap((folder) => filesBelow(folder));
	for (const file of tables) collectFields(await load(file), fields);
	return { packageName, nodes, credentials, fields };
}
