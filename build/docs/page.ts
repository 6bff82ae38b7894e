import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { isDeepStrictEqual } from 'node:util';

import { ERROR_COLUMNS } from '../../nodes/shared/errorRow';
import { type Columns, type Output, resourceProperties } from '../../nodes/shared/operation';
import { readManifest } from '../project';
import { choicesText, conditionOn, defaultText, partsOf, shownWhen, valuesText } from './property';
import { type DocumentedNode, keyOf, type Sources } from './sources';
import { anyOf, code, linksText, linkTo, prose, sentence, tableText } from './text';

/** The command that writes the pages. */
export const COMMAND = 'npm run docs';

const NAMES =
	"Names are those of the parameters in expressions and workflow files; a field of the service has its name in the service's API. An empty field is not sent: the service's own default applies. 0 and off are sent.";

const ADDED =
	'Each of these takes effect only when it is added; the default is what it then starts with.';

const FAILED =
	'With _On Error_ set to _Continue_ a failed row has these columns beside those that it came with. On the error output of n8n 1.x `details` is missing.';

const HEAD = ['Parameter', 'Name', 'What it does', 'Values', 'Default', 'Required', 'Shown when'];

/** More choices than this stand in a list of their own, at the end of the page. */
const MAX_CHOICES_IN_CELL = 12;

/** What the parts of a page share. */
interface State {
	fields: Sources['fields'];
	/** All parameters of the operation. */
	all: INodeProperties[];
	/** Conditions of what shows with a retired choice alone, and of what shows with every other. */
	retired: { is: string; isNot: string };
	/** What shows with the retired choice alone. */
	appendix: string[];
	/** Long lists of choices. */
	lists: string[];
	/** What is on the page, by its heading. */
	printed: Map<string, string>;
}

/** Prints what stands under a heading, and links to it; what the page has already is linked only. */
function once({ printed }: State, heading: string, parts: readonly string[]) {
	const text = parts.join('\n\n');
	const there = [...printed].find(([, other]) => other === text)?.[0];
	if (there !== undefined) return { link: linkTo(there), parts: [] };
	if (printed.has(heading)) throw new Error(`Two parts of a page are called ${heading}`);
	printed.set(heading, text);
	return { link: linkTo(heading), parts: [`### ${heading}`, ...parts] };
}

/** The choices of a parameter, or a link to where a long list of them is. */
function choicesIn(state: State, property: INodeProperties): string[] {
	const choices = choicesText(property);
	if (choices.length <= MAX_CHOICES_IN_CELL) return choices;
	const list = choices.map((choice) => `- ${choice}`).join('\n');
	const { link, parts } = once(state, `Choices of ${property.displayName}`, [list]);
	state.lists.push(...parts);
	return [link];
}

interface Row {
	cells: string[];
	conditions: string[];
	/** The table of a collection, where it has one of its own. */
	below: string[];
}

/** Rows of parameters, each followed by those in it; below a heading a collection is a table. */
function rowsOf(state: State, beside: INodeProperties[], heading = '', path: string[] = []): Row[] {
	const { is, isNot } = state.retired;
	return beside.flatMap((property) => {
		const { displayName, name, description = '', hint = '', required = false } = property;
		const fields = state.fields.get(keyOf(displayName, description)) ?? [];
		const docs = fields.find((field) => field.docs !== undefined)?.docs;
		const help = [description, hint].map(sentence).join(' ').trim();
		const labels = [...path, prose(displayName)];
		const conditions = shownWhen(property, beside, state.all);
		const row = (values: string, below: string[] = []): Row => ({
			cells: [
				labels.join(' › '),
				code(name),
				`${prose(help)}${docs === undefined ? '' : ` [More](${docs})`}`,
				values,
				defaultText(property),
				required ? 'yes' : '',
				conditions.filter((text) => text !== is && text !== isNot).join('; '),
			],
			conditions,
			below,
		});
		const parts = partsOf(property);
		if (heading === '' || parts.length === 0) {
			const values = valuesText(property, fields, choicesIn(state, property));
			return [row(values), ...rowsOf(state, parts, '', labels)];
		}
		const old = conditions.includes(is) ? `, when ${is}` : '';
		const own = `${heading}: ${displayName}${old}`;
		const kind = valuesText(property, fields, []) || ADDED;
		const intro = [prose(description), kind].map(sentence).join(' ').trim();
		const table = tableParts(state, own, rowsOf(state, parts));
		const { link, parts: below } = once(state, own, [intro, ...table]);
		return [row(link, below)];
	});
}

/** Labels of the operation's parameters that show on this condition, also of those in collections. */
function labelsWhen(state: State, condition: string, beside = state.all): string[] {
	return beside.flatMap((property) => [
		...(shownWhen(property, beside, state.all).includes(condition)
			? [prose(property.displayName)]
			: []),
		...labelsWhen(state, condition, partsOf(property)),
	]);
}

/** A table, and what belongs below it; rows of a retired choice alone go to the appendix. */
function tableParts(state: State, heading: string, rows: readonly Row[]): string[] {
	const { is, isNot } = state.retired;
	const table = (some: readonly Row[]) =>
		tableText(
			HEAD,
			some.map(({ cells }) => cells),
		);
	const print = (some: readonly Row[]) => [table(some), ...some.flatMap(({ below }) => below)];
	const old = rows.filter(({ conditions }) => conditions.includes(is));
	if (old.length === 0) return print(rows);
	const gone = [...new Set(labelsWhen(state, isNot))];
	const intro = `These are there in addition, and there is no ${anyOf(gone)}.`;
	const { link, parts } = once(state, `${heading}, when ${is}`, [intro, table(old)]);
	state.appendix.push(...parts, ...old.flatMap(({ below }) => below));
	return [`In the appendix: ${link}.`, ...print(rows.filter((row) => !old.includes(row)))];
}

/** The notices of an operation, and its parameters in the order of the panel. */
function parametersText(page: State, heading: string, all: INodeProperties[]): string[] {
	const state = { ...page, all };
	const notices = all.filter(({ type }) => type === 'notice');
	const shown = all.filter(({ type }) => type !== 'notice' && type !== 'hidden');
	return [
		...notices.map((notice) => {
			const conditions = shownWhen(notice, all, all).filter((text) => text !== state.retired.isNot);
			const when = conditions.length === 0 ? '' : `Shown when ${conditions.join('; ')}: `;
			return `> ${when}${prose(notice.displayName)}`;
		}),
		...tableParts(state, heading, rowsOf(state, shown, heading)),
	];
}

function columnsText(columns: Columns): string {
	const rows = Object.entries(columns).map(([name, { meaning }]) => [code(name), meaning]);
	return tableText(['Column', 'Meaning'], rows);
}

function outputText(state: State, heading: string, outputs: readonly Output[]): string[] {
	const tables = outputs.flatMap(({ when, columns }) => [
		...(when === undefined ? [] : [`**What comes out ${when}:**`]),
		columnsText(columns),
	]);
	const { link, parts } = once(state, `${heading}: What comes out`, tables);
	return parts.length > 0 ? parts : [`What comes out: the same as in ${link}.`];
}

const headingOf = ({ displayName }: ICredentialType) => `Credential: ${displayName}`;

function credentialText(state: State, credential: ICredentialType): string[] {
	const { documentationUrl = '', properties } = credential;
	return [
		`## ${headingOf(credential)}`,
		`Where the key comes from: [${new URL(documentationUrl).hostname}](${documentationUrl}).`,
		...parametersText(state, headingOf(credential), properties),
	];
}

function readRetired({ resources, retired }: DocumentedNode): State['retired'] {
	if (retired === undefined) return { is: '', isNot: '' };
	const controlling = resources
		.flatMap(({ operations }) => operations.flatMap(({ properties }) => properties))
		.filter(({ name }) => name === retired.parameter);
	const condition = (not: boolean) => conditionOn(controlling, [retired.value], not);
	return { is: condition(false), isNot: condition(true) };
}

/** A page, and the name of its file. */
export interface Page {
	file: string;
	text: string;
}

/** The reference page of a node. @throws Error when the node has something that it cannot tell */
export function pageOf({ fields, credentials }: Sources, documented: DocumentedNode): Page {
	const { node, resources, links, pages, trigger } = documented;
	const { displayName, name, version, description, usableAsTool, properties } = node.description;
	const listed = resources[0]
		? resourceProperties({ resources, chosen: resources[0] })
		: properties;
	if (!isDeepStrictEqual(properties.slice(1), listed.slice(1))) {
		throw new Error(`${displayName} has other parameters than its operations`);
	}
	const retired = readRetired(documented);
	const state: State = { fields, all: [], retired, appendix: [], lists: [], printed: new Map() };
	const contents: string[] = [];
	const operations = resources.flatMap((resource) =>
		resource.operations.flatMap((operation) => {
			const heading = `${resource.name}: ${operation.name}`;
			const page = pages.get(`${resource.value}.${operation.value}`);
			if (!page) throw new Error(`No file of an operation says what ${heading} puts out`);
			const does = prose(sentence(operation.description));
			contents.push(`- ${linkTo(heading)}: ${does}`);
			return [
				`## ${heading}`,
				`${does} At the service: ${linksText(page.links)}.`,
				...parametersText(state, heading, operation.properties),
				...outputText(state, heading, page.outputs),
			];
		}),
	);
	const ofTrigger = trigger
		? [
				'## Parameters',
				...parametersText(state, 'Parameters', properties),
				...outputText(state, displayName, trigger.outputs),
			]
		: [];
	if (documented.retired && state.appendix.length === 0) {
		throw new Error(`Nothing shows with ${documented.retired.value} alone`);
	}
	const keys = credentials.filter((one) =>
		node.description.credentials?.some((wanted) => wanted.name === one.name),
	);
	const facts = [
		['Type', `${code(`${readManifest().name}.${name}`)}, version ${String(version)}`],
		['Credential', keys.map((key) => `${linkTo(headingOf(key))}, ${code(key.name)}`).join('; ')],
		['Tool of an AI agent', usableAsTool ? 'yes' : 'no'],
		['Service', linksText(links)],
	];
	const ends = [
		...(trigger ? [] : ['## Rows that failed', FAILED, columnsText(ERROR_COLUMNS)]),
		...keys.flatMap((key) => credentialText(state, key)),
		...(state.lists.length > 0 ? ['## Long lists of choices', ...state.lists] : []),
		...(state.appendix.length > 0 ? [`## Appendix: ${retired.is}`, ...state.appendix] : []),
	];
	const headings = [...ofTrigger, ...ends]
		.filter((part) => part.startsWith('## '))
		.map((part) => part.slice(3));
	const text = [
		`<!-- Generated by \`${COMMAND}\` from the node's operations and lib/fields. Do not edit. -->`,
		`# ${displayName}`,
		prose(sentence(trigger?.does ?? description)),
		tableText(['', ''], facts),
		NAMES,
		[...contents, ...headings.map((heading) => `- ${linkTo(heading)}`)].join('\n'),
		...operations,
		...ofTrigger,
		...ends,
	].join('\n\n');
	return { file: `${displayName.toLowerCase().replaceAll(' ', '-')}.md`, text: `${text}\n` };
}
