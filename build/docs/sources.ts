import type { ICredentialType, INodeType } from 'n8n-workflow';
import path from 'node:path';

import type { Field } from '../../lib/fields/field';
import { description } from '../../nodes/shared/fieldProperty';
import { filesBelow, isRecord, readManifest, ROOT } from '../project';

/** What the pages are made from. */
export interface Sources {
	/** Name of the package, which begins the type of each node. */
	packageName: string;
	nodes: INodeType[];
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

/** The source of a file that package.json names, and the class in it. */
async function instanceOf(built: string): Promise<unknown> {
	const file = built.replace(/^dist\//, '').replace(/\.js$/, '.ts');
	const [name = ''] = path.basename(file).split('.');
	const found = (await load(file))[name];
	if (typeof found !== 'function') throw new Error(`${file} exports no class ${name}`);
	return Reflect.construct(found, []);
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
	const nodes: INodeType[] = [];
	for (const file of n8n.nodes) {
		const node = await instanceOf(file);
		if (!isNode(node)) throw new Error(`${file} is no node`);
		nodes.push(node);
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
