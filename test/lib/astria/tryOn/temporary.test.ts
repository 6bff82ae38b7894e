import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';

import { AstriaClient } from '../../../../lib/astria/api/client';
import { TemporaryTunes } from '../../../../lib/astria/tryOn/temporary';
import type { RunIdentity } from '../../../../lib/jobs/memory';
import { TestClock } from '../../clock';
import { fakeDoor } from '../fakeDoor';

/** A run, and which tunes it has deleted. */
function bedOf() {
	const clock = new TestClock();
	const memory: IDataObject = {};
	const door = fakeDoor(() => ({ status: 204 }));
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	return {
		timing: { clock },
		open: (run: number, more: Partial<RunIdentity> = {}) =>
			new TemporaryTunes(client, memory, { execution: 'first', run, ...more }),
		deleted: () => door.calls.map(({ url }) => Number(url.split('/').at(-1))).sort(),
	};
}

test('those of a run are deleted when no prompt needs them', async () => {
	const { open, timing, deleted } = bedOf();
	const tunes = open(0);
	[1, 2, 3, 4].forEach((id) => tunes.add(id));
	tunes.hold(100, [1, 2, 77]);
	tunes.hold(101, [2, 3]);
	tunes.release(101);
	tunes.holdUnsettled([4]);
	expect(await tunes.deleteUnneeded(timing)).toEqual(new Set([1, 2, 4]));
	expect(deleted()).toEqual([3]);
	tunes.release(100);
	expect(await tunes.deleteUnneeded(timing)).toEqual(new Set([4]));
	expect(deleted()).toEqual([1, 2, 3]);
});

test('a further try knows those of the ones before, and what nobody knows of', async () => {
	const { open, timing, deleted } = bedOf();
	const first = open(0);
	[1, 2].forEach((id) => first.add(id));
	first.holdUnsettled([2]);
	const second = open(0);
	expect([second.mark, second.tries]).toEqual([first.mark, 2]);
	second.add(1);
	expect(await second.deleteUnneeded(timing)).toEqual(new Set([2]));
	expect(deleted()).toEqual([1]);
});

test('the tunes of a prompt that an earlier try left running stay, also in the editor’s Retry', async () => {
	const { open, timing, deleted } = bedOf();
	const failed = open(0);
	[1, 2, 3].forEach((id) => failed.add(id));
	failed.hold(100, [1, 2]);
	for (const execution of ['first', 'retried']) {
		const again = open(0, { execution });
		expect(await again.deleteUnneeded(timing)).toEqual(new Set([1, 2]));
		expect(again.heldBy(100)).toEqual([1, 2]);
	}
	const ended = open(0, { execution: 'retried' });
	ended.release(100);
	expect(await ended.deleteUnneeded(timing)).toEqual(new Set());
	expect(deleted()).toEqual([1, 2, 3]);
});

test('tries are counted within an execution', () => {
	const { open } = bedOf();
	const tries = ['first', 'first', 'retried', 'retried'].map(
		(execution) => open(0, { execution }).tries,
	);
	expect(tries).toEqual([1, 2, 1, 2]);
});

test('another round of a loop leaves those of a failed one alone', async () => {
	const { open, timing, deleted } = bedOf();
	const failed = open(0);
	failed.add(1);
	const next = open(1);
	next.add(2);
	expect(next.mark).not.toBe(failed.mark);
	expect(next.tries).toBe(1);
	expect(await next.deleteUnneeded(timing)).toEqual(new Set());
	expect(deleted()).toEqual([2]);
});

test('calls of an agent’s tool keep to themselves', async () => {
	const { open, timing, deleted } = bedOf();
	const one = open(0, { call: randomUUID() });
	one.add(1);
	const other = open(0, { call: randomUUID() });
	other.add(2);
	await other.deleteUnneeded(timing);
	expect(deleted()).toEqual([2]);
	expect(other.mark).not.toBe(one.mark);
});
