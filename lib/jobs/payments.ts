import type { Charged, TryOnError } from '../errors';

/** What the account may have paid for a row. */
interface Payment {
	id?: string;
	isCertain: boolean;
}

/** Which rows of a run cost, or may, so that no error hides the ids of what was bought. */
export class Payments {
	private readonly payments = new Map<number, Payment>();

	/** @param nameOf how a row is called in messages, such as "item 2" */
	constructor(private readonly nameOf: (row: number) => string) {}

	/** @param charged absent means that nobody knows */
	note(row: number, charged: Charged | undefined, id: string | undefined): void {
		if (charged === 'no') this.drop(row);
		else this.payments.set(row, { id, isCertain: charged === 'yes' });
	}

	drop(row: number): void {
		this.payments.delete(row);
	}

	/**
	 * Tells in the error that ends a run of every row that costs, or may.
	 *
	 * @param besides the row that the error is about anyway
	 * @returns this same error
	 */
	tellIn(error: TryOnError, besides?: number): TryOnError {
		const others = [...this.payments].filter(([row]) => row !== besides).sort(([a], [b]) => a - b);
		if (others.length === 0) return error;
		const told = others.map(([row, { id, isCertain }]) => {
			const name = this.nameOf(row);
			if (id === undefined) return `${name} (it is unknown whether its job was taken)`;
			return isCertain ? `${name} (${id}, charged)` : `${name} (${id})`;
		});
		error.message += ` Other rows of this run have been submitted: ${told.join(', ')}.`;
		return error.advise('Fetch the other rows with Get, by their ids.').add({
			paidRequestIds: others.flatMap(([, { id }]) => id ?? []),
			submittedRows: others.map(([row, { id }]) => `${this.nameOf(row)}: ${id ?? 'unknown'}`),
		});
	}
}
