import { type MatrixBed, openBed } from './bed';
import { FAULT_CELLS, FAULTS_PAGE, reportOf } from './faultsPage';
import { cellIn, COMMAND, committed } from './page';

/** Every so many cells one is run here; all of them are run by the command, and by the gate. */
const STRIDE = 29;

let bed: MatrixBed;

beforeAll(async () => {
	bed = await openBed();
});

afterAll(async () => {
	await bed.close();
});

/**
 * Cells that were red when the matrix was first run: answers of another shape ended a wait, passed
 * for a list or for a good row, or left it open whether a row was charged that was never sent.
 */
const WERE_RED: Record<string, readonly string[]> = {
	status: ['`null`', 'wrong type'],
	result: ['`null`'],
	'status, by Get': ['array for object'],
	'upload, announced': ['`null`', 'nothing'],
	cancel: ['429'],
	download: ['a web page', 'array for object'],
	'list prompts': ['`null`'],
	'inspect image': ['nothing'],
	balance: ['array for object'],
};

const SAMPLE = FAULT_CELLS.filter(
	({ column, row }, index) => index % STRIDE === 0 || WERE_RED[column]?.includes(row) === true,
);

test.each(SAMPLE.map((cell) => [cell.column, cell.row, cell] as const))(
	`%s: %s, as docs/${FAULTS_PAGE} has it (${COMMAND} writes it)`,
	async (_column, _row, cell) => {
		const { text, broken } = await reportOf(bed, cell);
		expect(broken).toEqual([]);
		expect(text).toBe(cellIn(await committed(FAULTS_PAGE), cell.heading, cell.row, cell.column));
	},
);

test('the page has no red cell, and as many as there are', async () => {
	const page = await committed(FAULTS_PAGE);
	expect(page).toContain(`${FAULT_CELLS.length} cells, each run twice; none of them red.`);
});
