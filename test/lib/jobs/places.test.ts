import { runRows } from '../../../lib/jobs/rows';
import { batchOf, Service, type TestBatch } from './service';

/** A batch whose jobs are over at once, and whose results come when they are let. */
function unread(onError: 'continue' | 'stop', rows: number, jobsInFlight: number) {
	const service = new Service([]);
	const results: Array<() => void> = [];
	const batch: TestBatch = {
		...batchOf(service, rows),
		onError,
		jobsInFlight,
		finish: async (job, _timing, ended) => {
			await ended();
			await new Promise<void>((resolve) => results.push(resolve));
			return await service.finish(job);
		},
	};
	return { service, results, running: runRows(batch) };
}

/** Lets everything happen that nothing holds up. */
async function quiet(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('a job that is over gives its place to the next one before its result is read', async () => {
	const { service, results, running } = unread('continue', 3, 1);
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	expect(results).toHaveLength(1);
	for (let read = 0; read < 3; read += 1) {
		results[read]?.();
		await quiet();
	}
	expect(await running).toMatchObject([{ output: 'picture of job-1' }, {}, {}]);
});

test('no more is bought than can be read', async () => {
	const { service, results, running } = unread('continue', 50, 4);
	await quiet();
	expect(service.submits).toHaveLength(8);
	results.shift()?.();
	await quiet();
	expect(service.submits).toHaveLength(9);
	while (results.length > 0) {
		results.shift()?.();
		await quiet();
	}
	await running;
	expect(service.submits).toHaveLength(50);
});

test('under Stop Workflow nothing is bought before it is known how a job has ended', async () => {
	const { service, results, running } = unread('stop', 2, 1);
	await quiet();
	expect(service.submits).toEqual([0]);
	results[0]?.();
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	results[1]?.();
	await running;
});

test('under Stop Workflow too the next job does not wait for the output of one', async () => {
	const service = new Service([]);
	let deliver = () => {};
	const running = runRows({
		...batchOf(service, 2),
		onError: 'stop',
		jobsInFlight: 1,
		collect: async (row, _job, result) => {
			if (row === 0) await new Promise<void>((resolve) => (deliver = resolve));
			return result;
		},
	});
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	deliver();
	await running;
});
