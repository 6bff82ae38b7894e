import { StoppedError, UnknownOutcomeError } from '../../../lib/errors';
import { Claims } from '../../../lib/fal/claims';
import { createClient } from '../../../lib/fal/client';
import { falOrigins } from '../../../lib/fal/fetch';
import { submit } from '../../../lib/fal/submit';
import { type FakeDoor, fakeDoor, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';

const ORIGINS = falOrigins('https://queue.fal.run');
const ENDPOINT = 'fal-ai/fashn/tryon/v1.6';

async function submitThrough(door: FakeDoor, signal?: AbortSignal) {
	const timing = { clock: new TestClock(), signal };
	const request = { endpointId: ENDPOINT, input: {}, options: {} };
	return await submit(createClient(door, ORIGINS), timing, new Claims(), request);
}

test.each<[string, Reply]>([
	['429', { status: 429 }],
	['503 with Retry-After', { status: 503, headers: { 'retry-after': '2' } }],
	['503 with a hint', { status: 503, headers: { 'x-fal-needs-retry': '1' } }],
])('%s to the end costs nothing: fal says that it did not take it', async (_name, reply) => {
	const door = fakeDoor(() => ({ json: { detail: 'busy' }, ...reply }));
	const details = expect.objectContaining({ charged: 'no', statusCode: reply.status });
	await expect(submitThrough(door)).rejects.toMatchObject({ details });
	expect(door.calls).toHaveLength(7);
});

test.each([
	'../../../storage/auth/token?x=',
	'a/b',
	'a?b',
	'a#b',
	'..',
	'a%2fb',
	'a b',
	'',
	7,
	null,
	{ id: 'x' },
])('an answer with the request id %p is one of unknown outcome', async (id) => {
	const door = fakeDoor(() => ({ json: { request_id: id } }));
	const submitted = submitThrough(door);
	await expect(submitted).rejects.toThrow(UnknownOutcomeError);
	await expect(submitted).rejects.toMatchObject({ details: { charged: 'unknown' } });
	expect(door.calls).toHaveLength(1);
});

test('after Stop nothing is submitted', async () => {
	const door = fakeDoor(() => ({ json: { request_id: 'x' } }));
	await expect(submitThrough(door, AbortSignal.abort())).rejects.toThrow(StoppedError);
	expect(door.calls).toEqual([]);
});
