import type { INode } from 'n8n-workflow';

import { isRecord } from '../../sandbox/json';
import { executeStep, retryInEditor } from '../engine/again';
import { NODE } from '../engine/engine';
import { atCall } from '../engine/moment';
import { loop, type Rows, type Shape, subWorkflow, together, tool } from '../engine/shapes';
import { runWorkflow, startWorkflow, type WorkflowResult } from '../engine/workflow';
import type { MatrixBed } from './bed';
import { type Buyer, type Expression, EXPRESSIONS, underTest } from './buyers';
import { withoutHanging } from './patience';

/** A way in which a node stands in a workflow, and what a person does with it. */
interface Way {
	name: string;
	shape: Shape;
	rows: number;
	/** Whether all rows ask for the same. */
	equal?: true;
	/** What a person does when the execution is over. */
	then?: 'step' | 'retry';
}

const SEVERAL = 3;

export const WAYS: readonly Way[] = [
	{ name: 'one row', shape: together, rows: 1 },
	{ name: 'several rows', shape: together, rows: SEVERAL },
	{ name: 'equal rows', shape: together, rows: SEVERAL, equal: true },
	{ name: 'loop', shape: loop(1), rows: SEVERAL },
	{ name: 'Split in Batches of 2', shape: loop(2), rows: SEVERAL },
	{ name: 'sub-workflow', shape: subWorkflow('once'), rows: SEVERAL },
	{ name: 'a sub-workflow for each row', shape: subWorkflow('each'), rows: SEVERAL },
	{ name: 'tool of Agent v1', shape: tool(1), rows: SEVERAL },
	{ name: 'tool of Agent v2', shape: tool(2), rows: SEVERAL },
	{ name: 'tool of Agent v3', shape: tool(3), rows: SEVERAL },
	{ name: 'Execute step afterwards', shape: together, rows: SEVERAL, then: 'step' },
	{ name: "the editor's Retry afterwards", shape: together, rows: SEVERAL, then: 'retry' },
];

/** What happens to the rows. */
export const EVENTS = {
	good: 'all good',
	first: 'the first is bad',
	middle: 'the middle one is bad',
	lost: "the first answer is lost, and what it was about is the service's",
	unknown: 'the first submit meets a gateway time-out, and never gets there',
	stop: 'Stop at the second submit, or at the only one',
} as const;

export type Event = keyof typeof EVENTS;

export const ON_ERROR = [
	'stopWorkflow',
	'continueRegularOutput',
	'continueErrorOutput',
] as const satisfies Array<INode['onError']>;

/** One cell of the matrix, of any node. */
export interface WorkflowCell {
	way: Way;
	event: Event;
	retries: boolean;
	onError: (typeof ON_ERROR)[number];
	expression: Expression;
}

/** Why a cell makes no sense; `undefined` when it does. */
export function reasonAgainst({
	way,
	event,
	onError,
	expression,
}: WorkflowCell): string | undefined {
	if (way.equal && expression !== 'constant') {
		return 'equal rows with an expression that is another one for each are not equal';
	}
	if (way.equal && (event === 'first' || event === 'middle')) {
		return 'of equal rows none is worse than the others';
	}
	if (way.rows === 1 && event === 'middle') return 'one row has no middle';
	if (way.then === 'retry' && (event === 'good' || event === 'lost')) {
		return 'n8n retries no execution that has succeeded';
	}
	if (way.then === 'retry' && event !== 'stop' && onError !== 'stopWorkflow') {
		return 'an execution that goes on after an error succeeds, and n8n does not retry it';
	}
	return undefined;
}

function everyCell(): WorkflowCell[] {
	const events = ['good', 'first', 'middle', 'lost', 'unknown', 'stop'] as const;
	return WAYS.flatMap((way) =>
		events.flatMap((event) =>
			[false, true].flatMap((retries) =>
				ON_ERROR.flatMap((onError) =>
					EXPRESSIONS.map((expression) => ({ way, event, retries, onError, expression })),
				),
			),
		),
	);
}

/** Every cell that makes sense. */
export const WORKFLOW_CELLS: readonly WorkflowCell[] = everyCell().filter(
	(cell) => reasonAgainst(cell) === undefined,
);

/** Why the others make none. */
export const REASONS: readonly string[] = [
	...new Set(everyCell().flatMap((cell) => reasonAgainst(cell) ?? [])),
];

/** Where the id of something that was bought is told. */
export type Place = 'items' | 'error' | 'log';

/** What came of a workflow. */
export interface WorkflowVerdict {
	bought: number;
	/** Every place that is needed, so that no id is missing. */
	places: Place[];
	broken: string[];
}

const NO_PAUSE = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 } as const;

/** Rows that make up a run: as many as the way has. */
function rowsOf({ rows, equal }: Way, event: Event, buyer: Buyer, bed: MatrixBed) {
	const bad = event === 'first' ? 0 : event === 'middle' ? Math.floor(rows / 2) : -1;
	const same = bed.nextNumber();
	return Array.from({ length: rows }, (_, index) =>
		buyer.row(equal ? same : bed.nextNumber(), index === bad),
	);
}

/** Everything that an execution and those of its sub-workflows put out and failed with, as text. */
function wordsOf(results: readonly WorkflowResult[]): { items: string; errors: string } {
	const items: unknown[] = [];
	const errors: unknown[] = [];
	const visit = ({ run, children }: WorkflowResult) => {
		const { runData, error } = run.data.resultData;
		errors.push(error?.message);
		for (const task of Object.values(runData).flat()) {
			errors.push(task.error?.message);
			items.push(
				Object.values(task.data ?? {})
					.flat(2)
					.map((item) => item?.json),
			);
		}
		children.forEach(visit);
	};
	results.forEach(visit);
	return { items: JSON.stringify(items), errors: JSON.stringify(errors) };
}

/** Where an id is told, the first of the places that a person looks at. */
function placeOf(id: string, words: ReturnType<typeof wordsOf>, log: string): Place | undefined {
	if (words.items.includes(id)) return 'items';
	if (words.errors.includes(id)) return 'error';
	return log.includes(id) ? 'log' : undefined;
}

/**
 * Judges executions: no more was bought than rows were asked for, and the id of each purchase is
 * told.
 *
 * @param asked how many purchases a person has asked for, at most
 * @param mayBeLost of how many of them nobody can tell the id
 */
export function judgeWorkflow(
	bed: MatrixBed,
	results: readonly WorkflowResult[],
	bought: readonly string[],
	asked: number,
	mayBeLost = 0,
): WorkflowVerdict {
	const words = wordsOf(results);
	const log = bed.log.lines.filter(({ level }) => level === 'info').map(({ text }) => text);
	const places = bought.map((id) => placeOf(id, words, log.join('\n')));
	const broken: string[] = [];
	if (bought.length > asked) broken.push(`${bought.length} were bought, for ${asked} rows`);
	const lost = bought.filter((_, index) => places[index] === undefined);
	if (lost.length > mayBeLost) broken.push(`nothing tells ${lost.length} of ${bought.length} ids`);
	const order: Place[] = ['items', 'error', 'log'];
	return { bought: bought.length, places: order.filter((place) => places.includes(place)), broken };
}

function script({ sandbox }: MatrixBed, { submit }: Buyer, event: Event): void {
	const timeout = { status: 504, body: 'timeout' };
	if (event === 'lost') sandbox.faults.add({ on: submit, fault: { kind: 'resetAfter' } });
	if (event === 'unknown') {
		sandbox.faults.add({ on: submit, fault: { kind: 'answer', answer: timeout } });
	}
}

/** Whether everything is good, where nothing goes wrong. */
function allGood(rows: Rows, expected: number): boolean {
	return rows.failed.length === 0 && rows.good.length === expected && rows.good.every(isRecord);
}

/** Runs one cell of one node. */
export async function runWorkflowCell(
	bed: MatrixBed,
	buyer: Buyer,
	cell: WorkflowCell,
): Promise<WorkflowVerdict> {
	const { way, event, retries, onError, expression } = cell;
	bed.clean();
	const before = buyer.sold().length;
	const settings = { onError, ...(retries && NO_PAUSE) };
	// One after another, so that it is known what has been bought when a row fails.
	const node = underTest(bed, buyer, { expression, jobsInFlight: 1, settings });
	const built = way.shape.workflow(node, rowsOf(way, event, buyer, bed));
	const workflow = way.then === 'step' ? { ...built, mode: 'manual' as const } : built;
	script(bed, buyer, event);
	const results: WorkflowResult[] = [];
	if (event === 'stop') {
		const moment = atCall(bed.sandbox, buyer.submit, Math.min(2, way.rows));
		const started = startWorkflow(workflow);
		void moment.then(() => started.stop());
		results.push(await withoutHanging(started.finished));
		// The moment's own way to see calls.
		Reflect.deleteProperty(bed.sandbox.calls, 'push');
	} else {
		results.push(await withoutHanging(runWorkflow(workflow)));
	}
	const [first] = results;
	let asked = way.rows;
	if (first && way.then === 'step') {
		results.push(await withoutHanging(executeStep(first, NODE)));
		asked += way.rows;
	}
	if (first && way.then === 'retry') {
		results.push(await withoutHanging(retryInEditor(first)));
		// What has failed, a person asks for again.
		if (event === 'first' || event === 'middle') asked += 1;
	}
	const bought = buyer.sold().slice(before);
	const verdict = judgeWorkflow(bed, results, bought, asked);
	const last = results.at(-1);
	if (event === 'good' && last && !allGood(way.shape.rows(last), way.rows)) {
		verdict.broken.push('not every row is good, although nothing went wrong');
	}
	if (event === 'good' && bought.length !== asked) verdict.broken.push('not every row was bought');
	return verdict;
}
