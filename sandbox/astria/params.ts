/** A file that came with a form. */
export class Upload {
	constructor(
		readonly filename: string,
		readonly contentType: string,
		readonly data: Buffer,
	) {}
}

/** One decoded parameter. Forms hold text and files only; JSON holds its own types. */
export type Param = string | number | boolean | null | Upload | Param[] | ParamTree;

/** Parameters by name; without a prototype, so that no name is special. */
export interface ParamTree {
	[name: string]: Param;
}

/** A form names one field in two ways that do not go together, as in `a[]=1&a[b]=2`. */
export class BadParams extends Error {}

/** An empty set of parameters. */
export function newTree(): ParamTree {
	const tree: ParamTree = {};
	Object.setPrototypeOf(tree, null);
	return tree;
}

/** Whether a parameter is a hash of others. */
export function isTree(value: Param | undefined): value is ParamTree {
	return (
		typeof value === 'object' &&
		value !== null &&
		!Array.isArray(value) &&
		!(value instanceof Upload)
	);
}

/** `tune[images][]` → `['tune', 'images', '']`; a name without brackets is one part. */
function partsOf(name: string): string[] {
	const [, head = name, brackets = ''] = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name) ?? [];
	return [head, ...[...brackets.matchAll(/\[([^[\]]*)\]/g)].map(([, part = '']) => part)];
}

/** Whether a name is taken; one that ends in a list never is, it adds to the list. */
function holds(tree: ParamTree, [head = '', ...rest]: string[]): boolean {
	const value = tree[head];
	if (value === undefined) return false;
	return rest.length === 0 || (isTree(value) && holds(value, rest));
}

function putInList(list: Param[], rest: string[], value: Param): void {
	if (rest.length === 0) {
		list.push(value);
		return;
	}
	const last = list.at(-1);
	// Rack's rule for `a[][b]`: the element goes on until one of its names comes a second time.
	if (isTree(last) && !holds(last, rest)) {
		put(last, rest, value);
		return;
	}
	const element = newTree();
	put(element, rest, value);
	list.push(element);
}

function put(tree: ParamTree, [head = '', ...rest]: string[], value: Param): void {
	const present = tree[head];
	if (rest.length === 0) {
		tree[head] = value;
		return;
	}
	if (rest[0] === '') {
		const list = present ?? [];
		if (!Array.isArray(list)) throw new BadParams(`expected an array for '${head}'`);
		tree[head] = list;
		putInList(list, rest.slice(1), value);
		return;
	}
	const inner = present ?? newTree();
	if (!isTree(inner)) throw new BadParams(`expected a hash for '${head}'`);
	tree[head] = inner;
	put(inner, rest, value);
}

/** `{"0": a, "1": b}` is how `x[0]=a&x[1]=b` arrives; Rails takes it wherever an array is meant. */
function withLists(value: Param): Param {
	if (Array.isArray(value)) return value.map(withLists);
	if (!isTree(value)) return value;
	// JavaScript keeps names that are numbers in their order, whatever order they came in.
	const names = Object.keys(value);
	if (names.length > 0 && names.every((name) => /^\d+$/.test(name))) {
		return names.map((name) => withLists(value[name] ?? null));
	}
	const tree = newTree();
	for (const name of names) tree[name] = withLists(value[name] ?? null);
	return tree;
}

/**
 * Nests the fields of a form as Rails does: `a[b]` is a hash, `a[]` and `a[0]` are arrays, and
 * `a[][b]` starts a new element when a name repeats.
 * @throws {BadParams} when two names contradict each other
 */
export function nest(fields: Iterable<[name: string, value: Param]>): ParamTree {
	const tree = newTree();
	for (const [name, value] of fields) put(tree, partsOf(name), value);
	const nested = newTree();
	for (const name of Object.keys(tree)) nested[name] = withLists(tree[name] ?? null);
	return nested;
}

/** The same for a JSON value, which is nested already. */
export function fromJson(value: unknown): Param {
	if (value === null || value === undefined) return null;
	if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
		return value;
	}
	if (Array.isArray(value)) return value.map(fromJson);
	const tree = newTree();
	for (const [name, inner] of Object.entries(value)) tree[name] = fromJson(inner);
	return tree;
}
