import { TryOnError, wholeMessage } from '../../../lib/errors';
import { Payments } from '../../../lib/jobs/payments';

const failure = () =>
	new TryOnError('It failed.', {
		stage: 'wait',
		retryable: false,
		charged: 'no',
		cure: 'Mend it.',
	});

const ofRow = (row: number) => `row ${row + 1}`;

test('an error that ends a run names every row that costs, or may, in their order', () => {
	const payments = new Payments(ofRow);
	payments.note(9, 'yes', 'job-9');
	payments.note(2, 'unknown', 'job-2');
	payments.note(3, undefined, undefined);
	payments.note(1, 'no', 'job-1');
	const error = failure();
	expect(payments.tellIn(error)).toBe(error);
	expect(wholeMessage(error)).toBe(
		'It failed. Other rows of this run have been submitted: row 3 (job-2), row 4 (it is unknown whether its job was taken), row 10 (job-9, charged). Mend it. Fetch the other rows with Get, by their ids.',
	);
	expect(error.details).toMatchObject({
		paidRequestIds: ['job-2', 'job-9'],
		submittedRows: ['row 3: job-2', 'row 4: unknown', 'row 10: job-9'],
	});
});

test('the row that the error is about is not named again, and where there is no other nothing is said', () => {
	const payments = new Payments(ofRow);
	payments.note(0, 'yes', 'job-0');
	payments.note(1, 'yes', 'job-1');
	expect(payments.tellIn(failure(), 1).details.paidRequestIds).toEqual(['job-0']);
	payments.note(0, 'no', 'job-0');
	const error = payments.tellIn(failure(), 1);
	expect(error.message).toBe('It failed.');
	expect(error.details).not.toHaveProperty('paidRequestIds');
	payments.drop(1);
	expect(payments.tellIn(failure()).message).toBe('It failed.');
});
