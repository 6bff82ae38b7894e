import { AstriaClient } from '../../../../lib/astria/api/client';
import { PromptDriver } from '../../../../lib/astria/prompts/driver';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { Door } from '../../../../lib/http';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

/** An address for each test: what this process remembers of one account is nothing to another. */
let accounts = 0;
const newAccount = () => `https://astria-${(accounts += 1)}.test`;

/** Astria with prompts that are made when a test says so. */
class FakeAstria {
	private readonly baseUrl = newAccount();
	readonly clock = new TestClock(NOW);
	/** The numbers of those that are listed, newest first or not. */
	listed: Array<Record<string, unknown>> = [];
	private readonly creates: Array<(reply: Reply | Error) => void> = [];
	readonly door = fakeDoor(async ({ method }) => {
		if (method === 'GET') return { json: this.listed };
		const reply = await new Promise<Reply | Error>((resolve) => this.creates.push(resolve));
		if (reply instanceof Error) throw reply;
		return reply;
	});

	driver(): PromptDriver {
		return driverOn(this.door, this.clock, this.baseUrl);
	}

	/** A prompt is there, whether or not anybody is told. */
	make(id: number, more: Record<string, unknown> = {}): void {
		const created_at = new Date(this.clock.now()).toISOString();
		this.listed.push({ id, tune_id: 1, text: 'a photo', created_at, images: [], ...more });
	}

	/** Answers a create call, counted from 0. */
	async answer(index: number, reply: Reply | Error): Promise<void> {
		await settled();
		this.creates[index]?.(reply);
		await settled();
	}
}

function driverOn(door: Door, clock: TestClock, baseUrl = newAccount()): PromptDriver {
	const client = new AstriaClient(door, baseUrl, clock);
	return new PromptDriver({ client, clock, logger: { debug: () => {} }, maxWaitMs: 60_000 });
}

/** Lets all that can go on go on. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

const request = (values: Record<string, unknown> = {}): PromptRequest => ({
	target: { kind: 'tune', tuneId: 1 },
	values: { text: 'a photo', ...values },
	files: {},
	distinct: true,
});

const picture = (address: string) => ({ input_image: [{ kind: 'address' as const, address }] });

/** A clock whose waits end only when they are ended. */
class PatientClock extends TestClock {
	private readonly ends: Array<() => void> = [];

	/** Lets all waits be over. */
	endAll(): void {
		this.ends.splice(0).forEach((end) => end());
	}

	override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		this.waits.push(ms);
		if (signal?.aborted) return;
		await new Promise<void>((resolve) => {
			this.ends.push(resolve);
			signal?.addEventListener('abort', () => resolve(), { once: true });
		});
	}
}

describe('a prompt whose answer was lost, of a run that was stopped', () => {
	/** The prompt is made while the run is stopped, and its answer is lost. */
	async function stoppedWith(list: () => Promise<Reply>) {
		const clock = new PatientClock(NOW);
		const stop = new AbortController();
		const door = fakeDoor(async ({ method, signal }) => {
			if (method === 'GET') {
				if (signal?.aborted) throw broken();
				return await Promise.race([list(), abortOf(signal)]);
			}
			stop.abort('Stopped.');
			throw broken();
		});
		const job = driverOn(door, clock).submit(request(), { clock, signal: stop.signal });
		return { job, door, clock };
	}

	async function abortOf(signal: AbortSignal | undefined): Promise<never> {
		return await new Promise((_, reject) => {
			signal?.addEventListener('abort', () => reject(broken()));
		});
	}

	test('is still asked for, once', async () => {
		const created_at = new Date(NOW).toISOString();
		const found = { id: 11, tune_id: 1, text: 'a photo', created_at };
		const { job, door } = await stoppedWith(async () => ({ json: [found] }));
		expect(await job).toMatchObject({ promptId: 11, recovered: true });
		expect(door.calls.filter(({ method }) => method === 'GET')).toHaveLength(1);
	});

	test('is unknown when it is not there', async () => {
		const { job, door } = await stoppedWith(async () => ({ json: [] }));
		await expect(job).rejects.toMatchObject({ details: { charged: 'unknown' } });
		expect(door.calls.filter(({ method }) => method === 'GET')).toHaveLength(1);
	});

	test('is not waited for longer than some seconds', async () => {
		const never = new Promise<Reply>(() => {});
		const { job, clock } = await stoppedWith(async () => await never);
		await settled();
		expect(clock.waits).toEqual([10_000]);
		clock.endAll();
		await expect(job).rejects.toMatchObject({ details: { charged: 'unknown' } });
	});
});

describe('a prompt whose answer was lost', () => {
	test('is not the one whose answer is still under way to a row that is alike', async () => {
		const astria = new FakeAstria();
		const driver = astria.driver();
		const one = driver.submit(request(), { clock: astria.clock });
		const other = driver.submit(request(), { clock: astria.clock });
		astria.make(11);
		astria.make(12);
		await astria.answer(0, broken());
		await astria.answer(1, { status: 201, json: { id: 11, tune_id: 1 } });
		expect((await other).promptId).toBe(11);
		expect(await one).toMatchObject({ promptId: 12, recovered: true });
	});

	test('belongs to one of two rows that are alike, both of whose answers were lost', async () => {
		const astria = new FakeAstria();
		const driver = astria.driver();
		const jobs = [request(), request()].map(
			async (row) => await driver.submit(row, { clock: astria.clock }),
		);
		astria.make(12);
		astria.make(11);
		await astria.answer(0, broken());
		await astria.answer(1, broken());
		const ids = (await Promise.all(jobs)).map(({ promptId }) => promptId);
		expect(ids.sort()).toEqual([11, 12]);
	});

	test('is nobody’s when two rows with other pictures lost theirs, and says so', async () => {
		const astria = new FakeAstria();
		const driver = astria.driver();
		const rows = ['https://a/1.png', 'https://a/2.png'].map((address) => ({
			...request({ seed: 5 }),
			files: picture(address),
		}));
		const jobs = rows.map(async (row) => await driver.submit(row, { clock: astria.clock }));
		const ends = Promise.allSettled(jobs);
		astria.make(11, { seed: 5 });
		astria.make(12, { seed: 5 });
		await astria.answer(0, broken());
		await astria.answer(1, broken());
		for (const end of await ends) {
			expect(end).toMatchObject({
				status: 'rejected',
				reason: {
					message: expect.stringMatching(/Astria has 11, 12: they look alike/),
					details: { charged: 'unknown', candidateIds: ['11', '12'] },
				},
			});
		}
	});

	test('is not one that an earlier try has got', async () => {
		const astria = new FakeAstria();
		const driver = astria.driver();
		driver.revive({ promptId: 11, tuneId: 1 });
		const job = driver.submit(request(), { clock: astria.clock });
		astria.make(11);
		astria.make(12);
		await astria.answer(0, broken());
		expect((await job).promptId).toBe(12);
	});
});

describe('a prompt whose answer was lost, beside another execution that asks for the same', () => {
	test('is not the one that the other has got', async () => {
		const astria = new FakeAstria();
		const lost = astria.driver().submit(request(), { clock: astria.clock });
		const other = astria.driver().submit(request(), { clock: astria.clock });
		astria.make(100);
		await astria.answer(1, { status: 201, json: { id: 100, tune_id: 1 } });
		expect((await other).promptId).toBe(100);
		astria.make(101);
		await astria.answer(0, broken());
		expect(await lost).toMatchObject({ promptId: 101, recovered: true });
	});

	test('nor the one that the other is about to get', async () => {
		const astria = new FakeAstria();
		const lost = astria.driver().submit(request(), { clock: astria.clock });
		const other = astria.driver().submit(request(), { clock: astria.clock });
		astria.make(100);
		astria.make(101);
		await astria.answer(0, broken());
		await astria.answer(1, { status: 201, json: { id: 100, tune_id: 1 } });
		expect((await other).promptId).toBe(100);
		expect(await lost).toMatchObject({ promptId: 101, recovered: true });
	});

	test('nor the one that the other has found', async () => {
		const astria = new FakeAstria();
		const jobs = [1, 2].map(
			async () => await astria.driver().submit(request(), { clock: astria.clock }),
		);
		astria.make(100);
		astria.make(101);
		await astria.answer(0, broken());
		await astria.answer(1, broken());
		expect((await Promise.all(jobs)).map(({ promptId }) => promptId)).toEqual([100, 101]);
	});

	test('is the same one again for whoever goes on with it', async () => {
		const astria = new FakeAstria();
		const lost = astria.driver().submit(request(), { clock: astria.clock });
		astria.make(100);
		await astria.answer(0, broken());
		const job = await lost;
		expect(astria.driver().revive({ ...job })).toMatchObject({ promptId: 100, recovered: true });
	});

	test('is told apart from what another account has under the same number', async () => {
		for (const astria of [new FakeAstria(), new FakeAstria()]) {
			const lost = astria.driver().submit(request(), { clock: astria.clock });
			astria.make(100);
			await astria.answer(0, broken());
			expect(await lost).toMatchObject({ promptId: 100, recovered: true });
		}
	});
});

test('Stop does not end the call that makes a prompt: its answer is worth the wait', async () => {
	const stop = new AbortController();
	const clock = new TestClock(NOW);
	const door = fakeDoor(({ signal }) => {
		stop.abort();
		expect(signal?.aborted ?? false).toBe(false);
		return { status: 201, json: { id: 7, tune_id: 1, text: 'a photo' } };
	});
	const job = driverOn(door, clock).submit(request(), { clock, signal: stop.signal });
	expect(await job).toMatchObject({ promptId: 7, recovered: false });
});
