import { ASTRIA_CALLS } from './astriaCalls';
import { type MatrixBed, openBed, type Service, SERVICES } from './bed';
import type { MatrixCall } from './calls';
import { FAL_CALLS } from './falCalls';
import { type CellVerdicts, makesSense, runCell } from './faultCells';
import { FAULTS, type MatrixFault } from './faults';
import { ENDS, type Verdict } from './judge';
import { markdownOf, NONE, pageOf, RED } from './page';

export const FAULTS_PAGE = 'faults.md';

const TITLES: Record<Service, string> = { fal: 'fal', astria: 'Astria' };

const CALLS: Record<Service, readonly MatrixCall[]> = { fal: FAL_CALLS, astria: ASTRIA_CALLS };

/** One cell of the matrix. */
export interface FaultCell {
	/** Heading, row and column of its place on the page. */
	heading: string;
	row: string;
	column: string;
	call: MatrixCall;
	fault: MatrixFault;
}

/** Every cell that makes sense, call by call. */
export const FAULT_CELLS: readonly FaultCell[] = SERVICES.flatMap((service) =>
	CALLS[service].flatMap((call) =>
		FAULTS.filter((fault) => makesSense(call, fault)).map((fault) => ({
			heading: TITLES[service],
			row: fault.name,
			column: call.name,
			call,
			fault,
		})),
	),
);

function shown({ end, broken }: Verdict): string {
	return broken.length > 0 ? RED : end;
}

/** What stands in a cell. */
export function textOf({ once, always }: CellVerdicts): string {
	return `${shown(once)} ${shown(always)}`;
}

/** What a cell came to, and what is broken in it. */
export interface CellReport {
	text: string;
	broken: string[];
}

/** Runs a cell. */
export async function reportOf(bed: MatrixBed, { call, fault }: FaultCell): Promise<CellReport> {
	const verdicts = await runCell(bed, call, fault);
	const { once, always } = verdicts;
	return { text: textOf(verdicts), broken: [...once.broken, ...always.broken] };
}

const LEGEND = Object.entries(ENDS)
	.map(([end, meaning]) => `- **${end}**: ${meaning}.`)
	.join('\n');

const INTRODUCTION = `# What happens when a call fails

Each call that the nodes make, times each way in which it can fail: the node runs in n8n's own engine with two rows, under *Continue*, against [stand-ins of the services](../sandbox), once with the fault met a single time and once with the fault met each time. The two letters of a cell are how the worse of the two rows ended:

${LEGEND}

*Taken* means that the service does the work and its answer is lost; a call that only reads has no such rows (${NONE}). In every cell it is checked besides that

- the rows come out in their order, none is missing, and each is paired with its own;
- each row is bought at most once, and no row that failed says that it was not charged when it was;
- the id of what was bought is in its row, unless the answer with the id was lost and nobody can tell;
- the key is in no call to another host, in nothing that the node puts out, and not in n8n's log;
- the cell ends.

A cell that breaks one of these has a ${RED}, and is explained below its table.`;

/** A line of the page's list of calls. */
function explained({ name, operation, buys }: MatrixCall): string {
	return `- ${name}: in *${operation}*${buys ? ', which buys' : ''}`;
}

function sectionOf(service: Service, reports: ReadonlyMap<FaultCell, CellReport>): string {
	const calls = CALLS[service];
	const own = [...reports].filter(([{ call }]) => call.service === service);
	const reportOn = (call: MatrixCall, fault: MatrixFault) =>
		own.find(([cell]) => cell.call === call && cell.fault === fault)?.[1];
	const table = markdownOf({
		corner: 'fault',
		columns: calls.map(({ name }) => name),
		rows: FAULTS.map((fault) => ({
			name: fault.name,
			cells: calls.map((call) => reportOn(call, fault)?.text ?? NONE),
		})),
	});
	const broken = own.flatMap(([{ call, fault }, report]) =>
		report.broken.map((what) => `- ${call.name}, ${fault.name}: ${what}`),
	);
	return [
		`## ${TITLES[service]}`,
		calls.map(explained).join('\n'),
		table,
		...(broken.length > 0 ? [[...new Set(broken)].join('\n')] : []),
	].join('\n\n');
}

/** Runs the whole matrix, with services of its own for each call. @returns the page */
export async function faultsPage(): Promise<string> {
	const reports = new Map<FaultCell, CellReport>();
	for (const service of SERVICES) {
		for (const call of CALLS[service]) {
			const bed = await openBed();
			for (const cell of FAULT_CELLS.filter((one) => one.call === call)) {
				reports.set(cell, await reportOf(bed, cell));
			}
			await bed.close();
		}
	}
	const red = [...reports.values()].filter(({ broken }) => broken.length > 0).length;
	return pageOf(
		INTRODUCTION,
		`${reports.size} cells, each run twice; ${red === 0 ? 'none' : red} of them red.`,
		...SERVICES.map((service) => sectionOf(service, reports)),
	);
}
