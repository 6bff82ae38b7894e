import { DOWNLOADS_AT_ONCE } from '../../../../lib/media/download';
import { USER_AGENT } from '../../../../lib/http';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const PICTURE = /GET \/files\//;

/** Milliseconds that each picture takes. */
const TAKES = 150;

/** When the node, and not the stand-in itself, asked for pictures. */
function downloads(): number[] {
	return bed.sandbox.calls
		.filter(({ method, path }) => PICTURE.test(`${method} ${path}`))
		.filter(({ headers }) => headers['user-agent'] === USER_AGENT)
		.map(({ at }) => at);
}

test('so many pictures are fetched at once, and no more', async () => {
	bed.sandbox.faults.add({ on: PICTURE, fault: { kind: 'delay', ms: TAKES }, times: 999 });
	const rows = Array.from({ length: 10 }, (_, id) => ({ id }));
	const options = { jobsInFlight: 10 };
	const { outputs } = await bed.run(rows, { num_samples: 4, options });
	expect(outputs[0]).toHaveLength(40);
	const starts = downloads();
	expect(starts).toHaveLength(40);
	// The stand-in notes a call when it has come, and answers no earlier than it says.
	const atOnce = starts.map(
		(start) => starts.filter((other) => other >= start && other < start + TAKES).length,
	);
	expect(Math.max(...atOnce)).toBe(DOWNLOADS_AT_ONCE);
});

test('a file that is larger than n8n would keep is left where it is', async () => {
	const fault = { kind: 'huge', bytes: 600 * 1024 * 1024 } as const;
	bed.sandbox.faults.add({ on: PICTURE, fault, after: 2 });
	const { outputs } = await bed.run([{}]);
	const [item] = outputs[0] ?? [];
	expect(item?.json.imageUrl).toMatch(/^http/);
	expect(item?.json.downloadError).toMatch(/answered with more than 512 MB/);
	expect(item?.binary).toBeUndefined();
	expect(downloads()).toHaveLength(1);
});

test.each([
	['Continue', { onError: 'continueRegularOutput' } as const, true],
	['Stop Workflow', {}, false],
])(
	'a row is submitted while the result of the one before it is read, under %s',
	async (_, settings, early) => {
		const RESULT = /GET \/fal-ai\/fashn\/requests\/[\w-]+$/;
		bed.sandbox.faults.add({ on: RESULT, fault: { kind: 'delay', ms: TAKES }, times: 9 });
		await bed.run([{}, {}], { options: { jobsInFlight: 1 } }, settings);
		const calls = bed.sandbox.calls.map(({ method, path, at }) => ({
			call: `${method} ${path}`,
			at,
		}));
		const result = calls.find(({ call }) => RESULT.test(call));
		const [, second] = calls.filter(({ call }) => /^POST \/fal-ai\/fashn\/tryon/.test(call));
		expect((second?.at ?? NaN) < (result?.at ?? NaN) + TAKES).toBe(early);
	},
);
