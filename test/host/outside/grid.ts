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

/** A formula that shows a picture: the cell has no value of its own. */
const IMAGE = /^=IMAGE\("https?:\/\/[^"]+"\)$/;

/** What a cell holds: a formula is another thing than text that looks like one. */
type Content = Cell | { formula: string };

/**
 * What becomes of a value that is entered as by hand (Sheets API, ValueInputOption, USER_ENTERED).
 *
 * @throws RangeError for a formula that the stand-in cannot reckon
 */
function asEntered(value: unknown): Content {
	if (typeof value !== 'string') return toCell(value);
	if (IMAGE.test(value)) return { formula: value };
	if (value.startsWith('=')) throw new RangeError(`Not a formula of the stand-in: ${value}`);
	if (value.startsWith("'")) return value.slice(1);
	if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
	return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** A sheet: the first row holds the names of the columns. */
export class Grid {
	private cells: Content[][] = [];
	private readonly digits = new Map<number, number>();

	constructor(readonly title: string) {}

	/** Puts other rows under other columns; an empty cell for what a row lacks. */
	fill(columns: readonly string[], rows: ReadonlyArray<Record<string, Cell>>): void {
		const body = rows.map((row) => columns.map((column) => row[column] ?? ''));
		this.cells = [[...columns], ...body];
		this.digits.clear();
	}

	/** Puts a row above another, as a person does while a workflow runs; `number` from 1. */
	insert(number: number, row: Record<string, Cell>): void {
		const [columns = []] = this.cells;
		this.cells.splice(
			number - 1,
			0,
			columns.map((column) => row[String(column)] ?? ''),
		);
	}

	/** Shows the numbers of a column with so many digits, as the number format `000` does. */
	showDigits(column: string, digits: number): void {
		this.digits.set(this.cells[0]?.indexOf(column) ?? -1, digits);
	}

	/** Writes one cell, as it is; row from 1, column from 0. */
	write(row: number, column: number, value: unknown): void {
		this.put(row, column, toCell(value));
	}

	/** Writes one cell as a person types it: formulas, numbers and truths are recognised. */
	enter(row: number, column: number, value: unknown): void {
		this.put(row, column, asEntered(value));
	}

	/**
	 * All cells; like Google's, without the empty ones at the end of a row.
	 *
	 * @param formatted as the sheet shows them, all of them text
	 */
	rows(formatted = false): Cell[][] {
		return this.cells.map((cells) => {
			const values = cells.map((cell, column) => this.valueOf(cell, column, formatted));
			return values.slice(0, values.findLastIndex((value) => value !== '') + 1);
		});
	}

	/** The rows below the names of the columns, by these names; a formula as it was entered. */
	records(): Array<Record<string, Cell>> {
		const [columns = [], ...rows] = this.cells.map((cells) =>
			cells.map((cell) => (typeof cell === 'object' ? cell.formula : cell)),
		);
		return rows.map((row) =>
			Object.fromEntries(columns.map((column, index) => [String(column), row[index] ?? ''])),
		);
	}

	/** What is a formula, and no text that looks like one. */
	formulas(): string[] {
		return this.cells.flat().flatMap((cell) => (typeof cell === 'object' ? cell.formula : []));
	}

	private put(row: number, column: number, content: Content): void {
		const cells = (this.cells[row - 1] ??= []);
		while (cells.length < column) cells.push('');
		cells[column] = content;
	}

	private valueOf(cell: Content, column: number, formatted: boolean): Cell {
		if (typeof cell === 'object') return '';
		if (!formatted) return cell;
		if (typeof cell === 'boolean') return String(cell).toUpperCase();
		return String(cell).padStart(
			typeof cell === 'number' ? (this.digits.get(column) ?? 0) : 0,
			'0',
		);
	}
}
