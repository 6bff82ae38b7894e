import { AstriaClient, certainlyNotTaken, change as send } from '../../../../lib/astria/api/client';
import { astriaAnswerError } from '../../../../lib/astria/api/errors';
import { patchPrompt, removePrompt, setLiked } from '../../../../lib/astria/prompts/prompt';
import { patchTune, removeTune } from '../../../../lib/astria/tunes/tune';
import type { Timing } from '../../../../lib/time';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

type Change = (client: AstriaClient, timing: Timing) => Promise<unknown>;

const CHANGES: Array<[string, Change]> = [
	['a tune is deleted', async (...how) => await removeTune(...how, 7)],
	['a tune is updated', async (...how) => await patchTune(...how, 7, { title: 'x' })],
	['a prompt is deleted', async (...how) => await removePrompt(...how, 7)],
	['a prompt is updated', async (...how) => await patchPrompt(...how, 7, { pack_id: 1 })],
	['a prompt is liked', async (...how) => await setLiked(...how, 7, true)],
	['a like is taken back', async (...how) => await setLiked(...how, 7, false)],
];

/** A service that fails so, a few times. */
function clientThatFails(failure: Reply | Error, times: number) {
	const door = fakeDoor((_, index) => {
		if (index >= times) return { json: { id: 7 } };
		if (failure instanceof Error) throw failure;
		return failure;
	});
	const clock = new TestClock();
	return { door, clock, client: new AstriaClient(door, 'https://api.astria.ai', clock) };
}

describe.each(CHANGES)('%s', (_name, change) => {
	test.each<[string, Reply | Error]>([
		['429', { status: 429 }],
		['503 with a Retry-After', { status: 503, headers: { 'retry-after': '3' } }],
		['a connection that was never made', broken(false)],
	])('all the same after %s, since Astria did not take the call', async (_failure, failure) => {
		const { door, clock, client } = clientThatFails(failure, 2);
		await change(client, { clock });
		expect(door.calls).toHaveLength(3);
		expect(clock.waits).toHaveLength(2);
	});

	test.each<[string, Reply | Error]>([
		['422', { status: 422, json: { error: 'no' } }],
		['500', { status: 500 }],
		['a reset', broken()],
	])('not after %s', async (_failure, failure) => {
		const { door, clock, client } = clientThatFails(failure, 1);
		await expect(change(client, { clock })).rejects.toThrow();
		expect(door.calls).toHaveLength(1);
	});
});

test('a change is tried six times, over half a minute and more', async () => {
	const { door, clock, client } = clientThatFails(broken(false), 9);
	const call = { method: 'DELETE', path: '/tunes/7' } as const;
	await expect(send(client, { clock }, call)).rejects.toThrow('The connection broke.');
	expect(clock.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
	expect(door.calls).toHaveLength(6);
});

test('a change is what it says, hands back the answer, and ends with Stop', async () => {
	const { door, clock, client } = clientThatFails(broken(false), 0);
	const { signal } = new AbortController();
	const call = { method: 'PATCH', path: '/tunes/7', body: { tune: { title: 'x' } } } as const;
	expect(await send(client, { clock, signal }, call)).toEqual({ id: 7 });
	expect(door.calls).toMatchObject([
		{ method: 'PATCH', url: 'https://api.astria.ai/tunes/7', stage: 'result', signal },
	]);
});

test.each<[string, unknown, boolean]>([
	['a 429', astriaAnswerError({ status: 429, headers: {} }, '', 'submit'), true],
	['a 500', astriaAnswerError({ status: 500, headers: {} }, '', 'submit'), false],
	['a connection that was never made', broken(false), true],
	['a reset', broken(), false],
	['what looks like a 429', { status: 429, headers: {} }, false],
])('after %s Astria has certainly not taken the call: %p', (_name, error, certainly) => {
	expect(certainlyNotTaken(error)).toBe(certainly);
});
