import type { ListSource } from '../../../../lib/astria/api/entity';
import { astriaAnswerError } from '../../../../lib/astria/api/errors';
import { lookOnce, Orders, Sweep } from '../../../../lib/astria/api/watch';
import type { Told } from '../../../../lib/jobs/lookout';
import type { Timing } from '../../../../lib/time';
import { TestClock } from '../../clock';
import { broken } from '../fakeDoor';

interface Thing {
	id: number;
}

const answer = (status: number) => astriaAnswerError({ status, headers: {} }, '', 'wait');

/** Things that are there, and each question for them. */
class Service implements ListSource<Thing> {
	readonly asked: string[] = [];
	readonly signals = new Set<AbortSignal>();
	/** Ids that a list does not show. */
	readonly hidden = new Set<number>();
	failure?: Error;
	/** Errors of each question for one. */
	readonly refused = new Map<number, Error>();

	constructor(private readonly ids: readonly number[]) {}

	idOf({ id }: Thing): number | undefined {
		return id > 0 ? id : undefined;
	}

	async list(beforeId: number, limit: number, signal: AbortSignal): Promise<Thing[]> {
		this.note(`${limit} before ${beforeId}`, signal);
		const ids = this.ids.filter((id) => id < beforeId && !this.hidden.has(id));
		return ids
			.sort((a, b) => b - a)
			.slice(0, limit)
			.map((id) => ({ id }));
	}

	async get(id: number, signal: AbortSignal): Promise<Thing> {
		this.note(`${id}`, signal);
		const refusal = this.refused.get(id);
		if (refusal) throw refusal;
		if (!this.ids.includes(id)) throw answer(404);
		return { id };
	}

	private note(question: string, signal: AbortSignal): void {
		this.asked.push(question);
		this.signals.add(signal);
		if (this.failure) throw this.failure;
	}
}

const range = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, n) => from + n);

const { signal } = new AbortController();

/** What one look at some things shows. */
async function lookAt(service: Service, ids: readonly number[]): Promise<number[]> {
	const seen: number[] = [];
	const onSeen = (id: number, thing: Thing) => {
		expect(thing).toEqual({ id });
		seen.push(id);
	};
	await lookOnce(service, ids, signal, onSeen, () => {});
	return seen;
}

describe('one look at each', () => {
	test.each<[string, number[], number[], string[]]>([
		['a single one by its id', range(1, 9), [5], ['5']],
		[
			'some with a page that begins at the newest, with room for others',
			range(1, 9),
			[3, 7],
			['22 before 8'],
		],
		['none with no question', range(1, 9), [], []],
		['as many as a page may hold', range(1, 300), range(1, 110), ['120 before 111']],
		[
			'more with a page after a page',
			range(1, 300),
			range(1, 300),
			['120 before 301', '120 before 181', '80 before 61'],
		],
		[
			'what lies far apart with a page for each, and the last one by its id',
			range(1, 300),
			[1, 150, 300],
			['23 before 301', '22 before 151', '1'],
		],
	])('asks for %s', async (_name, there, ids, asked) => {
		const service = new Service(there);
		expect((await lookAt(service, ids)).sort((a, b) => a - b)).toEqual(ids);
		expect(service.asked).toEqual(asked);
		expect([...service.signals]).toEqual(asked.length > 0 ? [signal] : []);
	});

	test('asks by its id for what the list does not show, and leaves out what is gone', async () => {
		const service = new Service([2, 3, 4]);
		service.hidden.add(3);
		expect(await lookAt(service, [1, 2, 3, 4])).toEqual([4, 2, 3]);
		expect(service.asked).toEqual(['24 before 5', '3', '1']);
	});

	test('is not led astray by an entry without an id', async () => {
		expect(await lookAt(new Service([-1, 2, 3]), [2, 3])).toEqual([3, 2]);
	});

	test('knows of a page that is full only what it shows', async () => {
		const others = range(100, 121);
		const service = new Service([...others, 121, 5]);
		expect(await lookAt(service, [121, 5])).toEqual([121, 5]);
		expect(service.asked).toEqual(['22 before 122', '5']);
	});

	test.each([answer(500), broken()])('ends with a failure of a question: %s', async (failure) => {
		const service = new Service([1]);
		service.failure = failure;
		await expect(lookAt(service, [1])).rejects.toBe(failure);
		await expect(lookAt(service, [1, 2])).rejects.toBe(failure);
		expect(service.asked).toHaveLength(2);
	});
});

describe('rounds', () => {
	test('are two pages long; the next one goes on, and all are looked at before it begins anew', async () => {
		const service = new Service(range(1, 300));
		const seen: number[] = [];
		const sweep = new Sweep(service, {
			wanted: () => range(1, 300),
			show: (id) => seen.push(id),
			missing: () => {},
			refused: () => {},
		});
		await sweep.round(signal);
		expect(service.asked).toEqual(['120 before 301', '120 before 181']);
		await sweep.round(signal);
		expect(service.asked.slice(2)).toEqual(['80 before 61']);
		expect(seen).toEqual(range(1, 300).reverse());
		await sweep.round(signal);
		expect(service.asked[3]).toBe('120 before 301');
	});

	test('look no more at what is wanted no more', async () => {
		const service = new Service(range(1, 300));
		let wanted = range(1, 300);
		const onlooker = { wanted: () => wanted, show: () => {}, missing: () => {}, refused: () => {} };
		const sweep = new Sweep(service, onlooker);
		await sweep.round(signal);
		wanted = [250, 10];
		await sweep.round(signal);
		expect(service.asked.slice(2)).toEqual(['21 before 11']);
	});

	test('tell whom it concerns what is gone', async () => {
		const missing: unknown[][] = [];
		const sweep = new Sweep(new Service([]), {
			wanted: () => [4],
			show: () => {},
			missing: (...told) => missing.push(told),
			refused: () => {},
		});
		await sweep.round(signal);
		expect(missing).toEqual([[4, expect.objectContaining({ status: 404 })]]);
	});
});

describe('what has ended', () => {
	const timing = { clock: new TestClock() };
	const told = (ended: string[], refused: string[] = []): Told => ({
		ended,
		refused,
		failed: false,
	});
	const endedOf = async (service: Service, asked: Timing, ids: number[]) => {
		const orders = new Orders(
			(id: number) => id,
			() => service,
		);
		const told = await orders.ended(ids, asked, ({ id }) => id % 2 === 1);
		expect([...orders.seen.keys()].map(String)).toEqual(told.ended);
		return told;
	};

	test('is what is judged so, of what is there', async () => {
		const service = new Service([1, 2, 3]);
		expect(await endedOf(service, { ...timing, signal }, [1, 2, 3])).toEqual(told(['3', '1']));
		expect([...service.signals]).toEqual([signal]);
		expect(await endedOf(service, timing, [1])).toEqual(told(['1']));
	});

	test('says of what Astria does not have that it tells nothing of it', async () => {
		const service = new Service([1, 2]);
		expect(await endedOf(service, timing, [1, 5])).toEqual(told(['1'], ['5']));
		expect(await endedOf(service, timing, [5])).toEqual(told([], ['5']));
	});

	test.each<[string, number, Told]>([
		['Astria refuses to tell of one', 403, told(['1'], ['2'])],
		['one may be told of later', 500, { ...told(['1']), failed: true }],
	])('is told of the others, where %s', async (_name, status, expected) => {
		const service = new Service([1, 2, 3, 4]);
		for (const id of [1, 2, 4]) service.hidden.add(id);
		service.refused.set(2, answer(status));
		expect(await endedOf(service, timing, [1, 2, 4])).toEqual(expected);
	});

	test.each<[string, Error, Told]>([
		['a question may be answered later', broken(), { ...told([]), failed: true }],
		['Astria refuses to tell', answer(401), told([], ['1', '2'])],
	])('is told of none, where %s', async (_name, failure, expected) => {
		const service = new Service([1, 2]);
		service.failure = failure;
		expect(await endedOf(service, timing, [1, 2])).toEqual(expected);
	});
});
