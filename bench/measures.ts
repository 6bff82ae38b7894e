import { type Figures, type Load, Track } from './track';
import { highestMemory, usageOf } from '../test/host/processes';

/** A load that is done by this package's node and by others. */
export interface Compared {
	name: string;
	/** Milliseconds that no client can go below; for an instant service, what the calls alone take. */
	floorMs: number;
	ours: Figures;
	/** Milliseconds of a naive node, from what its rows took one by one. */
	naiveMs: number;
}

/** Everything that is measured in a real n8n. */
export interface Measured {
	batches: Compared[];
	/** The batch of {@link INSTANT}, with the calls alone. */
	bare: Figures;
	naive: Figures;
	noticed: { byStream: Figures; byPolling: Figures };
	/** Milliseconds for each number of jobs in flight. */
	inFlight: Array<{ jobs: number; ms: number }>;
	memory: { pictures: number; growthMb: number; ms: number };
}

const OURS = {
	runner: 'fashnTryOn',
	inFlight: 40,
	slots: 40,
	jobMs: 0,
	download: true,
} as const satisfies Partial<Load>;

/** What n8n has loaded and compiled long ago where it is in use. */
const WARM_UP: Load = { ...OURS, rows: 100 };

/** How often a batch is done; the fastest counts, since others work on the machine too. */
const TRIES = 3;

/** 12 rows of a 2 s job in 10 slots are two rounds. */
const FEW: Load = { ...OURS, rows: 12, jobMs: 2_000, slots: 10, inFlight: 10 };

/** 200 rows of a 1 s job in 40 slots are five rounds. */
const MANY: Load = { ...OURS, rows: 200, jobMs: 1_000, onError: 'continueErrorOutput' };

/** A failed row is known before the next one is bought, as n8n's own setting has it. */
const MANY_STOPPING: Load = { ...OURS, rows: 200, jobMs: 1_000 };

/** All that is left is what n8n and the node take for themselves. */
const INSTANT: Load = { ...OURS, rows: 1_000, download: false };

/** Jobs of 2 to 6 s, evenly spread. */
const SPREAD = { rows: 40, fromMs: 2_000, toMs: 6_000 };

/** A stride that shares no factor with the number of rows mixes short and long jobs. */
const STRIDE = 27;

/** What a naive node is measured on; each row takes it the same. */
const NAIVE: Load = { ...OURS, runner: 'naiveTryOn', rows: 3, jobMs: 1_000 };

const IN_FLIGHT = [10, 20, 40, 80];

const PICTURES: Load = { ...OURS, rows: 200, pictureBytes: 4 * 1024 * 1024 };

/** A part of it, so that n8n has grown to what it needs for this kind of work. */
const SOME_PICTURES: Load = { ...PICTURES, rows: 40 };

const MEMORY_EVERY_MS = 50;

/** Milliseconds of rounds in which a service works a batch off. */
function floorOf({ rows, slots, jobMs }: Load): number {
	return Math.ceil(rows / slots) * Number(jobMs);
}

async function fastest(track: Track, load: Load): Promise<Figures> {
	const all: Figures[] = [];
	for (let nth = 0; nth < TRIES; nth += 1) all.push(await track.run(load));
	const [best] = all.sort((a, b) => a.ms - b.ms);
	if (!best) throw new RangeError('No tries');
	return best;
}

function spreadLoad(stream: boolean): Load {
	const { rows, fromMs, toMs } = SPREAD;
	let started = 0;
	const jobMs = () => {
		started += 1;
		return fromMs + ((toMs - fromMs) * ((started * STRIDE) % rows)) / (rows - 1);
	};
	return { ...OURS, rows, jobMs, stream };
}

async function memoryOf(track: Track): Promise<Measured['memory']> {
	await track.run(SOME_PICTURES);
	const { group } = track.stage.host;
	const before = usageOf(group).memoryMb;
	let ms = 0;
	const highest = await highestMemory(group, MEMORY_EVERY_MS, async () => {
		({ ms } = await track.run(PICTURES));
	});
	return { pictures: PICTURES.rows, growthMb: Math.max(highest - before, 0), ms };
}

/**
 * Measures all of it.
 *
 * @param say takes a line of progress
 * @throws Error when a row of any batch does not come out
 */
export async function measureAll(track: Track, say: (line: string) => void): Promise<Measured> {
	say('Warming up');
	await track.run(WARM_UP);
	await track.run({ ...WARM_UP, runner: 'bareTryOn' });
	say('A naive node');
	const naive = await track.run(NAIVE);
	const naiveMs = (rows: number) => (naive.ms / NAIVE.rows) * rows;

	const batches: Compared[] = [];
	for (const [name, load] of [
		['12 rows of a 2 s job, 10 at once', FEW],
		['200 rows of a 1 s job, 40 at once', MANY],
		['The same, where a failed row ends the run', MANY_STOPPING],
	] as const) {
		say(name);
		const ours = await fastest(track, load);
		batches.push({ name, floorMs: floorOf(load), ours, naiveMs: naiveMs(load.rows) });
	}
	say('1,000 rows of an instant service');
	const bare = await track.run({ ...INSTANT, runner: 'bareTryOn' });
	batches.push({
		name: '1,000 rows of an instant service',
		floorMs: bare.ms,
		ours: await track.run(INSTANT),
		naiveMs: naiveMs(INSTANT.rows),
	});

	say('How late the end of a job is noticed');
	const noticed = {
		byStream: await track.run(spreadLoad(true)),
		byPolling: await track.run(spreadLoad(false)),
	};
	say('Jobs in flight');
	const inFlight: Measured['inFlight'] = [];
	for (const jobs of IN_FLIGHT) {
		const { ms } = await track.run({ ...MANY, inFlight: jobs });
		inFlight.push({ jobs, ms });
	}
	say('200 pictures of 4 MB in and out');
	return { batches, bare, naive, noticed, inFlight, memory: await memoryOf(track) };
}
