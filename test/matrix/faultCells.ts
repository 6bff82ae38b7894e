import type { FaultKind } from '../../sandbox/types';
import { runNode } from '../engine/engine';
import { astriaPurchases } from './astriaCalls';
import { credentialOf, type MatrixBed } from './bed';
import type { MatrixCall, Purchase } from './calls';
import { falPurchases } from './falCalls';
import { type MatrixFault, TIMES } from './faults';
import { type Ended, judge, type Verdict } from './judge';
import { withoutHanging } from './patience';

/** Rows of a cell: one that meets the fault, and one that comes after it. */
const ROWS = 2;

/** What a cell came to, with the fault met once and each time. */
export type CellVerdicts = Record<keyof typeof TIMES, Verdict>;

function purchasesOf(bed: MatrixBed, { service }: MatrixCall): Purchase[] {
	return service === 'fal' ? falPurchases(bed) : astriaPurchases(bed);
}

function script(bed: MatrixBed, { on }: MatrixCall, { fault }: MatrixFault, times: number): void {
	if (fault === 'refused') {
		bed.refusals.add(on, times);
		return;
	}
	const kind: FaultKind = typeof fault === 'function' ? fault(bed.outside) : fault;
	bed.sandbox.faults.add({ on, fault: kind, times });
}

/** Whether a fault says anything new about a call. */
export function makesSense({ changes }: MatrixCall, { taken }: MatrixFault): boolean {
	return changes || taken === undefined;
}

function callsLike({ sandbox }: MatrixBed, on: RegExp): number {
	return sandbox.calls.filter(({ method, path, query }) => {
		const search = query.toString();
		return on.test(`${method} ${path}${search === '' ? '' : `?${search}`}`);
	}).length;
}

/** What came of a run of the node. */
type Run = Pick<Ended, 'result' | 'numbers' | 'purchases'>;

/** @param wrong scripts what goes wrong, once all that the rows need is there */
async function run(bed: MatrixBed, call: MatrixCall, wrong: () => void): Promise<Run> {
	const { stream } = bed.sandbox.fal.options;
	const numbers = Array.from({ length: ROWS }, () => bed.nextNumber());
	bed.clean();
	const { items, parameters } = await call.give(bed, numbers);
	bed.sandbox.calls.splice(0);
	const before = purchasesOf(bed, call).length;
	wrong();
	call.provoke?.(bed);
	const result = await withoutHanging(
		runNode({
			nodeType: new call.nodeType(),
			credential: credentialOf(bed, call.service),
			parameters,
			items,
			settings: { onError: 'continueRegularOutput' },
		}),
	);
	bed.sandbox.fal.options.stream = stream;
	return { result, numbers, purchases: purchasesOf(bed, call).slice(before) };
}

/** By bed and call. */
const columnsSeen = new WeakMap<MatrixBed, Map<MatrixCall, ReadonlySet<string>>>();

/** The columns of a call's rows when nothing goes wrong. @throws Error when something does */
async function columnsOf(bed: MatrixBed, call: MatrixCall): Promise<ReadonlySet<string>> {
	const seen = columnsSeen.get(bed) ?? new Map<MatrixCall, ReadonlySet<string>>();
	columnsSeen.set(bed, seen);
	const known = seen.get(call);
	if (known) return known;
	const { result } = await run(bed, call, () => {});
	const [items = []] = result.outputs;
	const columns = new Set(items.flatMap(({ json }) => Object.keys(json)));
	if (columns.size === 0 || columns.has('error')) {
		throw new Error(`${call.name} fails without a fault: ${JSON.stringify(items)}`);
	}
	seen.set(call, columns);
	return columns;
}

/** Runs one cell, with the fault met so many times. */
async function runFault(
	bed: MatrixBed,
	call: MatrixCall,
	fault: MatrixFault,
	times: number,
): Promise<Verdict> {
	const columns = await columnsOf(bed, call);
	const ended = await run(bed, call, () => script(bed, call, fault, times));
	return await judge(bed, {
		...ended,
		columns,
		buys: call.buys,
		shared: call.shared ?? 0,
		met: bed.refusals.met() + callsLike(bed, call.on),
		mayBeLost: call.changes || call.provoke !== undefined,
	});
}

/** Runs one cell: with the fault met once, and each time. */
export async function runCell(
	bed: MatrixBed,
	call: MatrixCall,
	fault: MatrixFault,
): Promise<CellVerdicts> {
	return {
		once: await runFault(bed, call, fault, TIMES.once),
		always: await runFault(bed, call, fault, TIMES.always),
	};
}

/**
 * Runs a call's operation with all of its answers changed. What is found in an answer of another
 * content may be anything, so a good row may lack columns, have another's id, or hold no picture.
 */
export async function runAnswers(
	bed: MatrixBed,
	call: MatrixCall,
	fault: FaultKind,
): Promise<Verdict> {
	const ended = await run(bed, call, () =>
		bed.sandbox.faults.add({ on: call.on, fault, times: TIMES.always }),
	);
	return await judge(bed, {
		...ended,
		columns: new Set(),
		buys: call.buys,
		shared: call.shared ?? 0,
		met: callsLike(bed, call.on),
		mayBeLost: true,
	});
}
