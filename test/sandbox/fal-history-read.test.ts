import { FalClient, requestKey } from '../../lib/fal/client';
import { readHistory } from '../../lib/fal/history';
import type { Door } from '../../lib/http';
import { systemClock } from '../../lib/time';
import type { Sandbox } from '../../sandbox/index';
import { fakeDoor } from '../lib/astria/fakeDoor';
import { completed, startTestBed, submitJob, type TestBed, V16 } from './setup';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("what the package reads of the stand-in's history", () => {
	let bed: TestBed;

	beforeEach(async () => {
		bed = await startTestBed({ fal: { jobMs: 20, pickUpMs: 5, historyDelayMs: 0 } });
	});

	afterEach(async () => {
		await bed.sandbox.close();
	});

	const read = async (sandbox: Sandbox) => {
		const { url } = sandbox.fal;
		const range = { endpointId: V16, since: Date.now() - MINUTE, inputBytes: 100 };
		return await readHistory(
			new FalClient(plainDoor(sandbox.fal.key), { queue: url, rest: url, platform: url }),
			{ clock: systemClock },
			range,
		);
	};

	test.each(['sent_at', 'started_at', 'ended_at'] as const)(
		'what is finished is there, whatever its times mean: %s',
		async (historyTime) => {
			bed.sandbox.fal.options.historyTime = historyTime;
			const before = Date.now();
			const id = await submitJob(bed.sandbox, bed.input);
			await completed(bed.sandbox, id);
			const { entries, ahead } = await read(bed.sandbox);
			const key = requestKey(V16, bed.input);
			expect(entries).toMatchObject([{ requestId: id, key, status: 'COMPLETED' }]);
			expect(entries[0]?.sentAt).toBeGreaterThanOrEqual(before);
			expect(ahead).toBeLessThanOrEqual(0);
			expect(ahead).toBeGreaterThan(-10 * SECOND);
		},
	);

	test.each([true, false])('what runs, if it is listed: %s', async (historyShowsRunning) => {
		Object.assign(bed.sandbox.fal.options, { historyShowsRunning, jobMs: HOUR });
		await submitJob(bed.sandbox, bed.input);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const { entries } = await read(bed.sandbox);
		expect(entries.map(({ status }) => status)).toEqual(historyShowsRunning ? ['IN_PROGRESS'] : []);
	});

	test('what was not to be stored shows no input', async () => {
		const id = await submitJob(bed.sandbox, bed.input, { 'X-Fal-Store-IO': '0' });
		await completed(bed.sandbox, id);
		const { entries } = await read(bed.sandbox);
		expect(entries.map(({ key }) => key)).toEqual([undefined]);
	});

	test('all pages are read', async () => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'output', body: { images: [] } });
		const ids = await Promise.all(
			Array.from({ length: 60 }, async () => await submitJob(bed.sandbox, bed.input)),
		);
		await Promise.all(ids.map(async (id) => await completed(bed.sandbox, id)));
		const { entries } = await read(bed.sandbox);
		expect(entries.map(({ requestId }) => requestId).sort()).toEqual(ids.sort());
	});
});

/** A door that is Node's own `fetch`, with the key. */
function plainDoor(key: string): Door {
	const { apiStream, plain, plainStream } = fakeDoor(() => ({}));
	return {
		apiStream,
		plain,
		plainStream,
		api: async ({ url, method }) => {
			const answer = await fetch(url, { method, headers: { Authorization: `Key ${key}` } });
			return {
				status: answer.status,
				headers: Object.fromEntries(answer.headers),
				body: Buffer.from(await answer.arrayBuffer()),
			};
		},
	};
}
