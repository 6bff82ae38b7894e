import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { INodeTypeDescription } from 'n8n-workflow';

import { AstriaCallbackTrigger } from '../../nodes/Astria/AstriaCallbackTrigger/AstriaCallbackTrigger.node';
import { AstriaPrompt } from '../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import { AstriaTrigger } from '../../nodes/Astria/AstriaTrigger/AstriaTrigger.node';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node';
import { FashnTryOn } from '../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { FashnTryOnTrigger } from '../../nodes/Fal/FashnTryOnTrigger/FashnTryOnTrigger.node';
import {
	EXAMPLES,
	type ExampleNode,
	exampleFiles,
	loadExample,
	nodesOf,
} from '../host/examples/load';
import { LEFT_EMPTY, objectionsTo } from '../host/examples/parameters';
import { asList, asRecord } from '../host/guards';

const PACKAGE = 'n8n-nodes-virtual-try-on.';
const STICKY = 'n8n-nodes-base.stickyNote';

/** Examples whose executions show how far they came when n8n was stopped in the middle. */
const SAVED = ['shopify-new-product.json', 'woocommerce-new-product.json'];

/** A run of these must not outlive its claims, which end after half an hour. */
const TIMEOUTS_S: Record<string, number> = { 'scheduled-from-a-sheet.json': 25 * 60 };

/** Types that n8n reaches by an address of their own. */
const WITH_WEBHOOK =
	/\.(webhook|formTrigger|form|chatTrigger|fashnTryOnTrigger|astriaCallbackTrigger)$/;

const own = new Map<string, INodeTypeDescription>(
	[
		new AstriaCallbackTrigger(),
		new AstriaPrompt(),
		new AstriaTrigger(),
		new AstriaTune(),
		new FashnTryOn(),
		new FashnTryOnTrigger(),
	].map(({ description }) => [`${PACKAGE}${description.name}`, description]),
);

/** Parameters that n8n itself adds to a node that is a tool. */
const TOOL_PARAMETERS = new Set(['descriptionType', 'toolDescription']);

/** The parameter that n8n itself adds to a node that looks by itself. */
const POLL_PARAMETER = 'pollTimes';

function parametersOfOwn(node: ExampleNode): ExampleNode {
	const parameters = Object.entries(node.parameters).filter(
		([name]) =>
			name !== POLL_PARAMETER && !(node.type.endsWith('Tool') && TOOL_PARAMETERS.has(name)),
	);
	return { ...node, parameters: Object.fromEntries(parameters) };
}

/** Every connection, as names of two nodes. */
function linksOf(connections: object): Array<{ from: string; to: string }> {
	return Object.entries(connections).flatMap(([from, byType]) =>
		Object.values(asRecord(byType)).flatMap((outputs) =>
			asList(outputs)
				.flatMap(asList)
				.map((link) => ({ from, to: String(asRecord(link).node) })),
		),
	);
}

describe.each(exampleFiles())('%s', (file) => {
	const example = loadExample(file);
	const nodes = nodesOf(example);
	const working = nodes.filter(({ type }) => type !== STICKY);
	const names = working.map(({ name }) => name);

	it('holds nothing of the n8n that it was made in', () => {
		expect(Object.keys(example).sort()).toEqual([
			'connections',
			'name',
			'nodes',
			'pinData',
			'settings',
		]);
		expect(example.pinData).toEqual({});
		expect(example.settings).toEqual({
			executionOrder: 'v1',
			...(file in TIMEOUTS_S && { executionTimeout: TIMEOUTS_S[file] }),
			...(SAVED.includes(file) && { saveExecutionProgress: true }),
		});
	});

	it('names credentials and has none', () => {
		for (const { credentials } of working) {
			for (const credential of Object.values(credentials)) {
				expect(credential).toEqual({ id: '', name: expect.stringMatching(/\w/) });
			}
		}
	});

	it('has no node that leads nowhere and comes from nowhere', () => {
		const links = linksOf(example.connections);
		expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
		for (const { from, to } of links) {
			expect(names).toContain(from);
			expect(names).toContain(to);
		}
		const linked = new Set(links.flatMap(({ from, to }) => [from, to]));
		expect(names.filter((name) => !linked.has(name))).toEqual([]);
	});

	it('refers to its own nodes only', () => {
		const text = JSON.stringify(working.map(({ parameters }) => parameters));
		const meant = [...text.matchAll(/\$\('([^']+)'\)/g)].map(([, name]) => name);
		expect(meant.filter((name) => !names.includes(name ?? ''))).toEqual([]);
	});

	it('says on notes what it does and what to set', () => {
		const notes = nodes.filter(({ type }) => type === STICKY);
		const content = notes.map(({ parameters }) => String(parameters.content)).join('\n');
		expect(content).toMatch(/^## /m);
		expect(content).toContain('### To set');
		const quoted = [...content.matchAll(/\*\*([A-Z][^*]+)\*\*/g)].map(([, name]) => name);
		expect(quoted.filter((name) => names.includes(name ?? ''))).not.toEqual([]);
	});

	it('gives every address of its own a fixed id', () => {
		const reached = working.filter(
			({ type, parameters }) => WITH_WEBHOOK.test(type) || parameters.operation === 'sendAndWait',
		);
		for (const { webhookId } of reached) expect(webhookId).toEqual(expect.stringMatching(/\w{8}/));
	});

	it('uses parameters that the nodes of this package have', () => {
		const ours = working.filter(({ type }) => type.startsWith(PACKAGE));
		expect(ours).not.toEqual([]);
		const problems = ours.flatMap((node) => {
			const type = own.get(node.type.replace(/Tool$/, ''));
			return type ? objectionsTo(parametersOfOwn(node), type) : [`${node.type} is unknown`];
		});
		expect(problems).toEqual(LEFT_EMPTY[file] ?? []);
	});

	it('is in the list of examples, with the address that n8n imports from', () => {
		const list = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
		expect(list).toContain(`(${file})`);
		expect(list).toContain(`/raw/main/examples/${file})`);
	});
});

it('shows each example in a section, in the order of the list', () => {
	const list = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
	const [before = '', ...sections] = list.split(/^## /m);
	const named = [...before.matchAll(/^\| \[[^\]]+\]\(([\w-]+)\.json\)/gm)].map(([, name]) => name);
	const shown = sections.flatMap((section) =>
		[...section.matchAll(/\/example-([\w-]+)\.png\)/g)].map(([, name]) => name),
	);
	expect(named.map((name) => `${name}.json`).sort()).toEqual(exampleFiles().sort());
	expect(shown).toEqual(named);
});

it.each(exampleFiles())('%s says in both words of n8n how it is switched on', (file) => {
	const notes = nodesOf(loadExample(file)).filter(({ type }) => type === STICKY);
	const words = notes.map(({ parameters }) => String(parameters.content)).join('\n');
	const switched = words.match(/activate[^.]*/gi) ?? [];
	expect(switched.filter((said) => !/^activate it\)/.test(said))).toEqual([]);
});

it('notices a parameter that is not there, a value that is none, and one that is missing', () => {
	const type = new FashnTryOn().description;
	const node = { name: 'Node', type: type.name, typeVersion: 1, credentials: {}, position: [0, 0] };
	const parameters = { model_image: '', garment_image: 'x', mode: 'best', gar_ment: 1 };
	expect(objectionsTo({ ...node, parameters }, type)).toEqual([
		'Node: gar_ment is not a parameter',
		expect.stringContaining('Model Image'),
		'Node: Mode has no such choice',
	]);
});
