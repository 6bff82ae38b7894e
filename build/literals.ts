import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { isRecord, readManifest, ROOT } from './project';

const IDENTIFIER = /^[a-z_$][\w$]*$/i;

/**
 * Prints a value as TypeScript source, the way a person would have written it.
 *
 * @param depth how far it is indented; n8n's rules count on it
 */
export function literalOf(value: unknown, depth = 0): string {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const inner = '\t'.repeat(depth + 1);
	const lines = (parts: string[]) => parts.map((part) => `${inner}${part},\n`).join('');
	const end = '\t'.repeat(depth);
	if (Array.isArray(value)) {
		return `[\n${lines(value.map((part) => literalOf(part, depth + 1)))}${end}]`;
	}
	const parts = Object.entries(value)
		.filter(([, part]) => part !== undefined)
		.map(([name, part]) => {
			const key = IDENTIFIER.test(name) ? name : JSON.stringify(name);
			return `${key}: ${literalOf(part, depth + 1)}`;
		});
	return `{\n${lines(parts)}${end}}`;
}

/** n8n wants its connection types by their names. */
function connectionsOf(value: unknown): string {
	const types = Array.isArray(value) ? value : [value];
	return `[${types.map((type) => (type === 'main' ? 'NodeConnectionTypes.Main' : literalOf(type))).join(', ')}]`;
}

function classSource(name: string, description: object): string {
	const parts = Object.entries(description).map(([key, value]) => {
		const isConnection = key === 'inputs' || key === 'outputs';
		return `\t\t${key}: ${isConnection ? connectionsOf(value) : literalOf(value, 2)},`;
	});
	return [
		"import { type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';",
		`export class ${name} implements INodeType {`,
		'\tdescription: INodeTypeDescription = {',
		...parts,
		'\t};',
		'}\n',
	].join('\n');
}

/** The description of a built node. */
function descriptionOf(file: string, name: string): object {
	const module: unknown = createRequire(file)(file);
	const nodeClass = isRecord(module) ? module[name] : undefined;
	if (typeof nodeClass !== 'function') throw new Error(`${file} exports no ${name}`);
	const node: unknown = Reflect.construct(nodeClass, []);
	if (isRecord(node) && isRecord(node.description)) return node.description;
	throw new Error(`${name} has no description`);
}

/**
 * Writes a package in which every parameter of every node stands as a literal.
 *
 * n8n's rules read source code, and most parameters of these nodes come from tables: in the source
 * the rules cannot see them. Printed from the built nodes, they can.
 *
 * @param built folder of the built package; absolute
 * @param folder where it is written; absolute
 */
export function writeLiterals(built: string, folder: string): void {
	for (const part of ['package.json', 'credentials', 'icons']) {
		cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
	}
	for (const file of readManifest(built).n8n.nodes) {
		const [name = ''] = path.basename(file).split('.');
		const target = path.join(folder, file.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
		mkdirSync(path.dirname(target), { recursive: true });
		writeFileSync(target, classSource(name, descriptionOf(path.join(built, file), name)));
	}
}
