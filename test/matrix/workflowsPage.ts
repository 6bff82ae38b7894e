import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { isRecord } from '../../sandbox/json';
import { EXPRESSIONS } from './buyers';
import { markdownOf, NONE, pageOf, RED } from './page';
import {
	type Event,
	EVENTS,
	ON_ERROR,
	REASONS,
	WAYS,
	WORKFLOW_CELLS,
	type WorkflowCell,
	type WorkflowVerdict,
} from './workflowCells';

export const WORKFLOWS_PAGE = 'workflows.md';

/** Cells of a node: for Astria's, a random value stands for the time too. */
export function cellsOf(buyer: string): readonly WorkflowCell[] {
	const isFull = buyer.startsWith('FASHN');
	return WORKFLOW_CELLS.filter(({ expression }) => isFull || expression !== 'time');
}

const LETTERS = { items: 'i', error: 'e', log: 'l' } as const;

/** What stands on the page for a cell. */
export function textOf({ bought, places, broken }: WorkflowVerdict): string {
	const where = places.map((place) => LETTERS[place]).join('');
	return `${bought}${where}${broken.length > 0 ? RED : ''}`;
}

/** How a row of a table is called. */
export function rowName({ way, event }: Pick<WorkflowCell, 'way' | 'event'>): string {
	return `${way.name}: ${event}`;
}

const SETTINGS = [false, true].flatMap((retries) =>
	ON_ERROR.map((onError) => ({ retries, onError })),
);

/** How a column is called. */
export function columnName({
	retries,
	onError,
}: Pick<WorkflowCell, 'retries' | 'onError'>): string {
	const words = {
		stopWorkflow: 'Stop',
		continueRegularOutput: 'Continue',
		continueErrorOutput: 'Continue (error output)',
	};
	return `${words[onError]}${retries ? ', Retry On Fail' : ''}`;
}

const LIST = (lines: readonly string[]) => lines.map((line) => `- ${line}.`).join('\n');

const INTRODUCTION = `# What workflows buy

Each node that buys, in each way in which a workflow has it, times each of its settings, times what can happen: run in n8n's own engine, against [stand-ins of the services](../sandbox). A cell holds how much was bought, and where the ids of it are told: **i** in the items that come out, **e** in the error of the execution, **l** in n8n's log at the level *info*, which is where they are when n8n drops everything that a node has put out, as after Stop. Of three texts in a cell the first is for a node without changing expressions, the second for one with a random value in an expression, the third, for FASHN alone, for one with the time; one text is for all of them.

What happens:

${LIST(Object.entries(EVENTS).map(([event, words]) => `*${event}*: ${words}`))}

In every cell no more is bought than a person has asked for: each row once, with *Execute step* once more, and with the editor's *Retry* what had failed once more. And the id of all that was bought is told somewhere. A cell that breaks this has a ${RED}.

Not run (${NONE}), since they make no sense:

${LIST(REASONS)}`;

type Verdicts = ReadonlyMap<WorkflowCell, WorkflowVerdict>;

function cellText(verdicts: Verdicts, like: Omit<WorkflowCell, 'expression'>): string {
	const texts = EXPRESSIONS.flatMap((expression) =>
		[...verdicts].flatMap(([cell, verdict]) => {
			const { way, event, retries, onError } = cell;
			const isMeant =
				way === like.way &&
				event === like.event &&
				retries === like.retries &&
				onError === like.onError &&
				cell.expression === expression;
			return isMeant ? [textOf(verdict)] : [];
		}),
	);
	if (texts.length === 0) return NONE;
	return new Set(texts).size === 1 ? (texts[0] ?? '') : texts.join(' / ');
}

function tableOf(verdicts: Verdicts): string {
	const events = ['good', 'first', 'middle', 'lost', 'unknown', 'stop'] as const satisfies Event[];
	const rows = WAYS.flatMap((way) => events.map((event) => ({ way, event })));
	return markdownOf({
		corner: 'way: what happens',
		columns: SETTINGS.map(columnName),
		rows: rows
			.map((row) => ({
				name: rowName(row),
				cells: SETTINGS.map((settings) => cellText(verdicts, { ...row, ...settings })),
			}))
			.filter(({ cells }) => cells.some((cell) => cell !== NONE)),
	});
}

function brokenIn(verdicts: Verdicts): string[] {
	const lines = [...verdicts].flatMap(([cell, { broken }]) =>
		broken.map((what) => `- ${rowName(cell)}, ${columnName(cell)}, ${cell.expression}: ${what}`),
	);
	return lines.length === 0 ? [] : [lines.join('\n')];
}

function isVerdict(message: unknown): message is WorkflowVerdict {
	return isRecord(message) && typeof message.bought === 'number' && Array.isArray(message.broken);
}

/** Runs a node's cells in a process of their own. @throws Error when it does not tell all of them */
async function verdictsOf(buyer: string): Promise<Verdicts> {
	const cells = cellsOf(buyer);
	const verdicts = new Map<WorkflowCell, WorkflowVerdict>();
	const child = fork(path.join(__dirname, 'workflowsOf.ts'), [buyer]);
	child.on('message', (message) => {
		const cell = cells[verdicts.size];
		if (cell && isVerdict(message)) verdicts.set(cell, message);
	});
	const [code] = await once(child, 'exit');
	if (verdicts.size < cells.length) {
		const last = cells[verdicts.size];
		const where = last ? `${rowName(last)}, ${columnName(last)}, ${last.expression}` : 'the end';
		throw new Error(`${buyer}: ended with ${String(code)} at ${where}`);
	}
	return verdicts;
}

/** Every node of the page, in its order. */
export const BUYERS = ['FASHN Try-On: Generate', 'Astria Prompt: Create', 'Astria Tune: Create'];

/** Runs the whole matrix. @returns the page */
export async function workflowsPage(): Promise<string> {
	const sections: string[] = [];
	const all: WorkflowVerdict[] = [];
	const byBuyer = await Promise.all(BUYERS.map(verdictsOf));
	for (const [index, verdicts] of byBuyer.entries()) {
		const name = BUYERS[index] ?? '';
		all.push(...verdicts.values());
		sections.push(`## ${name}`, tableOf(verdicts), ...brokenIn(verdicts));
	}
	const red = all.filter(({ broken }) => broken.length > 0).length;
	return pageOf(
		INTRODUCTION,
		`${all.length} cells; ${red === 0 ? 'none' : red} of them red.`,
		...sections,
	);
}
