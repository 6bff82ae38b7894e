import { AstriaClient } from '../../../../lib/astria/api/client';
import { PackRunDriver } from '../../../../lib/astria/packs/run';
import type { Door } from '../../../../lib/http';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const PACK = {
	id: 260,
	slug: 'headshots',
	prompts_per_class: { woman: [{ id: 501 }, { id: 502 }], man: [{ id: 511 }] },
};

/** Lets all that can go on go on. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

type Shown = Record<string, unknown>;

/** A prompt of the run that is looked for, with what differs. */
const prompt = (id: number, more: Shown = {}): Shown => ({
	id,
	tune_id: 7,
	text: 'ohwx woman',
	base_pack_id: 260,
	orig_prompt_id: 501,
	order_id: 90,
	created_at: new Date(NOW).toISOString(),
	images: [],
	...more,
});

/** An address for each test: what this process remembers of one account is nothing to another. */
let accounts = 0;
const newAccount = () => `https://astria-${(accounts += 1)}.test`;

function driverOn(
	door: Door,
	clock: TestClock,
	baseUrl: string = newAccount(),
	wantsIds = false,
): PackRunDriver {
	return new PackRunDriver(new AstriaClient(door, baseUrl, clock), wantsIds);
}

/**
 * Runs a pack whose answer is lost.
 *
 * @param lists what Astria lists at each question; the last one from then on
 */
async function lostRun(lists: Shown[][], more: Shown = {}) {
	const clock = new TestClock(NOW);
	let questions = 0;
	const door = fakeDoor(({ method, url }) => {
		if (method === 'POST') throw broken();
		const { pathname, searchParams } = new URL(url);
		if (pathname.startsWith('/p/')) return { json: PACK };
		const before = Number(searchParams.get('before_id') ?? Infinity);
		const list = lists[Math.min(questions, lists.length - 1)] ?? [];
		if (before === Infinity) questions += 1;
		const limit = Number(searchParams.get('limit'));
		return { json: list.filter(({ id }) => Number(id) < before).slice(0, limit) };
	});
	const driver = driverOn(door, clock);
	const request = { path: '/p/headshots/tunes', tuneIds: [7], fields: { tune_ids: [7], ...more } };
	return { clock, door, driver, job: driver.submit(request, { clock }) };
}

test('all prompts of the run are found, in the order of their making', async () => {
	const { job } = await lostRun([[prompt(12), prompt(11)]]);
	expect(await job).toEqual({ tuneIds: [7], orderId: 90, promptIds: [11, 12], recovered: true });
});

test('however the list is sorted', async () => {
	const others = [prompt(15, { order_id: null, base_pack_id: null, orig_prompt_id: null })];
	const { job } = await lostRun([[...others, prompt(11), prompt(12)]]);
	expect(await job).toMatchObject({ orderId: 90, promptIds: [11, 12] });
});

test.each<[string, Shown]>([
	['a prompt of another workflow', { base_pack_id: null, orig_prompt_id: null, order_id: null }],
	['one of another pack', { base_pack_id: 261 }],
	['one on another tune', { tune_id: 8 }],
	['one that was made before', { created_at: new Date(NOW - 60_000).toISOString() }],
])('%s is none of the run', async (_name, more) => {
	const { job } = await lostRun([[prompt(13, more)]]);
	await expect(job).rejects.toMatchObject({ details: { charged: 'unknown' } });
});

test('a template tells the pack where the prompt does not', async () => {
	const { job } = await lostRun([[11, 12].map((id) => prompt(id, { base_pack_id: null }))]);
	expect(await job).toMatchObject({ promptIds: [11, 12] });
});

test('prompts that appear late are waited for', async () => {
	const { job } = await lostRun([[], [prompt(11)], [prompt(11)], [prompt(12), prompt(11)]]);
	expect(await job).toMatchObject({ promptIds: [11, 12] });
});

test('when no more appear, those that are there are the run', async () => {
	const { job, clock } = await lostRun([[prompt(11)]]);
	expect(await job).toMatchObject({ promptIds: [11] });
	expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBe(60_000);
});

test('a choice of prompts is complete sooner', async () => {
	const { job, clock } = await lostRun([[prompt(11)]], { prompt_ids: [501] });
	expect(await job).toMatchObject({ promptIds: [11] });
	expect(clock.waits).toEqual([]);
});

test('two orders that fit are told, and none is taken', async () => {
	const { job } = await lostRun([[prompt(12, { order_id: 91 }), prompt(11)]]);
	await expect(job).rejects.toThrow(/several orders .*: 91, 90\./);
	await expect(job).rejects.toMatchObject({ details: { charged: 'unknown' } });
});

test('an order of an earlier try is not this one', async () => {
	const { driver, job } = await lostRun([
		[prompt(14, { order_id: 91 }), prompt(13, { order_id: 91 }), prompt(12), prompt(11)],
	]);
	driver.revive({ promptIds: [11, 12], tuneIds: [7] });
	expect(await job).toMatchObject({ orderId: 91, promptIds: [13, 14] });
});

test('a busy account is looked through page by page', async () => {
	const others = Array.from({ length: 250 }, (_, n) => prompt(500 - n, { base_pack_id: 1 }));
	const { job, door } = await lostRun([[...others, prompt(12), prompt(11)]]);
	expect(await job).toMatchObject({ promptIds: [11, 12] });
	// The last one is empty, which is how Astria's lists end.
	expect(door.calls.filter(({ url }) => url.includes('/prompts?'))).toHaveLength(4);
});

describe('two rows that run the same pack on the same tune', () => {
	const request = { path: '/p/headshots/tunes', tuneIds: [7], fields: { tune_ids: [7] } };

	test('are sent one after the other', async () => {
		const clock = new TestClock(NOW);
		let [now, most] = [0, 0];
		const door = fakeDoor(async () => {
			now += 1;
			most = Math.max(most, now);
			await new Promise((resolve) => setImmediate(resolve));
			now -= 1;
			return { json: { order: { id: 90 }, prompt_ids: [11] } };
		});
		const driver = driverOn(door, clock);
		await Promise.all([1, 2].map(async () => await driver.submit(request, { clock })));
		expect(door.calls).toHaveLength(2);
		expect(most).toBe(1);
	});

	test('each have their own prompts, though both of their answers were lost', async () => {
		const clock = new TestClock(NOW);
		const made: Shown[] = [];
		const door = fakeDoor(({ method, url }) => {
			const { pathname } = new URL(url);
			if (method === 'GET' && pathname.startsWith('/p/')) return { json: PACK };
			if (method === 'GET') return { json: url.includes('before_id') ? [] : [...made].reverse() };
			const order_id = 90 + made.length;
			for (const id of [1, 2]) made.push(prompt(order_id * 10 + id, { order_id }));
			throw broken();
		});
		const driver = driverOn(door, clock);
		const jobs = [1, 2].map(async () => await driver.submit(request, { clock }));
		expect(await Promise.all(jobs)).toMatchObject([
			{ orderId: 90, promptIds: [901, 902], recovered: true },
			{ orderId: 92, promptIds: [921, 922], recovered: true },
		]);
	});
});

describe('a run whose answer was lost, beside another execution that runs the same', () => {
	const request = { path: '/p/headshots/tunes', tuneIds: [7], fields: { tune_ids: [7] } };
	const both = [prompt(12, { order_id: 91 }), prompt(11)];

	/** Both orders are there when the first one's answer is lost. */
	function twoExecutions(list: () => Shown[]) {
		const clock = new TestClock(NOW);
		const answers: Array<(reply: Reply | Error) => void> = [];
		const door = fakeDoor(async ({ method, url }) => {
			const { pathname } = new URL(url);
			if (method === 'GET' && pathname.startsWith('/p/')) return { json: PACK };
			if (method === 'GET') return { json: url.includes('before_id') ? [] : list() };
			const reply = await new Promise<Reply | Error>((resolve) => answers.push(resolve));
			if (reply instanceof Error) throw reply;
			return reply;
		});
		const account = newAccount();
		const submit = async () => await driverOn(door, clock, account).submit(request, { clock });
		const answer = async (index: number, reply: Reply | Error) => {
			await settled();
			answers[index]?.(reply);
			await settled();
		};
		return { submit, answer };
	}

	const ANSWER = { json: { order: { id: 91 }, prompt_ids: [12] } };

	test('is not the one that the other has got', async () => {
		const { submit, answer } = twoExecutions(() => both);
		const [lost, other] = [submit(), submit()];
		await answer(1, ANSWER);
		await answer(0, broken());
		expect(await other).toMatchObject({ orderId: 91, promptIds: [12] });
		expect(await lost).toMatchObject({ orderId: 90, promptIds: [11], recovered: true });
	});

	test('nor the one that the other is about to get', async () => {
		const { submit, answer } = twoExecutions(() => both);
		const [lost, other] = [submit(), submit()];
		await answer(0, broken());
		await answer(1, ANSWER);
		expect(await other).toMatchObject({ orderId: 91, promptIds: [12] });
		expect(await lost).toMatchObject({ orderId: 90, promptIds: [11], recovered: true });
	});

	test('nor the one that the other has just found, and whose late prompts it waits for', async () => {
		let list = [prompt(11)];
		const { submit, answer } = twoExecutions(() => list);
		const [one, other] = [submit(), submit()];
		await answer(0, broken());
		list = both;
		await answer(1, broken());
		expect(await one).toMatchObject({ orderId: 90, promptIds: [11] });
		expect(await other).toMatchObject({ orderId: 91, promptIds: [12] });
	});
});

describe('a run whose answer names its order, and no prompts', () => {
	/** @param lists what Astria lists at each question; the last one from then on */
	async function namelessRun(lists: Shown[][], answer: Shown) {
		const clock = new TestClock(NOW);
		let questions = 0;
		const door = fakeDoor(({ method, url }) => {
			if (method === 'POST') return { json: answer };
			if (new URL(url).pathname.startsWith('/p/')) return { json: PACK };
			if (url.includes('before_id')) return { json: [] };
			questions += 1;
			return { json: lists[Math.min(questions, lists.length) - 1] ?? [] };
		});
		const request = { path: '/p/headshots/tunes', tuneIds: [7], fields: { tune_ids: [7] } };
		return await driverOn(door, clock, newAccount(), true).submit(request, { clock });
	}

	test('gets the prompts of that order, though those of another show first', async () => {
		const another = [prompt(12, { order_id: 91 }), prompt(13, { order_id: 91 })];
		const job = await namelessRun([another, another, [...another, prompt(14), prompt(15)]], {
			order: { id: 90 },
		});
		expect(job).toMatchObject({ orderId: 90, promptIds: [14, 15], recovered: false });
	});

	test('gets none where only those of another order show', async () => {
		const job = await namelessRun([[prompt(12, { order_id: 91 })]], { order: { id: 90 } });
		expect(job).toMatchObject({ orderId: 90, promptIds: [] });
	});

	test('and where it names no order either, the order is found with the prompts', async () => {
		const job = await namelessRun([[prompt(12), prompt(11)]], { message: 'On its way.' });
		expect(job).toMatchObject({ orderId: 90, promptIds: [11, 12], message: 'On its way.' });
	});
});

test('what an earlier try has bought is read back whole', () => {
	const driver = driverOn(
		fakeDoor(() => ({})),
		new TestClock(NOW),
	);
	const job = {
		tuneIds: [7],
		orderId: 90,
		promptIds: [11, 12],
		cost: 1.5,
		message: 'On its way.',
		recovered: true,
	};
	expect(driver.revive({ ...job, more: 1 })).toEqual(job);
	const least = { tuneIds: [], promptIds: [], recovered: false };
	expect(driver.revive({ ...least })).toEqual(least);
	expect(driver.revive({ orderId: 90 })).toBeUndefined();
});
