import { getEventListeners } from 'node:events';
import type { IDataObject } from 'n8n-workflow';

import { InputError, StoppedError, TryOnError, wholeMessage } from '../../../lib/errors';
import type { AskedRow } from '../../../lib/jobs/driver';
import { RowFailure } from '../../../lib/jobs/outcome';
import { runRows } from '../../../lib/jobs/rows';
import { TestClock } from '../clock';
import { batchOf, type Event, type Run, Service, type TestBatch } from './service';

/** The failure that ends a run, with its row. */
async function failureOf(batch: TestBatch): Promise<RowFailure> {
	try {
		await runRows(batch);
	} catch (error) {
		if (error instanceof RowFailure) return error;
		throw error;
	}
	throw new Error('It did not end');
}

/** The errors of rows that were run to the end. */
async function errorsOf(batch: TestBatch): Promise<Array<TryOnError | undefined>> {
	const outcomes = await runRows(batch);
	return outcomes.map((outcome) => ('error' in outcome ? outcome.error : undefined));
}

/** Refuses these rows before they cost anything. */
const refusing =
	(...bad: number[]): TestBatch['prepare'] =>
	async (row) => {
		if (bad.includes(row)) throw new InputError('Field', `is bad in ${row}`, 'Mend it.');
		return row;
	};

describe('under Stop Workflow', () => {
	const stopping = (service: Service, rows: number, run?: Run): TestBatch => ({
		...batchOf(service, rows, run),
		onError: 'stop',
	});

	test('a bad row costs nobody anything, and all bad ones are told', async () => {
		const service = new Service([]);
		const failure = await failureOf({ ...stopping(service, 6), prepare: refusing(2, 4) });
		expect(failure.row).toBe(2);
		expect(failure.error.message).toBe(
			"'Field' is bad in 2. Another row is not ready either: row 5: 'Field' is bad in 4.",
		);
		expect(service.submits).toEqual([]);
	});

	test('a bad row names what an earlier try has bought', async () => {
		const context: IDataObject = {};
		const service = new Service([['done'], ['unknown'], ['failed for good']]);
		await runRows(batchOf(service, 3, { context }));
		const failure = await failureOf({
			...stopping(service, 4, { context }),
			prepare: refusing(3),
		});
		expect(failure.error.details).toMatchObject({
			paidRequestIds: ['job-1'],
			submittedRows: ['row 1: job-1', 'row 2: unknown'],
		});
	});

	test('the failed row names the ids of the others, and no more are bought', async () => {
		const service = new Service([['done'], ['failed']]);
		const failure = await failureOf(stopping(service, 6));
		expect(failure.row).toBe(1);
		expect(failure.error.message).toMatch(/^Job job-2: bad content Other rows .* row 1 \(job-1\)/);
		expect(failure.error.message).not.toMatch(/row 2/);
		expect(service.submits).not.toContain(5);
	});

	test.each<[string, Service['cancelling'], boolean, string[], string, string]>([
		['that runs goes on', new Error(), true, [], 'goes on.', 'unknown'],
		[
			'that waits is cancelled',
			{ status: 'GONE', cancelled: true },
			false,
			['job-1'],
			'was cancelled and is not charged.',
			'no',
		],
	])('a job of another row %s', async (_name, cancelling, started, cancels, said, charged) => {
		const service = new Service([['done'], ['failed']]);
		Object.assign(service, { cancelling, started });
		let other: TryOnError | undefined;
		const failure = await failureOf({
			...stopping(service, 2),
			// The first row waits until it is told to end.
			finish: async (job, { signal }) => {
				if (job.id === 'job-2') return await service.finish(job);
				await new Promise((resolve) => signal?.addEventListener('abort', resolve));
				other = new StoppedError(String(signal?.reason), {
					stage: 'wait',
					retryable: true,
					charged: 'no',
				});
				throw other;
			},
		});
		expect(other?.message).toBe(
			`Another row ended this run before this one was finished. Job job-1 ${said}`,
		);
		expect(other?.details.charged).toBe(charged);
		expect(service.cancels).toEqual(cancels);
		// What is cancelled costs nothing, and needs no naming.
		expect(/row 1 \(job-1\)/.test(failure.error.message)).toBe(charged !== 'no');
	});

	test('a job whose wait is over is cancelled though it runs: no other row has ended it', async () => {
		const service = new Service([['late']]);
		await failureOf(stopping(service, 1));
		expect(service.cancels).toEqual(['job-1']);
	});
});

describe('Stop', () => {
	test('before the first submit: nothing is bought, and each row says so', async () => {
		const service = new Service([]);
		const timing = { clock: new TestClock(), signal: AbortSignal.abort() };
		const errors = await errorsOf({ ...batchOf(service, 2), timing });
		for (const error of errors) {
			expect(error).toBeInstanceOf(StoppedError);
			expect(error).toMatchObject({
				message: 'The execution was stopped.',
				details: { stage: 'submit', retryable: true, charged: 'no' },
			});
		}
		expect(errors).toHaveLength(2);
		expect(service.submits).toEqual([]);
	});

	test.each(['continue', 'stop'] as const)(
		'ends the waits, and the purchases that are still to come (on error: %s)',
		async (onError) => {
			const service = new Service([]);
			const stop = new AbortController();
			const clock = new TestClock();
			const clocks = new Set<unknown>();
			const errors = await errorsOf({
				...batchOf(service, 3),
				onError,
				jobsInFlight: 1,
				timing: { clock, signal: stop.signal },
				finish: async (_job, timing) => {
					clocks.add(timing.clock);
					stop.abort();
					expect(timing.signal?.aborted).toBe(true);
					const details = { stage: 'wait', retryable: true, charged: 'no' } as const;
					throw new StoppedError(String(timing.signal?.reason), details);
				},
			});
			expect(service.submits).toEqual([0]);
			expect(errors.map((error) => error?.message)).toEqual([
				'The execution was stopped. Job job-1: Test answered TOO_LATE to the cancel, so it may still be charged.',
				'The execution was stopped.',
				'The execution was stopped.',
			]);
			expect(clocks).toEqual(new Set([clock]));
		},
	);

	test('is not listened for once the rows are done', async () => {
		const { signal } = new AbortController();
		await runRows({ ...batchOf(new Service([]), 2), timing: { clock: new TestClock(), signal } });
		expect(getEventListeners(signal, 'abort')).toEqual([]);
	});
});

test('what is wrong with the account ends the run at the first row that finds out', async () => {
	const service = new Service([['key refused'], ['done'], ['done']]);
	const errors = await errorsOf({ ...batchOf(service, 3), jobsInFlight: 1 });
	expect(service.submits).toEqual([]);
	expect(errors.map((error) => error && wholeMessage(error))).toEqual([
		'The key is wrong. Copy it.',
		'Not submitted, since another row has found out: The key is wrong. Copy it.',
		'Not submitted, since another row has found out: The key is wrong. Copy it.',
	]);
	expect(errors[2]?.details).toEqual({
		stage: 'submit',
		retryable: false,
		charged: 'no',
		ofAccount: true,
		cure: 'Copy it.',
		statusCode: 401,
	});
});

describe('a row that is not ready', () => {
	test('is told as its own error, and the others are bought', async () => {
		const service = new Service([]);
		const errors = await errorsOf({ ...batchOf(service, 3), prepare: refusing(1) });
		expect(errors.map((error) => error?.message)).toEqual([
			undefined,
			"'Field' is bad in 1.",
			undefined,
		]);
		expect(service.submits).toEqual([0, 2]);
	});

	test('is one of the submit where what it asks for cannot be told, and has cost nothing', async () => {
		const service = new Service([]);
		jest.spyOn(service, 'fingerprint').mockImplementationOnce(() => {
			throw new RangeError('too deep');
		});
		const [error, other] = await errorsOf(batchOf(service, 2));
		expect(error).toMatchObject({
			message: 'too deep',
			details: { stage: 'submit', charged: 'no' },
		});
		expect(other).toBeUndefined();
	});

	test('is one of the input, whatever went wrong with it', async () => {
		const prepare = async () => await Promise.reject(new RangeError('no memory'));
		const [error] = await errorsOf({ ...batchOf(new Service([]), 1), prepare });
		expect(error).toMatchObject({ message: 'no memory', details: { stage: 'input' } });
	});
});

describe('a guard', () => {
	const guarded: TestBatch['approve'] = async () =>
		await Promise.reject(new RangeError('Too many rows.'));

	test('is asked for the rows that are about to be bought, and for no others', async () => {
		const context: IDataObject = {};
		const service = new Service([['done'], ['refused'], ['failed for good']]);
		const asked: Array<ReadonlyArray<AskedRow<number>>> = [];
		const approve = async (rows: ReadonlyArray<AskedRow<number>>) => void asked.push(rows);
		for (const bad of [3, 4]) {
			const batch = batchOf(service, 5, { context });
			await runRows({ ...batch, rows: [0, 1, 2, 3, 4], approve, prepare: refusing(bad) });
		}
		const rowsOf = (rows?: ReadonlyArray<AskedRow<number>>) => rows?.map(({ row }) => row);
		expect(rowsOf(asked[0])).toEqual([0, 1, 2, 4]);
		expect(asked[1]).toMatchObject([
			{ row: 1, request: 1 },
			{ row: 3, request: 3 },
		]);
	});

	test.each(['continue', 'stop'] as const)(
		'ends a run that has bought nothing yet (on error: %s)',
		async (onError) => {
			const service = new Service([]);
			const running = runRows({ ...batchOf(service, 2), onError, approve: guarded });
			await expect(running).rejects.toMatchObject({
				message: 'Too many rows.',
				details: { stage: 'input', charged: 'no' },
			});
			expect(service.submits).toEqual([]);
		},
	);

	const boughtOne = async () => {
		const context: IDataObject = {};
		const service = new Service([['done'], ['refused', 'done'], ['refused', 'done']]);
		await runRows(batchOf(service, 3, { context }));
		return { service, batch: { ...batchOf(service, 3, { context }), approve: guarded } };
	};

	test('leaves to each row what an earlier try has bought for it', async () => {
		const { service, batch } = await boughtOne();
		const [first, ...others] = await runRows(batch);
		expect(first).toEqual({ row: 0, output: 'picture of job-1' });
		expect(others).toMatchObject([
			{ row: 1, error: { message: 'Too many rows.' } },
			{ row: 2, error: { message: 'Too many rows.' } },
		]);
		// Each row adds its own to its error.
		const [second, third] = others.map((outcome) => 'error' in outcome && outcome.error);
		expect(second).not.toBe(third);
		expect(service.submits).toEqual([0]);
	});

	test('that ends the run names what an earlier try has bought', async () => {
		const { batch } = await boughtOne();
		await expect(runRows({ ...batch, onError: 'stop' })).rejects.toMatchObject({
			details: { paidRequestIds: ['job-1'] },
		});
	});
});

test('rows go by their place in the input', async () => {
	const told: Array<[number, Event?]> = [];
	const outcomes = await runRows({
		...batchOf(new Service([]), 0),
		rows: [4, 9],
		onTaken: (row) => told.push([row]),
		prepare: refusing(9),
	});
	expect(outcomes).toMatchObject([{ row: 4 }, { row: 9, error: {} }]);
	expect(told).toEqual([[4]]);
});
