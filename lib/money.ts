/** What something costs, as a service tells it. */
export interface Cost {
	amount: number;
	/** Such as `USD`. */
	currency: string;
}

/** Prices have fractions of cents; what binary numbers add behind them is cut off. */
const PARTS_OF_ONE = 1e6;

/** An amount as people write it. */
export function rounded(amount: number): number {
	return Math.round(amount * PARTS_OF_ONE) / PARTS_OF_ONE;
}

/** Several costs together. */
export interface Sum {
	/** `undefined` where no price is known. */
	cost: Cost | undefined;
	/** How many have no known price, or one in another currency. */
	unknown: number;
}

/** @returns the sum of those that are in the currency of the first */
export function sumOf(costs: ReadonlyArray<Cost | undefined>): Sum {
	const [first] = costs.filter((cost) => cost !== undefined);
	const known = costs.filter((cost) => cost?.currency === first?.currency);
	const amounts = known.map((cost) => cost?.amount ?? 0);
	const amount = rounded(amounts.reduce((sum, next) => sum + next, 0));
	return first === undefined
		? { cost: undefined, unknown: costs.length }
		: { cost: { amount, currency: first.currency }, unknown: costs.length - known.length };
}

/** The sum of numbers; `undefined` as soon as one of them is not known. */
export function sumOfAll(numbers: ReadonlyArray<number | undefined>): number | undefined {
	const known = numbers.filter((number) => number !== undefined);
	return known.length < numbers.length ? undefined : known.reduce((sum, next) => sum + next, 0);
}

/** A cost in a sentence, such as `0.15 USD`. */
export function costText({ amount, currency }: Cost): string {
	return `${rounded(amount)} ${currency}`;
}
