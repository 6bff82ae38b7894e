import { speedUp } from '../../../engine/clock';
import { jsonOf, type Parameters } from '../../../engine/items';
import { call, timeOut } from '../../../engine/suspended';
import { type Bed, makeBed } from './bed';

let bed: Bed;

/** Trainings that end only when the test says so. */
const NEVER_MS = 3_600_000;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: NEVER_MS } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const LORA: Parameters = { wait: 'callback', model_type: 'lora' };

const tuneIds = () => bed.sandbox.astria.tunes().map(({ id }) => id);

async function settleAll(): Promise<void> {
	for (const id of tuneIds()) await bed.sandbox.astria.settle(id);
}

test('goes on when every training has ended', async () => {
	const waiting = await bed.suspend([{ title: 'Anna' }, { title: 'Jane' }], LORA);
	const sent = bed.sandbox.astria.creations().map(({ params }) => JSON.stringify(params));
	expect(sent).toEqual(
		Array(2).fill(expect.stringMatching(/"callback":"[^"]*\/webhook-waiting\/1/)),
	);
	speedUp(20);
	expect((await call(waiting)).result).toBeUndefined();
	await settleAll();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(jsonOf(items)).toMatchObject([
		{ title: 'Anna', trained: true, reused: false },
		{ title: 'Jane', trained: true, reused: false },
	]);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	expect(tuneIds()).toHaveLength(2);
});

test('is chosen by its label too', async () => {
	const wait = '={{ $json.wait }}';
	const rows = [{ title: 'Anna', wait: 'by callback ' }];
	await bed.suspend(rows, { ...LORA, wait });
	expect(tuneIds()).toHaveLength(1);
	const { error } = await bed.run([{ title: 'Jane', wait: 'later' }], { ...LORA, wait });
	expect(error?.message).toBe(`'Wait' is "later", which is none of its choices.`);
	expect(error?.description).toMatch(/^Use one of: In the Node, By Callback, Don't Wait\./);
	expect(tuneIds()).toHaveLength(1);
});

test('several rows of one tune have the same item each, so that pairing holds', async () => {
	const rows = ['Anna', 'Jane', 'Anna'].map((title) => ({ title }));
	const waiting = await bed.suspend(rows, { ...LORA, tunesFrom: 'title', simplify: false });
	expect(tuneIds()).toHaveLength(2);
	await settleAll();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(jsonOf(items).map(({ title }) => title)).toEqual(['Anna', 'Jane', 'Anna']);
	expect(items[0]?.json.id).toBe(items[2]?.json.id);
});

test('several rows of the only tune have one item, as where the node waits', async () => {
	const rows = ['Anna', 'Anna', 'Anna'].map((title) => ({ title }));
	const waiting = await bed.suspend(rows, { ...LORA, tunesFrom: 'all' });
	await settleAll();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(jsonOf(items)).toMatchObject([{ title: 'Anna', trained: true }]);
	expect(items[0]?.pairedItem).toEqual({ item: 0 });
	expect(tuneIds()).toHaveLength(1);
});

test('a training that has failed is an error row, with its id', async () => {
	const settings = { onError: 'continueErrorOutput' as const };
	const waiting = await bed.suspend([{ title: 'Anna' }, { title: 'fails' }], LORA, settings);
	await settleAll();
	const { outputs = [] } = (await call(waiting)).result ?? {};
	expect(jsonOf(outputs[0])).toMatchObject([{ title: 'Anna', trained: true }]);
	expect(outputs[1]?.[0]?.json.error).toMatch(/^Item 2: Tune \d+: The training failed/);
});

test('a tune that was there before calls nobody here, and is waited for in place', async () => {
	speedUp(50);
	bed.sandbox.astria.options.trainingMs = 500;
	await bed.run([{ title: 'Anna' }], { ...LORA, wait: 'none' });
	const reuse = { ...LORA, operation: 'createOrReuse' };
	const { run, outputs } = await bed.run([{ title: 'Anna' }], reuse);
	expect(run.status).toBe('success');
	expect(jsonOf(outputs[0])).toMatchObject([{ title: 'Anna', trained: true, reused: true }]);
	expect(tuneIds()).toHaveLength(1);
});

test('what is ready at once suspends nothing', async () => {
	const { run, outputs } = await bed.run([{}], { wait: 'callback' });
	expect(run.status).toBe('success');
	expect(jsonOf(outputs[0])).toMatchObject([{ trained: true }]);
});

test('a row that runs out of time has its id', async () => {
	const waiting = await bed.suspend([{}], LORA);
	const { outputs } = await timeOut(waiting);
	expect(jsonOf(outputs[0])).toEqual([{ tuneId: tuneIds()[0], status: 'waiting' }]);
});

test('a Callback that Astria could not call is refused before anything is paid', async () => {
	const additionalFields = { callback: 'http://localhost:5678/webhook/trained' };
	const { error } = await bed.run([{}], { wait: 'none', additionalFields });
	// The stand-in is on this machine, and so it may call this machine: only the test address is not.
	expect(error).toBeUndefined();
	const test = { callback: 'http://localhost:5678/webhook-test/trained' };
	const refused = await bed.run([{}], { wait: 'none', additionalFields: test });
	expect(refused.error?.message).toMatch(/'Callback' is .*test address/);
	expect(tuneIds()).toHaveLength(1);
});
