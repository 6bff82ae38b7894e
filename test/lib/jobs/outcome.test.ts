import { InputError, TryOnError, wholeMessage } from '../../../lib/errors';
import { Payments } from '../../../lib/jobs/memory';
import {
	notTried,
	type Outcome,
	RowFailure,
	tellUnready,
	unreadableRow,
} from '../../../lib/jobs/outcome';
import { deliveredRows } from '../../../lib/jobs/rows';

const failure = (message = 'It failed.') =>
	new TryOnError(message, { stage: 'wait', retryable: true, charged: 'unknown' });

describe('rows are handed out for good', () => {
	const good = (row: number): Outcome<string> => ({ row, output: 'x' });
	const bad = (row: number): Outcome<string> => ({ row, error: failure() });

	test.each<[string, Array<Outcome<string>>, number[]]>([
		['all that went well', [good(3), bad(4), good(5)], [3, 5]],
		['none where the first one failed: n8n may run the node again', [bad(3), good(4)], []],
		['none where there are none', [], []],
	])('%s', (_name, outcomes, rows) => {
		expect(deliveredRows(outcomes)).toEqual(rows);
	});
});

test('what ends a run is named, and says what its error says', () => {
	expect(new RowFailure(3, failure())).toMatchObject({
		name: 'RowFailure',
		message: 'It failed.',
		row: 3,
	});
});

test('a row that is not even sent costs nothing, and tells nothing that is of another row', () => {
	const { message, details } = notTried('submitted', failure().add({ requestId: 'job-1' }));
	expect(message).toBe('Not submitted, since another row has found out: It failed.');
	expect(details).toEqual({ stage: 'submit', retryable: true, charged: 'no' });
});

test('a row that is not even asked about has nothing of the other one but the reason', () => {
	const { message, details } = notTried('asked', failure().add({ requestId: 'job-1' }));
	expect(message).toBe('Not asked, since another row has found out: It failed.');
	expect(details).toEqual({ stage: 'result', retryable: true, charged: 'no' });
});

test('a row whose job was noted and cannot be read may have cost something', () => {
	const { message, details } = unreadableRow();
	expect(message).toMatch(/was submitted by an earlier try/);
	expect(details).toEqual({ stage: 'submit', retryable: false, charged: 'unknown' });
});

describe('the error of a row that is not ready', () => {
	const others = (count: number) =>
		Array.from({ length: count }, (_, index) => ({
			row: index + 1,
			error: new InputError('Seed', `is no. ${index}`, 'Mend it.'),
		}));

	const told = (count: number) =>
		tellUnready(failure(), others(count), (row) => `row ${row + 1}`).message;

	const named = (count: number) =>
		Array.from({ length: count }, (_, at) => `row ${at + 2}: 'Seed' is no. ${at}`).join('; ');

	test.each([
		[0, 'It failed.'],
		[1, `It failed. Another row is not ready either: ${named(1)}.`],
		[2, `It failed. 2 other rows are not ready either: ${named(2)}.`],
		[10, `It failed. 10 other rows are not ready either: ${named(10)}.`],
		[12, `It failed. 12 other rows are not ready either: ${named(10)}; and row 12 to row 13.`],
	])('tells of %i others, so that a sheet is mended in one go', (count, message) => {
		expect(told(count)).toBe(message);
	});

	test('names those of which it tells no reason, and what follows on one another as one', () => {
		const at = [...others(10), ...others(16).filter(({ row }) => [11, 13, 14, 16].includes(row))];
		const { message } = tellUnready(failure(), at, (row) => `row ${row + 1}`);
		expect(message).toMatch(/; and row 12, row 14 to row 15, row 17\.$/);
	});

	test('is the same one', () => {
		const error = failure();
		expect(tellUnready(error, others(1), String)).toBe(error);
	});

	test('keeps what others say within their sentences', () => {
		const error = failure('Version 1.6 is. Over.');
		expect(tellUnready(failure(), [{ row: 1, error }], String).message).toBe(
			'It failed. Another row is not ready either: 1: Version 1.6 is. Over.',
		);
	});
});

const mishap = () =>
	new TryOnError('It failed.', {
		stage: 'wait',
		retryable: false,
		charged: 'no',
		cure: 'Mend it.',
	});

const ofRow = (row: number) => `row ${row + 1}`;

test('what a row was charged for before its job was refused is told', () => {
	const payments = new Payments(ofRow);
	payments.note(0, 'yes', undefined);
	const error = payments.tellIn(mishap());
	expect(error.message).toContain('row 1 (charged, though no job was taken)');
	expect(error.details).toMatchObject({ paidRequestIds: [], submittedRows: ['row 1: charged'] });
});

test('an error that ends a run names every row that costs, or may, in their order', () => {
	const payments = new Payments(ofRow);
	payments.note(9, 'yes', 'job-9');
	payments.note(2, 'unknown', 'job-2');
	payments.note(3, undefined, undefined);
	payments.note(1, 'no', 'job-1');
	const error = mishap();
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
	expect(payments.tellIn(mishap(), 1).details.paidRequestIds).toEqual(['job-0']);
	payments.note(0, 'no', 'job-0');
	const error = payments.tellIn(mishap(), 1);
	expect(error.message).toBe('It failed.');
	expect(error.details).not.toHaveProperty('paidRequestIds');
	payments.drop(1);
	expect(payments.tellIn(mishap()).message).toBe('It failed.');
});
