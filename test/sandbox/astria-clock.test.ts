import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a call and the second that `Date` is cut to may take on a busy machine. */
const SLACK_MS = 10_000;

let kit: Kit;

afterEach(() => kit.sandbox.close());

/** How far a time in an answer is ahead of this machine, in whole hours. */
function hoursAhead(time: unknown): number {
	const ahead = Date.parse(String(time)) - Date.now();
	const hours = Math.round(ahead / HOUR_MS);
	expect(Math.abs(ahead - hours * HOUR_MS)).toBeLessThan(SLACK_MS);
	// Rounding makes -0 of a little less than nothing.
	return hours + 0;
}

async function dateOf(path: string, headers: Record<string, string> = {}): Promise<unknown> {
	return (await kit.ask({ path, headers })).headers.date;
}

test.each([
	['right', 0],
	['ahead', 5],
	['behind', -5],
])('a clock that is %s tells so in every answer', async (_, hours) => {
	kit = await startKit({ clockSkewMs: hours * HOUR_MS });
	const dates = [
		await dateOf('/users'),
		await dateOf('/tunes'),
		await dateOf('/tunes/1'),
		await dateOf('/unknown'),
		await dateOf('/tunes', { Authorization: 'Bearer sd_wrong' }),
		await dateOf('/tunes', { 'User-Agent': 'axios/1' }),
	];
	expect(dates.map(hoursAhead)).toEqual(dates.map(() => hours));
});

test('and in every time of a tune and a prompt', async () => {
	kit = await startKit({ clockSkewMs: 5 * HOUR_MS });
	const tune = await kit.trained({ prompts_attributes: [{ text: 'noimages' }] });
	const [made] = kit.astria.prompts();
	await kit.astria.settle(made?.id ?? 0);
	const prompt = await kit.entity({ path: `/prompts/${made?.id}` });
	for (const { created_at, started_training_at, trained_at, updated_at } of [tune, prompt]) {
		const times = [created_at, started_training_at, trained_at, updated_at];
		expect(times.map(hoursAhead)).toEqual([5, 5, 5, 5]);
	}
	expect(hoursAhead(tune.expires_at)).toBe(5 + 30 * 24);
	const failed = await kit.trained({ title: 'fails' });
	expect(hoursAhead(failed.failed_at)).toBe(5);
	kit.astria.options.clockSkewMs = 7 * HOUR_MS;
	for (const [path, json] of [
		[`/tunes/${tune.id}`, { tune: { name: 'girl' } }],
		[`/prompts/${prompt.id}`, { prompt: { base_pack_id: 3 } }],
	] satisfies Array<[string, object]>) {
		const changed = await kit.entity({ method: 'PATCH', path, json });
		expect([changed.created_at, changed.updated_at].map(hoursAhead)).toEqual([5, 7]);
	}
});

test('and in the estimate, the progress and what counts as today', async () => {
	kit = await startKit({ clockSkewMs: 30 * HOUR_MS, trainingMs: HOUR_MS, generationMs: 1000 });
	expect(hoursAhead((await kit.tune()).eta)).toBe(31);
	const { id } = await kit.prompt(690204, { text: 'stuck' });
	await kit.astria.settle(id);
	const { progress_elapsed_seconds } = await kit.entity({ path: `/prompts/${id}` });
	expect(Number(progress_elapsed_seconds)).toBeGreaterThanOrEqual(0);
	expect(Number(progress_elapsed_seconds)).toBeLessThan(SLACK_MS / 1000);
	expect(await kit.ids({ path: '/prompts?today=true' })).toEqual([id]);
});

test('a tune is over by that clock', async () => {
	kit = await startKit({ account: { idempotent: true } });
	const { id } = await kit.trained({ title: 'T' });
	const status = async () => (await kit.ask({ path: `/tunes/${id}` })).status;
	kit.astria.options.clockSkewMs = 29 * DAY_MS;
	expect(await status()).toBe(200);
	expect((await kit.tune({ title: 'T' })).id).toBe(id);
	kit.astria.options.clockSkewMs = 31 * DAY_MS;
	expect(await status()).toBe(404);
	expect((await kit.tune({ title: 'T' })).id).not.toBe(id);
});
