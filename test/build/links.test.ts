import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { readSources, type Sources } from '../../build/docs/sources';
import { anchorOf } from '../../build/docs/text';
import { filesBelow, ROOT } from '../../build/project';

const MARKDOWN = [
	...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
	...['docs', 'examples', '.github'].flatMap((folder) => filesBelow(folder)),
].filter((file) => file.endsWith('.md'));

const CODEX = filesBelow('nodes').filter((file) => file.endsWith('.node.json'));

function read(file: string): string {
	return readFileSync(path.join(ROOT, file), 'utf8');
}

/** Without what is code, in which a link is none and a hash is no heading. */
function wordsOf(file: string): string {
	return read(file).replace(/^```.*?^```/gms, '');
}

function linksIn(file: string): string[] {
	const links = wordsOf(file)
		.replace(/`[^`\n]*`/g, '')
		.matchAll(/\]\(([^)\s]+)\)/g);
	return [...links].map(([, link = '']) => link);
}

/** Whether a file of this project is there, with the heading after the hash if there is one. */
function isThere(target: string): boolean {
	const [file = '', anchor] = target.split('#');
	if (!existsSync(path.join(ROOT, file))) return false;
	const headings = anchor === undefined ? [] : [...wordsOf(file).matchAll(/^#+ (.+)$/gm)];
	return anchor === undefined || headings.some(([, text = '']) => anchorOf(text) === `#${anchor}`);
}

/** The file of this project that an address of its repository shows, with the heading. */
function targetOf(url: string): string | undefined {
	const manifest: unknown = JSON.parse(read('package.json'));
	if (typeof manifest !== 'object' || manifest === null || !('homepage' in manifest)) {
		throw new Error('package.json has no homepage');
	}
	const homepage = String(manifest.homepage);
	if (!url.startsWith(homepage)) return undefined;
	const rest = url.slice(homepage.length);
	// Without a path it shows the README; what is neither, such as its issues, is no file.
	return rest === '' || rest.startsWith('#')
		? `README.md${rest}`
		: /^\/(?:blob|raw|tree)\/[^/]+\/(.+)$/.exec(rest)?.[1];
}

/** Links that lead nowhere, as far as that can be told on this machine. */
function lost(links: readonly string[], from = '.'): string[] {
	return links.filter((link) => {
		if (!/^\w+:/.test(link)) {
			const [file = '', anchor] = link.split('#');
			const target = file === '' ? from : path.join(path.dirname(from), file);
			return !isThere(anchor === undefined ? target : `${target}#${anchor}`);
		}
		if (!link.startsWith('https://') || !URL.canParse(link)) return true;
		const target = targetOf(link);
		return target !== undefined && !isThere(target);
	});
}

/** All addresses in a value of JSON. */
function urlsIn(value: unknown): string[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, part]: [string, unknown]) =>
		name === 'url' ? [String(part)] : urlsIn(part),
	);
}

let sources: Sources;

beforeAll(async () => {
	sources = await readSources();
});

describe('a link leads somewhere', () => {
	test.each(MARKDOWN)('in %s', (file) => {
		expect(lost(linksIn(file), file)).toEqual([]);
	});

	test.each(CODEX)("in n8n's panel, by %s", (file) => {
		const codex: unknown = JSON.parse(read(file));
		const urls = urlsIn(codex);
		expect(urls.length).toBeGreaterThan(0);
		expect(lost(urls)).toEqual([]);
	});

	test.each(CODEX)("in n8n's panel to the part of the README about the node, by %s", (file) => {
		const codex: unknown = JSON.parse(read(file));
		const name = String(Reflect.get(Object(codex), 'node')).replace(/^.*\./, '');
		const named = sources.nodes.find(({ node }) => node.description.name === name);
		const [anchor = ''] = urlsIn(codex).flatMap((url) => targetOf(url)?.split('#')[1] ?? []);
		const sections = wordsOf('README.md').split(/^(?=## )/m);
		const section = sections.find(
			(text) => anchorOf(text.split('\n')[0]?.slice(3) ?? '') === `#${anchor}`,
		);
		expect(section).toContain(named?.node.description.displayName);
	});

	test('in the credentials', () => {
		const urls = sources.credentials.map(({ documentationUrl = '' }) => documentationUrl);
		expect(urls.length).toBeGreaterThan(0);
		expect(lost(urls)).toEqual([]);
	});

	test('to the services, from every operation', () => {
		const links = sources.nodes.flatMap((node) => [
			...node.links,
			...[...node.pages.values()].flatMap((page) => page.links),
		]);
		expect(links.length).toBeGreaterThan(0);
		expect(lost(links.map(({ url }) => url))).toEqual([]);
	});
});

test('a link that leads nowhere is found', () => {
	const home = 'https://github.com/n8n-nodes-virtual-try-on/n8n-nodes-virtual-try-on';
	const good = [
		'README.md',
		'README.md#limits',
		'#limits',
		home,
		`${home}#limits`,
		`${home}/issues`,
	];
	const bad = [
		'MISSING.md',
		'README.md#missing',
		'#missing',
		'http://docs.astria.ai/docs/api/overview',
		'https://',
		`${home}#missing`,
		`${home}/blob/main/docs/missing.md`,
	];
	expect(lost([...good, ...bad], 'README.md')).toEqual(bad);
});
