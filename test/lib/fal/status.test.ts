import type { QueueStatus } from '@fal-ai/client';
import fc from 'fast-check';

import { UnreadableAnswer } from '../../../lib/errors';
import { endedJobs, readStatus } from '../../../lib/fal/wait';
import type { Told } from '../../../lib/jobs/lookout';
import { isObject } from '../../../lib/json';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, fakeFal, JOB, pathOf } from './fakeFal';

describe('a status', () => {
	test.each([
		[{}, '?logs=0'],
		[{ logs: true }, '?logs=1'],
	])('is asked for under the app of the endpoint, with %j', async (options, query) => {
		const said = { status: 'IN_PROGRESS' };
		const door = fakeFal({ api: () => ({ status: 202, json: said }) });
		expect(await readStatus(clientOf(door), JOB, options)).toEqual(said);
		expect(door.calls.map(pathOf)).toEqual([`/fal-ai/fashn/requests/job-1/status${query}`]);
	});

	test('of any JSON is a state, or trouble that may pass', async () => {
		const said = fc.oneof(fc.jsonValue(), fc.record({ status: fc.jsonValue() }));
		await fc.assert(
			fc.asyncProperty(said, async (json) => {
				const client = clientOf(fakeFal({ api: () => ({ json }) }));
				const read = readStatus(client, JOB, {});
				if (isObject(json) && typeof json.status === 'string') {
					expect(await read).toEqual(JSON.parse(JSON.stringify(json)));
					return;
				}
				await expect(read).rejects.toMatchObject({
					name: UnreadableAnswer.name,
					message: "fal's answer tells no state of the job.",
					details: { stage: 'wait', retryable: true, charged: 'no' },
					sent: true,
				});
			}),
		);
	});
});

describe('which jobs have ended', () => {
	const jobs = Array.from({ length: 12 }, (_, n) => ({ ...JOB, requestId: `job-${n}` }));

	async function endedOf(say: (id: string) => Reply | Promise<Reply>) {
		const completed: Array<[string, QueueStatus['status']]> = [];
		const door = fakeFal({ api: async ({ url }) => await say(url.split('/').at(-2) ?? '') });
		const client = clientOf(door);
		const told = await endedJobs(client, { clock: new TestClock() }, jobs, (id, { status }) =>
			completed.push([id, status]),
		);
		return { told, completed, calls: door.calls };
	}

	test('is asked once for each, few at a time', async () => {
		let [now, most] = [0, 0];
		const { told, completed, calls } = await endedOf(async (id) => {
			most = Math.max(most, ++now);
			await new Promise((resolve) => setImmediate(resolve));
			now -= 1;
			return { json: { status: id === 'job-3' ? 'COMPLETED' : 'IN_PROGRESS' } };
		});
		expect(told).toEqual({ ended: ['job-3'], refused: [], failed: false });
		expect(completed).toEqual([['job-3', 'COMPLETED']]);
		expect(calls).toHaveLength(jobs.length);
		expect(most).toBe(5);
	});

	test.each<[string, Reply | Error, Partial<Told>]>([
		['fal refuses to tell of it', { status: 403 }, { refused: ['job-5'] }],
		['fal does not know it, which may be too new', { status: 404 }, { refused: ['job-5'] }],
		['fal is broken', { status: 500 }, { failed: true }],
		['nobody answers', broken(), { failed: true }],
		['it waits in the queue', { json: { status: 'IN_QUEUE' } }, {}],
	])('is not known of one, when %s', async (_, said, more) => {
		const { told, completed } = await endedOf((id) => {
			if (id !== 'job-5') return { json: { status: 'COMPLETED' } };
			if (said instanceof Error) throw said;
			return said;
		});
		const ended: unknown = expect.any(Array);
		expect(told).toEqual({ refused: [], failed: false, ...more, ended });
		expect(told.ended).toHaveLength(11);
		expect(completed.map(([id]) => id)).not.toContain('job-5');
	});
});
