import { ConnectionError } from '../../../lib/errors';
import { FalAnswerError } from '../../../lib/fal/errors';
import { cancel } from '../../../lib/fal/result';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, fakeFal, JOB } from './fakeFal';

/** Asks fal to cancel a job; the last of the answers is for all further calls. */
async function cancelAt(...said: Array<Reply | Error>) {
	const door = fakeFal({
		api: (_, index) => {
			const reply = said[Math.min(index, said.length - 1)] ?? {};
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	const clock = new TestClock();
	const [outcome] = await Promise.allSettled([cancel(clientOf(door), { clock }, JOB)]);
	return { outcome, door, waits: clock.waits };
}

const saying = (status: number, json: unknown): Reply => ({ status, json });

test.each<[string, Reply, unknown]>([
	[
		'removed from the queue: it will certainly not run',
		saying(200, { status: 'OK' }),
		{ status: 'OK', cancelled: true },
	],
	[
		'asked for: it may end all the same',
		saying(202, { status: 'CANCELLATION_REQUESTED' }),
		{ status: 'CANCELLATION_REQUESTED', cancelled: false },
	],
	[
		'too late',
		saying(400, { status: 'ALREADY_COMPLETED' }),
		{ status: 'ALREADY_COMPLETED', cancelled: false },
	],
	['unknown', saying(404, { status: 'NOT_FOUND' }), { status: 'NOT_FOUND', cancelled: false }],
	['without a word', saying(200, {}), { status: 'UNKNOWN', cancelled: false }],
	['not an object', saying(200, ['OK']), { status: 'UNKNOWN', cancelled: false }],
	['not a word', saying(200, { status: 200 }), { status: 'UNKNOWN', cancelled: false }],
])('what fal says is told: %s', async (_, said, value) => {
	const { outcome, door } = await cancelAt(said);
	expect(outcome).toEqual({ status: 'fulfilled', value });
	const url = 'https://queue.fal.run/fal-ai/fashn/requests/job-1/cancel';
	expect(door.calls).toMatchObject([{ method: 'PUT', url, stage: 'cancel' }]);
});

test.each<[string, Reply | Error]>([
	['a connection that broke', broken()],
	['a web page', { text: '<html>' }],
	['429', saying(429, {})],
	['500', saying(500, {})],
	['503', saying(503, {})],
])('%s is no answer: fal is asked again', async (_, trouble) => {
	const { outcome, waits } = await cancelAt(trouble, trouble, saying(200, { status: 'OK' }));
	expect(outcome).toMatchObject({ value: { cancelled: true } });
	expect(waits).toEqual([500, 1_500]);
});

test.each<[string, Reply | Error, unknown, number]>([
	['nobody answers', broken(), ConnectionError, 3],
	['fal is broken', saying(500, {}), FalAnswerError, 3],
	['the key is refused', saying(401, { detail: 'no' }), FalAnswerError, 1],
	['fal gives no reason', saying(400, {}), FalAnswerError, 1],
])('it is an error when %s', async (_, said, reason, calls) => {
	const { outcome, door } = await cancelAt(said);
	expect(outcome).toMatchObject({ status: 'rejected' });
	expect('reason' in outcome && outcome.reason).toBeInstanceOf(reason);
	expect(door.calls).toHaveLength(calls);
});
