import { objectOf } from '../../../../lib/json';
import type { SandboxAnswer } from '../../../../sandbox/types';
import { speedUp, until } from '../../../engine/clock';
import { RETRY } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters } from '../../../engine/items';
import { call, timeOut } from '../../../engine/suspended';
import { type Bed, makeBed } from './bed';

let bed: Bed;

/** Prompts that end only when the test says so. */
const NEVER_MS = 3_600_000;

beforeEach(async () => {
	bed = await makeBed({ astria: { generationMs: NEVER_MS } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const CALLBACK: Parameters = { wait: 'callback' };

const RESUME_URL = /^http:\/\/127\.0\.0\.1:5678\/webhook-waiting\/1\b/;

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const texts = (count: number) => Array.from({ length: count }, (_, n) => ({ text: `photo ${n}` }));

/** Ids of the prompts, in the order of the rows' texts. */
function idsByText(): number[] {
	const prompts = bed.prompts().map(({ id, params }) => ({ id, params: JSON.stringify(params) }));
	return texts(prompts.length).map(
		({ text }) => prompts.find(({ params }) => params.includes(text))?.id ?? 0,
	);
}

async function settleAll(): Promise<void> {
	for (const { id } of bed.prompts()) await bed.sandbox.astria.settle(id);
}

describe('Create', () => {
	test('goes on when every prompt has ended, with one item per row', async () => {
		const parameters = { ...CALLBACK, download: true, num_images: 2 };
		const waiting = await bed.suspend(texts(3), parameters);
		expect(bed.sent().map(({ callback }) => callback)).toEqual(
			Array(3).fill(expect.stringMatching(RESUME_URL)),
		);
		const [first = 0] = idsByText();
		await bed.sandbox.astria.settle(first);
		speedUp(20);
		expect((await call(waiting, { prompt: { id: first } })).result).toBeUndefined();
		await settleAll();
		const [items = []] = (await call(waiting)).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject(
			idsByText().map((promptId, n) => ({
				promptId,
				text: `photo ${n}`,
				status: 'COMPLETED',
				imageCount: 2,
			})),
		);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 2].map((item) => ({ item })));
		expect(Object.keys(items[2]?.binary ?? {})).toEqual(['data', 'data_1']);
		expect(bed.prompts()).toHaveLength(3);
	});

	test('Stop while rows are submitted suspends nothing, and names what is bought', async () => {
		const create = /^POST \/tunes\/\d+\/prompts/;
		bed.sandbox.faults.add({ on: create, fault: { kind: 'delay', ms: 300 }, after: 2 });
		const running = bed.start(texts(4), { ...CALLBACK, options: { jobsInFlight: 2 } });
		await until(() => bed.calls(create).length > 2);
		running.stop();
		const { run, outputs } = await running.finished;
		expect(run.status).not.toBe('waiting');
		const rows = jsonOf(outputs[0]).map(({ details }) => objectOf(details));
		expect(rows).toHaveLength(4);
		const named = rows.flatMap(({ requestId }) => requestId ?? []);
		expect(named.sort()).toEqual(
			bed
				.prompts()
				.map(({ id }) => String(id))
				.sort(),
		);
		for (const { requestId, charged } of rows) {
			expect(charged === 'no').toBe(requestId === undefined);
		}
	});

	test('a prompt that has failed is an error row, with its id', async () => {
		const waiting = await bed.suspend(texts(2), CALLBACK, { onError: 'continueErrorOutput' });
		const [first = 0, second = 0] = idsByText();
		await bed.sandbox.astria.settle(first);
		const failed = bed.sandbox.astria.prompts().find(({ id }) => id === second);
		if (!failed) throw new Error('There is no such prompt');
		failed.userError = 'not allowed';
		await bed.sandbox.astria.settle(second);
		const { outputs = [] } = (await call(waiting)).result ?? {};
		expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual([first]);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(new RegExp(`^Item 2: Prompt ${second}: .*not allowed`)),
		]);
	});

	test('a forged call is answered with what Astria itself says', async () => {
		const waiting = await bed.suspend(texts(1), CALLBACK);
		const [id] = idsByText();
		const forged = {
			prompt: { id, images: ['https://example.com/forged.jpg'], trained_at: 'now' },
		};
		speedUp(20);
		const { result, body } = await call(waiting, forged);
		expect(result).toBeUndefined();
		expect(JSON.stringify(body)).not.toContain(String(id));
	});

	/** Shows a prompt as one that is still being made. */
	const shownOpen = (id: number | undefined) => (answer: SandboxAnswer) => ({
		...answer,
		body: listOf(answer.body).map((entry) =>
			objectOf(entry).id === id ? { ...objectOf(entry), images: [], trained_at: null } : entry,
		),
	});

	test.each<[string, boolean]>([
		['of two that came at once', true],
		['that came alone, since the other came too early for n8n', false],
	])('a call %s is looked after until Astria shows what it has told', async (_name, both) => {
		const waiting = await bed.suspend(texts(2), CALLBACK);
		await settleAll();
		const [first, last] = idsByText();
		const change = shownOpen(last);
		bed.sandbox.faults.add({ on: /GET \/prompts\?/, fault: { kind: 'change', change } });
		speedUp(20);
		const calls = both ? [first, last] : [last];
		const answers = await Promise.all(
			calls.map(async (id) => await call(waiting, { prompt: { id } })),
		);
		const [items] = answers.flatMap(({ result }) => result?.outputs ?? []);
		expect(items).toHaveLength(2);
		expect(bed.sandbox.faults.unmet).toBe(0);
	});

	test.each([500, 429])(
		'a call is looked after while Astria answers %i, since it calls only once',
		async (status) => {
			const waiting = await bed.suspend(texts(2), CALLBACK);
			await settleAll();
			const answer = { status, body: {} };
			const fault = { kind: 'answer', answer } as const;
			bed.sandbox.faults.add({ on: /GET \/prompts/, fault, times: 5 });
			speedUp(20);
			expect((await call(waiting)).result?.outputs[0]).toHaveLength(2);
			expect(bed.sandbox.faults.unmet).toBe(0);
		},
	);

	test.each([403, 401, 400])(
		'one answer %i while the prompts are being made ends nothing: a gateway may give it',
		async (status) => {
			const waiting = await bed.suspend(texts(3), CALLBACK);
			const answer = { status, body: { error: 'error code: 1010' } };
			bed.sandbox.faults.add({ on: /GET \/prompts\?/, fault: { kind: 'answer', answer } });
			speedUp(20);
			expect((await call(waiting)).result).toBeUndefined();
			expect(bed.sandbox.faults.unmet).toBe(0);
		},
	);

	test('what Astria refuses to tell of for a minute is an error row that says so', async () => {
		const waiting = await bed.suspend(texts(2), CALLBACK, { onError: 'continueErrorOutput' });
		await settleAll();
		const answer = { status: 403, body: { error: 'Forbidden' } };
		const fault = { kind: 'answer', answer } as const;
		bed.sandbox.faults.add({ on: /GET \/prompts/, fault, times: 1_000 });
		speedUp(100);
		const { result } = await call(waiting);
		expect(errorsOf(result?.outputs[1])).toEqual([
			expect.stringContaining('Forbidden'),
			expect.stringContaining('Forbidden'),
		]);
	});

	test('200 open prompts are looked at with a handful of calls', async () => {
		const waiting = await bed.suspend(texts(200), {
			...CALLBACK,
			options: { jobsInFlight: 100 },
		});
		const before = bed.calls(/^GET \/prompts/).length;
		speedUp(10);
		const { ms, result } = await call(waiting);
		expect(result).toBeUndefined();
		expect(ms).toBeLessThan(900);
		expect(bed.calls(/^GET \/prompts/).length - before).toBeLessThanOrEqual(4 * 2);
	});

	test('what came a moment too early, or never, ends with the time, and Get fetches it', async () => {
		const waiting = await bed.suspend(texts(2), CALLBACK);
		await settleAll();
		const { outputs } = await timeOut(waiting);
		expect(jsonOf(outputs[0])).toEqual(
			idsByText().map((promptId) => ({ promptId, tuneId: expect.any(Number), status: 'waiting' })),
		);
		const get = { operation: 'get', promptId: '={{ $json.promptId }}' };
		const [rescued] = (await bed.run(jsonOf(outputs[0]), get)).outputs;
		expect(jsonOf(rescued).map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
	});

	test('a prompt whose answer was lost is found, and waited for like the others', async () => {
		bed.sandbox.faults.add({ on: /^POST \/tunes/, fault: { kind: 'cutOff' } });
		const waiting = await bed.suspend(texts(1), CALLBACK);
		await settleAll();
		const [items = []] = (await call(waiting)).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject([{ promptId: idsByText()[0], recovered: true }]);
		expect(bed.prompts()).toHaveLength(1);
	});

	test('Retry On Fail buys nothing twice', async () => {
		const settings = { ...RETRY, onError: 'continueRegularOutput' as const };
		const rows = [{ text: '' }, ...texts(2)];
		const waiting = await bed.suspend(rows, { ...CALLBACK, text: '={{ $json.text }}' }, settings);
		expect(bed.prompts()).toHaveLength(2);
		await settleAll();
		const [items = []] = (await call(waiting)).result?.outputs ?? [];
		expect(jsonOf(items).map(({ status }) => status)).toEqual([
			undefined,
			'COMPLETED',
			'COMPLETED',
		]);
		expect(items[0]?.json.error).toMatch(/^Item 1: /);
		expect(bed.prompts()).toHaveLength(2);
	});

	test.each([
		['http://n8n.example.com/webhook/done', /does not begin with https/],
		['https://n8n.example.com/webhook-test/done', /test address/],
		['https://10.0.0.5/webhook/done', /private network/],
	])('refuses the Callback %s', async (callback, message) => {
		const { error } = await bed.run([{}], { wait: 'none', additionalFields: { callback } });
		expect(error?.message).toMatch(/'Callback' is/);
		expect(error?.message).toMatch(message);
		expect(bed.prompts()).toEqual([]);
	});

	test('refuses a Callback of its own while the node needs it', async () => {
		const additionalFields = { callback: 'https://n8n.example.com/webhook/done' };
		const { error } = await bed.run([{}], { ...CALLBACK, additionalFields });
		expect(error?.message).toMatch(/'Callback' is set, while the node itself waits by callback/);
		expect(bed.prompts()).toEqual([]);
	});
});

describe('Dress a Person', () => {
	function dress(more: Parameters = {}): Parameters {
		return {
			...CALLBACK,
			resource: 'tryOn',
			operation: 'dressPerson',
			scene: '={{ $json.text }}',
			person_source: 'address',
			person: bed.person,
			person_class: 'woman',
			garments: {
				garment: [{ garment_source: 'address', garment: bed.garment, garment_class: 'dress' }],
			},
			...more,
		};
	}

	test('goes on when every try-on has ended', async () => {
		const waiting = await bed.suspend(texts(2), dress());
		await settleAll();
		const [items = []] = (await call(waiting)).result?.outputs ?? [];
		expect(jsonOf(items)).toMatchObject(
			idsByText().map((promptId) => ({
				promptId,
				status: 'COMPLETED',
				tuneIds: [expect.any(Number), expect.any(Number)],
			})),
		);
	});

	test.each([
		['a switch', true],
		// What a row came with is not at hand any more when n8n goes on.
		['the row', '={{ $json.text.startsWith("photo") }}'],
	])(
		'deletes its temporary tunes as %s says once the pictures are there, and says so',
		async (_, deleteTunes) => {
			const waiting = await bed.suspend(texts(2), dress({ options: { deleteTunes } }));
			expect(bed.sandbox.astria.tunes()).toHaveLength(2);
			await settleAll();
			const [items = []] = (await call(waiting)).result?.outputs ?? [];
			expect(jsonOf(items)).toMatchObject([{ tunesDeleted: true }, { tunesDeleted: true }]);
			expect(bed.sandbox.astria.tunes()).toHaveLength(0);
		},
	);

	test('a row that runs out of time names its tunes, which stay', async () => {
		const waiting = await bed.suspend(texts(1), dress({ options: { deleteTunes: true } }));
		const { outputs } = await timeOut(waiting);
		const tuneIds = bed.sandbox.astria.tunes().map(({ id }) => id);
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'waiting' }]);
		const [row] = jsonOf(outputs[0]);
		const named: unknown[] = Array.isArray(row?.tuneIds) ? row.tuneIds : [];
		expect([...named].sort()).toEqual(tuneIds.sort());
	});
});
