/** The value below which this share of a sorted list is. */
export function quantile(sorted: readonly number[], share: number): number {
	return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;
}
