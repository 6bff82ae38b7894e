import type { IDataObject } from 'n8n-workflow';

import { type Bell, forgetKnocks, once } from '../../../lib/jobs/knocks';
import { TestClock } from '../clock';

const HOUR_MS = 3_600_000;

let clock: TestClock;
/** What n8n has written down of the trigger. */
let saved: IDataObject;

beforeEach(() => {
	forgetKnocks();
	clock = new TestClock();
	saved = {};
});

const bell = (name = 'node'): Bell => ({ name, saved, clock });

/** Work that ends when it is let. */
function heldWork() {
	let end = () => {};
	const held = new Promise<void>((resolve) => (end = resolve));
	return { work: async () => await held, end };
}

test('a second call for an id does nothing, and another id and another trigger have their own', async () => {
	const work = jest.fn(async () => 'made');
	expect(await once(bell(), 'job-1', work)).toEqual({ made: 'made' });
	expect(await once(bell(), 'job-1', work)).toBe('done');
	expect(work).toHaveBeenCalledTimes(1);
	expect(await once(bell(), 'job-2', work)).toEqual({ made: 'made' });
	saved = {};
	expect(await once(bell('another'), 'job-1', work)).toEqual({ made: 'made' });
});

test('while one call works on an id, another one for it does nothing', async () => {
	const { work, end } = heldWork();
	const first = once(bell(), 'job-1', work);
	expect(await once(bell(), 'job-1', work)).toBe('open');
	end();
	expect(await first).toEqual({ made: undefined });
	expect(await once(bell(), 'job-1', work)).toBe('done');
});

test('work that failed is left to the next call', async () => {
	const failing = once(bell(), 'job-1', async () => await Promise.reject(new Error('no answer')));
	await expect(failing).rejects.toThrow('no answer');
	expect(await once(bell(), 'job-1', async () => 'made')).toEqual({ made: 'made' });
});

test.each([
	[24, 'done'],
	[24.1, { made: 'again' }],
])('after %i hours a call leads to: %p', async (hours, knock) => {
	await once(bell(), 'job-1', async () => 'made');
	await clock.sleep(hours * HOUR_MS);
	expect(await once(bell(), 'job-1', async () => 'again')).toEqual(knock);
});

test('a restart of n8n does not forget what was done', async () => {
	await once(bell(), 'job-1', async () => 'made');
	const written: IDataObject = JSON.parse(JSON.stringify(saved));
	forgetKnocks();
	saved = written;
	expect(await once(bell(), 'job-1', async () => 'made')).toBe('done');
});

test('what n8n has written down of calls that overlap holds all of them, whichever wrote last', async () => {
	const first = heldWork();
	const slow: Bell = { ...bell(), saved: {} };
	const pending = once(slow, 'job-1', first.work);
	await once(bell(), 'job-2', async () => 'made');
	first.end();
	await pending;
	expect(slow.saved).toEqual({ started: { 'job-1': clock.now(), 'job-2': clock.now() } });
});

test('a call with old memory of n8n does not make an id forgotten', async () => {
	await once(bell(), 'job-1', async () => 'made');
	const stale = { started: { 'job-1': clock.now() - 25 * HOUR_MS } };
	const late: Bell = { name: 'node', saved: stale, clock };
	expect(await once(late, 'job-1', async () => 'again')).toBe('done');
});

test.each<[string, IDataObject]>([
	['nothing', {}],
	['a list', { started: ['job-1'] }],
	['no times', { started: { 'job-1': 'yesterday', 'job-2': null } }],
])('memory of n8n that holds %s is no reason not to work', async (_name, held) => {
	saved = held;
	expect(await once(bell(), 'job-1', async () => 'made')).toEqual({ made: 'made' });
	expect(saved).toEqual({ started: { 'job-1': clock.now() } });
});

test('5000 ids are remembered, and the oldest goes', async () => {
	const times = Array.from({ length: 5_000 }, (_, at) => [`job-${at}`, clock.now() + at]);
	saved = { started: Object.fromEntries(times) };
	await clock.sleep(5_000);
	await once(bell(), 'new', async () => 'made');
	const ids = Object.keys(saved.started ?? {});
	expect(ids).toHaveLength(5_000);
	expect(ids).not.toContain('job-0');
	expect(ids).toEqual(expect.arrayContaining(['job-1', 'new']));
});
