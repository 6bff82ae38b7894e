import { type MatrixBed, openBed } from './bed';
import { type Buyer, buyersOf } from './buyers';
import { cellIn, COMMAND, committed, RED } from './page';
import { EXPRESSIONS } from './buyers';
import { runWorkflowCell, type WorkflowCell } from './workflowCells';
import { BUYERS, cellsOf, columnName, rowName, textOf, WORKFLOWS_PAGE } from './workflowsPage';

/** Every so many cells one is run here; all of them are run by the command, and by the gate. */
const STRIDE = 31;

let bed: MatrixBed;
let buyers: Buyer[];

beforeAll(async () => {
	bed = await openBed();
	buyers = await buyersOf(bed);
});

afterAll(async () => {
	await bed.close();
});

/** What the page has for a cell, of the texts for all expressions that share a place. */
async function textOnPage(buyer: string, cell: WorkflowCell): Promise<string | undefined> {
	const page = await committed(WORKFLOWS_PAGE);
	const texts = cellIn(page, buyer, rowName(cell), columnName(cell)).split(' / ');
	return texts.length === 1 ? texts[0] : texts[EXPRESSIONS.indexOf(cell.expression)];
}

describe.each(BUYERS)('%s', (name) => {
	const sample = cellsOf(name).filter((_, index) => index % STRIDE === 0);

	test.each(
		sample.map((cell) => [rowName(cell), columnName(cell), cell.expression, cell] as const),
	)(
		`%s, %s, %s: as docs/${WORKFLOWS_PAGE} has it (${COMMAND} writes it)`,
		async (...[, , , cell]) => {
			const buyer = buyers.find((one) => one.name === name);
			if (!buyer) throw new Error(`There is no ${name}`);
			const verdict = await runWorkflowCell(bed, buyer, cell);
			expect(verdict.broken).toEqual([]);
			expect(textOf(verdict)).toBe(await textOnPage(name, cell));
		},
	);
});

test('the page has no red cell', async () => {
	expect(await committed(WORKFLOWS_PAGE)).not.toMatch(new RegExp(`\\d[iel]*${RED}`));
});
