import { AstriaClient } from '../../../../lib/astria/api/client';
import { deletePrompt, likePrompt, updatePrompt } from '../../../../lib/astria/prompts/calls';
import { deleteTune, updateTune } from '../../../../lib/astria/tunes/calls';
import type { Timing } from '../../../../lib/jobs/retry';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

type Change = (client: AstriaClient, timing: Timing) => Promise<unknown>;

const CHANGES: Array<[string, Change]> = [
	['a tune is deleted', async (...how) => await deleteTune(...how, 7)],
	['a tune is updated', async (...how) => await updateTune(...how, 7, { title: 'x' })],
	['a prompt is deleted', async (...how) => await deletePrompt(...how, 7)],
	['a prompt is updated', async (...how) => await updatePrompt(...how, 7, { pack_id: 1 })],
	['a prompt is liked', async (...how) => await likePrompt(...how, 7, true)],
	['a like is taken back', async (...how) => await likePrompt(...how, 7, false)],
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
