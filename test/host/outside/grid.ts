type Cell = string | number | boolean;

/** A place on a sheet, as A1 notation says it. */
export interface SheetRange {
	title: string;
	/** From 0. */
	column: number;
	/** From 1; absent for whole columns, or the whole sheet. */
	row?: number;
}

const RANGE =
	/^(?:'(?<quoted>[^']+)'|(?<plain>[^!']+))(?:!(?<column>[A-Z]+)?(?<row>\d+)?(?::.+)?)?$/;
const LETTERS = 26;
const CODE_BEFORE_A = 64;

/** Reads A1 notation with a sheet's name in front; undefined when it is none. */
export function readRange(text: string): SheetRange | undefined {
	const groups = RANGE.exec(text)?.groups;
	if (!groups) return undefined;
	const { quoted, plain = '', column = 'A', row } = groups;
	const number = Array.from(column).reduce(
		(sum, letter) => sum * LETTERS + letter.charCodeAt(0) - CODE_BEFORE_A,
		0,
	);
	return {
		title: quoted ?? plain,
		column: number - 1,
		...(row === undefined ? {} : { row: Number(row) }),
	};
}

function toCell(value: unknown): Cell {
	return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

/** A sheet: the first row holds the names of the columns. */
export class Grid {
	private cells: Cell[][] = [];

	constructor(readonly title: string) {}

	/** Puts other rows under other columns; an empty cell for what a row lacks. */
	fill(columns: readonly string[], rows: ReadonlyArray<Record<string, Cell>>): void {
		const body = rows.map((row) => columns.map((column) => row[column] ?? ''));
		this.cells = [[...columns], ...body];
	}

	/** Writes one cell; row from 1, column from 0. */
	write(row: number, column: number, value: unknown): void {
		const cells = (this.cells[row - 1] ??= []);
		while (cells.length < column) cells.push('');
		cells[column] = toCell(value);
	}

	/** All cells; like Google's, without the empty ones at the end of a row. */
	rows(): Cell[][] {
		return this.cells.map((cells) =>
			cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1),
		);
	}

	/** The rows below the names of the columns, by these names. */
	records(): Array<Record<string, Cell>> {
		const [columns = [], ...rows] = this.cells;
		return rows.map((row) =>
			Object.fromEntries(columns.map((column, index) => [String(column), row[index] ?? ''])),
		);
	}
}
