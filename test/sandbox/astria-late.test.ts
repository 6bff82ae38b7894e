import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

const HOUR_MS = 3_600_000;
const LOST = { kind: 'answerAfter', answer: { status: 504, body: 'Gateway Timeout' } } as const;

let kit: Kit;

afterEach(() => kit.sandbox.close());

/** Lets the service's time pass, and nothing else. */
function pass(hours: number): void {
	kit.astria.options.clockSkewMs += hours * HOUR_MS;
}

describe('what was made', () => {
	const LISTS = ['/tunes', '/tunes?title=n8n', '/prompts', '/tunes/690204/prompts'];

	async function lists(): Promise<number[]> {
		const lengths: number[] = [];
		for (const path of LISTS) lengths.push((await kit.ids({ path })).length);
		return lengths;
	}

	test('is in the lists at once, unless told otherwise', async () => {
		kit = await startKit();
		await kit.tune({ title: 'n8n 1' });
		await kit.prompt(690204);
		expect(await lists()).toEqual([1, 1, 1, 1]);
	});

	test('stays in them when the clock is set back', async () => {
		kit = await startKit();
		await kit.tune({ title: 'n8n 1' });
		await kit.prompt(690204);
		pass(-1);
		expect(await lists()).toEqual([1, 1, 1, 1]);
	});

	test('and whose answer was lost is listed only later', async () => {
		kit = await startKit({ listedAfterMs: 2 * HOUR_MS });
		kit.sandbox.faults.add({ on: /^POST/, fault: LOST, times: 2 });
		await kit.ask({
			path: '/tunes',
			json: { tune: { title: 'n8n 1', name: 'man', image_urls: ['https://a.example/1'] } },
		});
		await kit.ask({ path: '/tunes/690204/prompts', json: { prompt: { text: 'x' } } });
		expect([kit.astria.tunes().length, kit.astria.prompts().length]).toEqual([1, 1]);
		expect(await lists()).toEqual([0, 0, 0, 0]);
		pass(1);
		expect(await lists()).toEqual([0, 0, 0, 0]);
		pass(1);
		expect(await lists()).toEqual([1, 1, 1, 1]);
	});

	test('is there by its id all the same', async () => {
		kit = await startKit({ listedAfterMs: HOUR_MS });
		const [tune, prompt] = [await kit.tune(), await kit.prompt(690204)];
		expect((await kit.ask({ path: `/tunes/${tune.id}` })).status).toBe(200);
		expect((await kit.ask({ path: `/prompts/${prompt.id}` })).status).toBe(200);
	});

	test('is bought again when it is sent again too soon, idempotency or not', async () => {
		kit = await startKit({ listedAfterMs: HOUR_MS, account: { idempotent: true } });
		const soon = [await kit.tune(), await kit.tune()].map(({ id }) => id);
		const prompts = [await kit.prompt(690204), await kit.prompt(690204)].map(({ id }) => id);
		expect(new Set(soon).size).toBe(2);
		expect(new Set(prompts).size).toBe(2);
		pass(1);
		expect(soon).toContain((await kit.tune()).id);
		expect(prompts).toContain((await kit.prompt(690204)).id);
	});

	test('in the gallery was there long before', async () => {
		kit = await startKit({ listedAfterMs: HOUR_MS });
		expect(await kit.ids({ path: '/gallery/tunes?title=flux1.dev' })).toHaveLength(2);
	});
});

describe('the prompts of a pack run', () => {
	async function run(): Promise<number[]> {
		const { id } = await kit.trained();
		await kit.ask({ path: '/p/260/tunes', json: { tune: { tune_ids: [id] } } });
		return kit.astria.prompts().map((prompt) => prompt.id);
	}

	async function statuses(id: number): Promise<unknown[]> {
		const path = `/prompts/${id}`;
		const change = { method: 'PATCH', json: { prompt: { base_pack_id: 3 } } };
		return [
			(await kit.ask({ path })).status,
			(await kit.ask({ path, ...change })).status,
			(await kit.ask({ path: `${path}/likes`, method: 'POST' })).status,
		];
	}

	test('are there at once, unless told otherwise', async () => {
		kit = await startKit();
		const ids = await run();
		expect(await kit.ids({ path: '/prompts' })).toEqual(ids.toReversed());
		expect(await statuses(ids[0] ?? 0)).toEqual([200, 200, 201]);
	});

	test('may be 404 and missing for a while, and appear one by one', async () => {
		kit = await startKit({ packPromptsAfterMs: 2 * HOUR_MS });
		const [first = 0, second = 0] = await run();
		pass(1);
		expect(await kit.ids({ path: '/prompts' })).toEqual([]);
		expect(await statuses(first)).toEqual([404, 404, 404]);
		pass(1);
		expect(await kit.ids({ path: '/prompts' })).toEqual([first]);
		expect(await statuses(first)).toEqual([200, 200, 201]);
		expect(await statuses(second)).toEqual([404, 404, 404]);
		pass(2);
		expect(await kit.ids({ path: '/prompts' })).toEqual([second, first]);
		expect(await statuses(second)).toEqual([200, 200, 201]);
	});

	test('of a run that trains too, while its tune is there', async () => {
		kit = await startKit({ packPromptsAfterMs: HOUR_MS });
		const tune = { title: 'T', name: 'cat', image_urls: ['https://a.example/1'] };
		const { id } = await kit.entity({ path: '/p/260/tunes', json: { tune } });
		expect(await kit.ids({ path: '/tunes' })).toEqual([id]);
		expect(await kit.ids({ path: `/tunes/${id}/prompts` })).toEqual([]);
		for (const there of [1, 2]) {
			pass(1);
			expect(await kit.ids({ path: `/tunes/${id}/prompts` })).toHaveLength(there);
		}
	});

	test('alone are late', async () => {
		kit = await startKit({ packPromptsAfterMs: HOUR_MS });
		const { id } = await kit.prompt(690204);
		expect(await kit.ids({ path: '/prompts' })).toEqual([id]);
		expect((await statuses(id))[0]).toBe(200);
	});
});
