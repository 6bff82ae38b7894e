import { TryOnError } from '../errors';

/**
 * The user's own limit on what one run may buy.
 *
 * @param max `undefined` means no limit
 * @throws TryOnError when the run has more rows
 */
export function checkMaxJobs(service: string, rows: number, max: number | undefined): void {
	if (max === undefined || rows <= max) return;
	throw new TryOnError(
		`This run has ${rows} rows, more than the ${max} of 'Max Jobs per Run'. Nothing was submitted. Raise the limit, or pass fewer rows to this node.`,
		{ service, stage: 'input', retryable: false, charged: 'no', field: 'Max Jobs per Run' },
	);
}
