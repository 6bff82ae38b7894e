import fc from 'fast-check';
import sharp from 'sharp';

import { FalApi } from '../../../../credentials/FalApi.credentials';
import { objectOf } from '../../../../lib/json';
import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { type Sandbox, startSandbox } from '../../../../sandbox/index';
import type { FaultKind } from '../../../../sandbox/types';
import { retryInEditor } from '../../../engine/again';
import { speedUp, until } from '../../../engine/clock';
import { type NodeRun, readFile, RETRY, runNode, startNode } from '../../../engine/engine';
import { errorsOf, itemsOf, jsonOf, type Parameters, type Rows } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';
import { together, tool } from '../../../engine/shapes';
import { call, type Suspended, suspended, timeOut } from '../../../engine/suspended';
import { runWorkflow } from '../../../engine/workflow';
import { generate } from './bed';

/** An answer comes well under a second. */
const ANSWERED_MS = 900;

const SUBMIT = /^POST \/fal-ai\/fashn/;
const STATUS = /^GET \/fal-ai\/.*\/status(\?|$)/;

let sandbox: Sandbox;
let usual: Parameters;

beforeEach(async () => {
	sandbox = await startSandbox({
		fal: { jobMs: 300, pickUpMs: 5, pictureSize: { width: 30, height: 45 } },
	});
	const person = sandbox.media.publish(await smallPerson(0), 'image/jpeg');
	const garment = sandbox.media.publish(await smallGarment(0), 'image/png');
	usual = { ...generate(person, garment), wait: 'callback' };
});

afterEach(async () => {
	jest.restoreAllMocks();
	await sandbox.close();
});

function credential(baseUrl = sandbox.fal.url) {
	return {
		type: 'falApi',
		credentialType: new FalApi(),
		data: { apiKey: sandbox.fal.key, baseUrl },
	};
}

function runOf(
	rows: Rows,
	parameters: Parameters = {},
	settings: NodeRun['settings'] = {},
): NodeRun {
	return {
		nodeType: new FashnTryOn(),
		credential: credential(),
		parameters: { ...usual, ...parameters },
		items: itemsOf(rows),
		settings,
	};
}

async function suspend(
	rows: Rows,
	parameters?: Parameters,
	settings?: NodeRun['settings'],
): Promise<Suspended> {
	const run = runOf(rows, parameters, settings);
	return suspended(run, await runNode(run));
}

/** Until all jobs have ended at fal. */
async function allEnded(): Promise<void> {
	await until(() => {
		const tried = new Set(sandbox.fal.webhookTries().map(({ requestId }) => requestId));
		return sandbox.fal.submits().every(({ requestId }) => tried.has(requestId));
	});
}

/** Ids of the jobs that were bought, by the seed that each row has. */
function boughtBySeed(): string[] {
	const ids: string[] = [];
	for (const { input, requestId } of sandbox.fal.submits()) {
		ids[Number(Reflect.get(Object(input), 'seed'))] = requestId;
	}
	return ids;
}

const bySeed = { additionalFields: { seed: '={{ $json.seed }}' } };

const seeded = (count: number) => Array.from({ length: count }, (_, seed) => ({ seed }));

const count = (pattern: RegExp) =>
	sandbox.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;

test.each([
	[30, 'less than 60'],
	['1h', 'not a number'],
	["={{ $('Nowhere').item.json.limit }}", "Referenced node doesn't exist"],
])('a time limit of %p is refused before anything is bought', async (callbackLimit, problem) => {
	const run = runOf(seeded(2), { callbackLimit }, { onError: 'continueRegularOutput' });
	const { outputs, error } = await runNode(run);
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual(
		[0, 1].map((seed) => ({
			seed,
			error: expect.stringContaining(problem),
			details: expect.objectContaining({ charged: 'no' }),
		})),
	);
	expect(sandbox.fal.submits()).toEqual([]);
});

test('Stop while rows are submitted cancels what waits at fal, and suspends nothing', async () => {
	sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	sandbox.faults.add({ on: SUBMIT, fault: { kind: 'delay', ms: 300 }, after: 2 });
	const running = startNode(runOf(seeded(4), { options: { jobsInFlight: 2 } }));
	await until(() => count(SUBMIT) > 2);
	running.stop();
	const { run, outputs } = await running.finished;
	expect(run.status).not.toBe('waiting');
	const bought = sandbox.fal.submits().map(({ requestId }) => requestId);
	expect(bought.length).toBeGreaterThan(0);
	expect(count(/^PUT .*\/cancel$/)).toBe(bought.length);
	const details = jsonOf(outputs[0]).map((row) => objectOf(row.details));
	expect(details).toHaveLength(4);
	expect(details.map(({ charged }) => charged)).toEqual(Array(4).fill('no'));
	const named = details.flatMap(({ requestId }) => requestId ?? []);
	expect(named.sort()).toEqual(bought.sort());
});

test('every row is submitted with the resume URL, and all come out when fal has called', async () => {
	const waiting = await suspend(seeded(4), bySeed);
	expect(sandbox.fal.submits().map(({ webhookUrl }) => webhookUrl)).toEqual(
		Array(4).fill(expect.stringMatching(/^http:\/\/127\.0\.0\.1:5678\/webhook-waiting\/1\b/)),
	);
	await allEnded();
	// The call's time limit is ten times as long: a busy machine has to fetch the pictures in it.
	speedUp(1 / 10);
	const { status, result } = await call(waiting);
	expect(status).toBe(200);
	const [items = []] = result?.outputs ?? [];
	expect(jsonOf(items)).toMatchObject(
		boughtBySeed().map((requestId) => ({ requestId, status: 'COMPLETED', imageCount: 1 })),
	);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 2, 3].map((item) => ({ item })));
	expect((await sharp(await readFile(items[3])).metadata()).format).toBe('png');
	expect(sandbox.fal.submits()).toHaveLength(4);
});

test('several pictures of a row are in one item, also where one item for each was chosen before', async () => {
	const waiting = await suspend([{}, {}], { num_samples: 3, output: 'picture' });
	await allEnded();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(jsonOf(items)).toMatchObject([{ imageCount: 3 }, { imageCount: 3 }]);
	expect(Object.keys(items[1]?.binary ?? {})).toEqual(['data', 'data_1', 'data_2']);
});

test('a forged call changes nothing: what it says is not looked at', async () => {
	sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const waiting = await suspend(seeded(2), bySeed);
	const [request_id] = boughtBySeed();
	const forged = {
		request_id,
		status: 'OK',
		payload: { images: [{ url: `${sandbox.media.url}/forged` }] },
	};
	speedUp(20);
	const { ms, result, body } = await call(waiting, forged);
	expect(result).toBeUndefined();
	expect(ms).toBeLessThan(ANSWERED_MS);
	expect(JSON.stringify(body)).not.toContain(request_id);
});

test('nor does one with any other body', async () => {
	speedUp(100);
	sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const waiting = await suspend(seeded(2), bySeed);
	const ids = sandbox.fal.submits().map(({ requestId }) => requestId);
	const name = fc.oneof(fc.constantFrom('request_id', 'status', 'payload'), fc.string());
	const value = fc.oneof(fc.constantFrom('OK', ...ids), fc.json(), fc.integer(), fc.boolean());
	await fc.assert(
		fc.asyncProperty(fc.dictionary(name, value), async (wild) => {
			const { result, body } = await call(waiting, wild);
			expect(result).toBeUndefined();
			// Busy: another look at the jobs is under way.
			expect([{ status: 'waiting' }, { status: 'busy' }]).toContainEqual(body);
		}),
		{ numRuns: 20 },
	);
	expect(sandbox.fal.submits().map(({ requestId }) => requestId)).toEqual(ids);
});

test('a call for one of the rows leaves the execution suspended', async () => {
	sandbox.fal.options.jobMs = ({ input }) =>
		Reflect.get(Object(input), 'seed') === 0 ? 50 : 60_000;
	const waiting = await suspend(seeded(2), bySeed);
	await until(() => sandbox.fal.webhookTries().length > 0);
	const [request_id] = boughtBySeed();
	const { status, body, result } = await call(waiting, { request_id });
	expect({ status, body, result }).toEqual({ status: 200, body: { status: 'waiting' } });
});

test.each([403, 401, 405])(
	'one answer %i about a job that runs on ends nothing: a gateway may give it',
	async (status) => {
		sandbox.fal.options.jobMs = ({ input }) =>
			Reflect.get(Object(input), 'seed') === 0 ? 50 : 60_000;
		const waiting = await suspend(seeded(2), bySeed);
		await until(() => sandbox.fal.webhookTries().length > 0);
		const [, runs = ''] = boughtBySeed();
		const answer = { status, body: { detail: 'not now' } };
		speedUp(50);
		sandbox.faults.add({
			on: new RegExp(`GET .*${runs}/status`),
			fault: { kind: 'answer', answer },
		});
		expect((await call(waiting)).result).toBeUndefined();
		expect(sandbox.faults.unmet).toBe(0);
	},
);

test('a call about a job that is known to have ended is taken at once, and asks nobody', async () => {
	sandbox.fal.options.jobMs = ({ input }) =>
		Reflect.get(Object(input), 'seed') === 0 ? 50 : 60_000;
	const waiting = await suspend(seeded(2), bySeed);
	await until(() => sandbox.fal.webhookTries().length > 0);
	const [request_id] = boughtBySeed();
	await call(waiting, { request_id });
	const asked = count(STATUS);
	const { status, result } = await call(waiting, { request_id });
	expect({ status, result }).toEqual({ status: 200 });
	expect(count(STATUS)).toBe(asked);
});

test('two calls at once hand out the rows once', async () => {
	const waiting = await suspend(seeded(3), bySeed);
	await allEnded();
	const answers = await Promise.all([call(waiting), call(waiting), call(waiting)]);
	expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1);
	expect(count(/^GET \/fal-ai\/.*\/requests\/[^/]+$/)).toBe(3);
});

test('a call is answered in time while fal is slow, and its work is done all the same', async () => {
	const waiting = await suspend([{}]);
	await allEnded();
	sandbox.faults.add({ on: STATUS, fault: { kind: 'delay', ms: 1_500 } });
	const { status, ms, result } = await call(waiting);
	expect(ms).toBeLessThan(ANSWERED_MS);
	// fal calls again, should n8n end before the work is done.
	expect(status).toBe(503);
	expect(jsonOf(result?.outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
});

test.each<[string, FaultKind]>([
	['does not answer', { kind: 'reset' }],
	['answers with null', { kind: 'answer', answer: { status: 200, body: null } }],
])('what fal %s at once is asked again', async (_, fault) => {
	speedUp(20);
	const waiting = await suspend([{}]);
	await allEnded();
	sandbox.faults.add({ on: STATUS, fault });
	const { result } = await call(waiting);
	expect(jsonOf(result?.outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
});

test('a call that cannot be looked after asks to be repeated, and shows no key', async () => {
	const waiting = await suspend([{}]);
	const { run } = waiting;
	const broken = { ...waiting, run: { ...run, credential: credential('http://fal.invalid') } };
	await allEnded();
	const { status, body, result } = await call(broken);
	expect({ status, result }).toEqual({ status: 503 });
	expect(JSON.stringify(body)).not.toContain(sandbox.fal.key);
	expect((await call(waiting)).result).toBeDefined();
});

test('jobs that have ended before n8n is asked to wait need no call', async () => {
	sandbox.fal.options.jobMs = 1;
	// Long enough for a busy machine to draw the picture.
	sandbox.faults.add({ on: SUBMIT, fault: { kind: 'delay', ms: 1_500 } });
	const { run, outputs } = await runNode(runOf([{}]));
	expect(run.status).toBe('success');
	expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
});

test('a state that cannot be read is no end', async () => {
	speedUp(20);
	sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const answer = { status: 200, body: null };
	sandbox.faults.add({ on: STATUS, fault: { kind: 'answer', answer } });
	const waiting = await suspend([{}]);
	expect((await call(waiting)).result).toBeUndefined();
});

test('a row that was never bought, and one that fails, are error rows in their places', async () => {
	sandbox.fal.options.outcome = ({ input }) =>
		Reflect.get(Object(input), 'seed') === 2
			? { kind: 'request', status: 500, errorType: 'runner_disconnected', message: 'gone' }
			: undefined;
	const rows = seeded(4).map((row) => ({ ...row, category: row.seed === 1 ? 'hat' : 'auto' }));
	const parameters = { ...bySeed, category: '={{ $json.category }}' };
	const waiting = await suspend(rows, parameters, { onError: 'continueErrorOutput' });
	await allEnded();
	const { outputs = [] } = (await call(waiting)).result ?? {};
	expect(jsonOf(outputs[0]).map(({ requestId }) => requestId)).toEqual(
		[0, 3].map((seed) => boughtBySeed()[seed]),
	);
	expect(errorsOf(outputs[1])).toEqual([
		expect.stringMatching(/^Item 2: 'Category' is "hat".*not charged/),
		expect.stringMatching(new RegExp(`^Item 3: .*${boughtBySeed()[2]}.*not charged`)),
	]);
	expect(jsonOf(outputs[1])[1]?.details).toMatchObject({ requestId: boughtBySeed()[2] });
	expect(sandbox.fal.submits()).toHaveLength(3);
});

test('good rows keep their own columns where that is wanted, and failed ones anyway', async () => {
	const earlier = { requestId: 'an-earlier-one', imageUrl: 'https://x.y/old.png' };
	const rows = [{ sku: 'A' }, { sku: 'B', category: 'hat', row_number: 9, ...earlier }];
	const parameters = {
		category: '={{ $json.category ?? "auto" }}',
		options: { includeInputFields: true, fileName: '={{ $json.sku }}' },
	};
	const waiting = await suspend(rows, parameters, { onError: 'continueRegularOutput' });
	await allEnded();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(jsonOf(items)).toMatchObject([
		{ sku: 'A', status: 'COMPLETED', fileName: 'A-1.png' },
		{ sku: 'B', error: expect.stringMatching(/^Sheet row 9: 'Category' is "hat"/) },
	]);
	const [late] = (await timeOut(waiting)).outputs;
	expect(jsonOf(late)).toMatchObject([{ sku: 'A', status: 'waiting' }, { sku: 'B' }]);
	// Nothing was bought for it: the earlier job is still its own.
	for (const failed of [items[1]?.json, late?.[1]?.json]) expect(failed).toMatchObject(earlier);
});

test('Retry On Fail runs a suspended node no second time, whose wait nothing could take back', async () => {
	const rows = seeded(3).map((row) => ({ ...row, category: row.seed === 0 ? 'hat' : 'tops' }));
	const parameters = { ...bySeed, category: '={{ $json.category }}' };
	// Time enough for the jobs to end before the next try.
	const retry = { ...RETRY, waitBetweenTries: 700 };
	const settings = { ...retry, onError: 'continueRegularOutput' as const };
	const run = runOf(rows, parameters, settings);
	const execute = jest.spyOn(run.nodeType, 'execute');
	const waiting = suspended(run, await runNode(run));
	expect(execute).toHaveBeenCalledTimes(1);
	expect(sandbox.fal.submits()).toHaveLength(2);
	const ids = boughtBySeed().slice(1);
	const [late = []] = (await timeOut(waiting)).outputs;
	expect(jsonOf(late).map(({ requestId }) => requestId)).toEqual([undefined, ...ids]);
	expect(jsonOf(late).map(({ status }) => status)).toEqual([undefined, 'waiting', 'waiting']);
	await allEnded();
	const [items = []] = (await call(waiting)).result?.outputs ?? [];
	expect(items).toHaveLength(3);
	expect(errorsOf(items.slice(0, 1))).toEqual([expect.stringMatching(/'Category' is "hat"/)]);
	expect(jsonOf(items.slice(1)).map(({ requestId }) => requestId)).toEqual(ids);
	expect(sandbox.fal.submits()).toHaveLength(2);
});

test('until it goes on, the editor shows what each row waits for, or why it does not', async () => {
	const rows = [{ category: 'hat', row_number: 4 }, {}];
	const parameters = { category: '={{ $json.category ?? "auto" }}' };
	const run = runOf(rows, parameters, { onError: 'continueRegularOutput' });
	const { outputs } = await runNode(run);
	expect(jsonOf(outputs[0])).toEqual([
		expect.objectContaining({
			status: 'failed',
			reason: expect.stringMatching(/^Sheet row 4: 'Category' is "hat"/),
		}),
		expect.objectContaining({ status: 'waiting', requestId: sandbox.fal.submits()[0]?.requestId }),
	]);
});

test('when the time is over, each row says what it is, and Get fetches its pictures', async () => {
	const rows = [
		{ seed: 0, row_number: 7, sku: 'A' },
		{ seed: 1, sku: 'B', category: 'hat' },
		{ seed: 2 },
	];
	const parameters = { ...bySeed, category: '={{ $json.category ?? "auto" }}' };
	const waiting = await suspend(rows, parameters, { onError: 'continueRegularOutput' });
	const { outputs } = await timeOut(waiting);
	const [first, , third] = boughtBySeed();
	const endpoint = 'fal-ai/fashn/tryon/v1.6';
	expect(jsonOf(outputs[0])).toEqual([
		{ row_number: 7, requestId: first, endpoint, status: 'waiting' },
		expect.objectContaining({ error: expect.stringMatching(/'Category' is "hat"/) }),
		{ requestId: third, endpoint, status: 'waiting' },
	]);
	await allEnded();
	const get = { resource: 'job', operation: 'get', requestId: '={{ $json.requestId }}' };
	const [rescued] = (await runNode(runOf([{ requestId: third }], get))).outputs;
	expect(jsonOf(rescued)).toMatchObject([{ requestId: third, status: 'COMPLETED' }]);
});

test('how long the time is comes from the panel, and there is always an end', async () => {
	const run = runOf([{}], { callbackLimit: 120 });
	const before = Date.now();
	const waitTill = (await runNode(run)).run.waitTill?.getTime() ?? Infinity;
	expect(waitTill - before).toBeGreaterThanOrEqual(120_000);
	expect(waitTill - Date.now()).toBeLessThanOrEqual(120_000);
	const { waitTill: usually } = (await runNode(runOf([{}]))).run;
	expect((usually?.getTime() ?? Infinity) - Date.now()).toBeLessThanOrEqual(3_600_000);
});

test('what comes after the time is over hands out nothing', async () => {
	const waiting = await suspend([{}], { callbackLimit: 60 });
	await allEnded();
	const now = Date.now();
	jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000);
	expect((await call(waiting)).result).toBeUndefined();
});

test('where fal cannot call n8n, nothing is submitted, and the message says what to set', async () => {
	const run = { ...runOf([{}]), credential: credential('https://fal.invalid') };
	const { error, outputs } = await runNode(run);
	expect(outputs).toEqual([]);
	expect(error?.message).toMatch(
		/'Wait' is By Callback, but n8n's own address http:\/\/127\.0\.0\.1:5678 leads to this machine/,
	);
	expect(error?.description).toMatch(/WEBHOOK_URL.*In the Node/);
	expect(sandbox.calls).toEqual([]);
});

test.each([
	['http://n8n.example.com/webhook/done', /does not begin with https/],
	['https://192.168.1.9/webhook/done', /private network/],
	['https://n8n.example.com/webhook-test/done', /test address/],
])('Submit refuses the Webhook URL %s', async (webhookUrl, message) => {
	const { error } = await runNode(runOf([{}], { operation: 'submit', options: { webhookUrl } }));
	expect(error?.message).toMatch(/'Webhook URL' is/);
	expect(error?.message).toMatch(message);
	expect(sandbox.fal.submits()).toEqual([]);
});

test("a run of more rows than 'Max Jobs per Run' is refused before anything is bought", async () => {
	const { error } = await runNode(runOf([{}, {}], { options: { maxJobs: 1 } }));
	expect(error?.message).toMatch(/Max Jobs per Run/);
	expect(sandbox.fal.submits()).toEqual([]);
});

test.each([1, 2, 3] as const)('as a tool of an Agent v%s it waits in place', async (version) => {
	const underTest = {
		nodeType: new FashnTryOn(),
		credential: credential(),
		parameters: () => usual,
	};
	const shape = tool(version);
	const result = await runWorkflow(shape.workflow(underTest, [{}]));
	expect(result.run.status).toBe('success');
	expect(shape.rows(result).good).toMatchObject([{ status: 'COMPLETED' }]);
	expect(sandbox.fal.submits().map(({ webhookUrl }) => webhookUrl)).toEqual([undefined]);
});

test("the editor's Retry takes over what was bought, and waits for it in place", async () => {
	speedUp(20);
	sandbox.fal.options.jobMs = 2_000;
	const underTest = {
		nodeType: new FashnTryOn(),
		credential: credential(),
		parameters: () => ({ ...usual, ...bySeed, options: { jobsInFlight: 1 } }),
	};
	const refused = { status: 422, body: { detail: [{ loc: [], msg: 'not today', type: 'value' }] } };
	sandbox.faults.add({ on: SUBMIT, fault: { kind: 'answer', answer: refused }, after: 1 });
	const failed = await runWorkflow(together.workflow(underTest, seeded(2)));
	expect(failed.run.status).toBe('error');
	const [first] = boughtBySeed();
	expect(first).toBeDefined();
	const { run } = await retryInEditor(failed);
	expect(sandbox.fal.submits()).toHaveLength(2);
	// The first job calls the old execution: the new one waits until it has ended.
	expect(sandbox.fal.webhookTries().map(({ requestId }) => requestId)).toContain(first);
	expect(['success', 'waiting']).toContain(run.status);
});
