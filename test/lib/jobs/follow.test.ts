import type { IDataObject } from 'n8n-workflow';

import { type Charged, ConnectionError, wholeMessage } from '../../../lib/errors';
import { Follower, type Followed, type Kept } from '../../../lib/jobs/follow';
import type { Told } from '../../../lib/jobs/lookout';
import { stoppedError, type Timing } from '../../../lib/time';
import { TestClock } from '../clock';

type Job = { id: string };

const timing: Timing = { clock: new TestClock() };

/** What a service tells where it tells of all. */
const told = (...ended: string[]): Told => ({ ended, refused: [], failed: false });

/** A service whose jobs somebody else has bought. */
function serviceWith(more: Partial<Followed<Job, string, string>> = {}) {
	const followed: Followed<Job, string, string> = {
		driver: {
			service: 'Test',
			noun: 'Tune',
			revive: ({ id }) => (typeof id === 'string' ? { id } : undefined),
			idOf: ({ id }) => id,
		},
		ended: async (jobs) => told(...jobs.map(({ id }) => id)),
		finish: async ({ id }) => `picture of ${id}`,
		collect: async (_job, result, { as }) => `${result} as ${String(as)}`,
		...more,
	};
	return followed;
}

/** A purchase as n8n has kept it. */
const kept = (rows: number[], job: IDataObject): Kept => ({ rows, order: { as: 'png' }, job });

const LOST: Kept = {
	rows: [3],
	order: {},
	error: {
		message: 'It was refused.',
		details: { stage: 'submit', retryable: false, charged: 'no' },
	},
};

const ofRow = (row: number) => `row ${row + 1}`;

describe('what has ended', () => {
	const purchases = [kept([0], { id: 'a' }), kept([1], {}), LOST, kept([4], { id: 'b' })];

	test('is asked of the jobs that are there to ask for', async () => {
		const ended = jest.fn(async () => told('b'));
		const follower = new Follower(serviceWith({ ended }), purchases);
		expect(follower.ids).toEqual(['a', 'b']);
		expect(await follower.ended(['b', 'of somebody else'], timing)).toEqual(told('b'));
		expect(ended.mock.calls).toEqual([[[{ id: 'b' }], timing]]);
	});

	test('is asked of nobody where there is no job', async () => {
		const ended = jest.fn(async () => told('b'));
		const follower = new Follower(serviceWith({ ended }), [LOST]);
		expect(follower.ids).toEqual([]);
		expect(await follower.ended(['a'], timing)).toEqual(told());
		expect(ended).not.toHaveBeenCalled();
	});
});

describe('what is handed out', () => {
	test('is what each job made, as it was ordered, by the first of its rows and in their order', async () => {
		const follower = new Follower(serviceWith(), [
			kept([1, 2], { id: 'a' }),
			LOST,
			{ ...kept([5], { id: 'b' }), order: { as: 'jpeg' } },
		]);
		const [first, lost, last] = await follower.handOut(timing, ofRow);
		expect(first).toEqual({ row: 1, output: 'picture of a as png' });
		expect(last).toEqual({ row: 5, output: 'picture of b as jpeg' });
		expect(lost).toMatchObject({
			row: 3,
			error: { message: 'It was refused.', details: { stage: 'submit', charged: 'no' } },
		});
	});

	test('says of a job that cannot be read that it was submitted', async () => {
		const [outcome] = await new Follower(serviceWith(), [kept([0], {})]).handOut(timing, ofRow);
		expect(outcome).toMatchObject({
			error: {
				message: expect.stringMatching(/submitted by an earlier try/),
				details: { charged: 'unknown' },
			},
		});
	});

	test.each<[Charged | undefined, Charged]>([
		['yes', 'yes'],
		[undefined, 'unknown'],
	])(
		'names the job whose result cannot be read, which costs as its service knows: %p',
		async (charge, charged) => {
			const { driver } = serviceWith();
			const followed = serviceWith({
				driver: charge ? { ...driver, chargeOf: () => charge } : driver,
				finish: async () => {
					const details = { stage: 'result', retryable: true, charged: 'no' } as const;
					throw new ConnectionError('The line broke.', details, true);
				},
			});
			const follower = new Follower(followed, [kept([0], { id: 'a' }), kept([1], { id: 'b' })]);
			const outcomes = await follower.handOut(timing, ofRow);
			const errors = outcomes.map((outcome) => ('error' in outcome ? outcome.error : undefined));
			expect(errors.map((error) => error && wholeMessage(error))).toEqual(
				['a', 'b'].map(
					(id) =>
						`Tune ${id}: The line broke. The tune was submitted and may be finished. Fetch it with Get.`,
				),
			);
			expect(errors[1]?.details).toMatchObject({ requestId: 'b', charged });
		},
	);

	test('is read ten at a time', async () => {
		let [now, most] = [0, 0];
		const finish = async () => {
			now += 1;
			most = Math.max(most, now);
			await new Promise((resolve) => setImmediate(resolve));
			now -= 1;
			return '';
		};
		const purchases = Array.from({ length: 25 }, (_, row) => kept([row], { id: `job-${row}` }));
		await new Follower(serviceWith({ finish }), purchases).handOut(timing, ofRow);
		expect(most).toBe(10);
	});

	test('is tidied up after, with all that is handed out', async () => {
		const settle: Followed<Job, string, string>['settle'] = async (outcomes) => {
			const [outcome] = outcomes;
			if (outcome && 'output' in outcome) outcome.output += ', tidied';
		};
		const follower = new Follower(serviceWith({ settle }), [kept([0], { id: 'a' })]);
		expect(await follower.handOut(timing, ofRow)).toEqual([
			{ row: 0, output: 'picture of a as png, tidied' },
		]);
	});

	test('can be stopped, and then says that the jobs go on', async () => {
		const stop = new AbortController();
		const finish = async (_job: Job, { signal }: Timing) => {
			stop.abort();
			expect(signal?.aborted).toBe(true);
			throw stoppedError(signal);
		};
		const follower = new Follower(serviceWith({ finish }), [kept([0], { id: 'a' })]);
		const [outcome] = await follower.handOut({ ...timing, signal: stop.signal }, ofRow);
		expect(outcome).toMatchObject({
			error: { message: 'The execution was stopped. Tune a goes on.' },
		});
	});
});
