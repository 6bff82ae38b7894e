import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import sharp from 'sharp';

import { raiseStage, type Stage } from '../../demo/stage';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { AFTER, APPROVAL, callbackWorkflow, FAILED, WAITS } from './callbackWorkflow';
import { type Execution, outputItems } from './execution';
import type { HostVersion } from './install';
import { LOOKED_THROUGH_MS } from './n8n';
import { freePorts } from './ports';
import type { StoredCredential } from './rest';
import { version } from './version';
import { until } from './wait';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

/** A call is answered well under a second; the middle one of several, since machines have moods. */
const ANSWERED_MS = 900;

/** With 200 open jobs n8n 1.x takes about 2 s on two busy cores; fal waits 15 s for an answer. */
const ANSWERED_BY_OLDEST_MS = 5_000;

/** Long enough for n8n to store the wait in the meantime. */
const JOB_MS = 3_000;

/** The same for prompts and trainings. */
const GENERATION_MS = 4_000;

/** Of what ends when the test says so. */
const HELD_MS = 3_600_000;

/** Long enough for a busy n8n to be suspended meanwhile. */
const LONG_TRAINING_MS = 20_000;

/** What the time of a suspended execution is limited to at least, and n8n's own look once a minute. */
const TIME_OVER = { limitMs: 150_000 };

/** A busy n8n may be asked before it has answered. */
const ANSWER_SOON = { limitMs: 30_000, everyMs: 100 };

let folder: string;
let stage: Stage | undefined;

async function raise(version: HostVersion): Promise<void> {
	folder = await mkdtemp(path.join(tmpdir(), 'try-on-callback-'));
	// After a crash n8n must be where it was: its address is in what was sent.
	const [port] = await freePorts(1);
	stage = await raiseStage({
		version,
		port,
		folder: path.join(folder, 'stage'),
		sandbox: {
			fal: {
				jobMs: JOB_MS,
				pictureSize: { width: 60, height: 90 },
				slots: 400,
				loopbackWebhooks: true,
				webhookRetryMs: 2_000,
			},
			astria: { generationMs: GENERATION_MS, trainingMs: GENERATION_MS },
		},
		say: (line) => void process.stderr.write(`${line}\n`),
	});
}

function up(): Stage {
	if (stage) return stage;
	throw new Error('The stage is not up');
}

const isNewest = () => up().host.version === '2.41.1';

function credential(type: string): Record<string, Pick<StoredCredential, 'id' | 'name'>> {
	return { [type]: { id: '', name: '' } };
}

async function start(id: string, node: object, rows: object[]): Promise<string> {
	const { rest, credentials } = up();
	const stored = await rest.importWorkflow(callbackWorkflow(id, node), credentials);
	await rest.activate(stored);
	return await rest.runByWebhook(stored, { body: { rows } });
}

/** What the node has put out: which row each item is of. */
const rowsOf = (execution: Execution, node: string) =>
	outputItems(execution, node).map(({ json }) => json.of);

interface CallAnswer {
	status: number;
	ms: number;
	text: string;
}

function middle(answers: readonly CallAnswer[]): number {
	const times = answers.map(({ ms }) => ms).sort((one, other) => one - other);
	return times[Math.floor(times.length / 2)] ?? Infinity;
}

async function knock(url: string, body: string, type = 'application/json'): Promise<CallAnswer> {
	const began = performance.now();
	const headers = { 'content-type': type };
	const answer = await fetch(url, { method: 'POST', headers, body });
	const text = await answer.text();
	return { status: answer.status, ms: performance.now() - began, text };
}

function fashnTests(): void {
	let model: string;
	let garment: string;

	beforeAll(async () => {
		const { media } = up().sandbox;
		model = media.publish(await samplePerson(0), 'image/jpeg');
		garment = media.publish(await sampleGarment(0), 'image/png');
	});

	afterEach(() => {
		up().sandbox.fal.options.outcome = undefined;
		up().sandbox.fal.options.jobMs = JOB_MS;
		up().sandbox.fal.options.webhookTries = 4;
	});

	const skus = (count: number) => Array.from({ length: count }, (_, n) => ({ sku: `sku-${n}` }));

	function generate(parameters: object = {}, settings: object = {}): object {
		return {
			type: 'n8n-nodes-virtual-try-on.fashnTryOn',
			parameters: {
				model_image: model,
				garment_image: garment,
				category: '={{ $json.category ?? "auto" }}',
				wait: 'callback',
				...parameters,
			},
			credentials: credential('falApi'),
			...settings,
		};
	}

	/** Lets no job end until what is returned is called: a busy n8n takes its time to be suspended. */
	function holdJobs(): () => void {
		let release = () => {};
		const released = new Promise<void>((resolve) => {
			release = resolve;
		});
		up().sandbox.fal.options.jobMs = async () => {
			await released;
			return JOB_MS;
		};
		return release;
	}

	/** Jobs that were bought since so many submits. */
	const since = (submits: number) => up().sandbox.fal.submits().slice(submits);

	it('goes on when fal has called for every row, with one item per row in its place', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.fal.submits().length;
		const rows: Array<Record<string, string>> = skus(6);
		rows[2] = { sku: 'sku-2', category: 'hat' };
		const release = holdJobs();
		const id = await start('rows', generate(), rows);
		await rest.waitForExecution(id, { status: 'waiting' });
		release();
		const execution = await rest.waitForExecution(id);
		expect(execution.status).toBe('success');
		expect(rowsOf(execution, AFTER)).toEqual(['sku-0', 'sku-1', 'sku-3', 'sku-4', 'sku-5']);
		expect(rowsOf(execution, FAILED)).toEqual(['sku-2']);
		const [bad] = outputItems(execution, FAILED);
		expect(bad?.json.error).toMatch(/'Category' is "hat"/);
		// n8n 1.x knows a row of the error output by its 'error' alone.
		const uncharged: unknown = expect.objectContaining({ charged: 'no' });
		expect(bad?.json.details).toEqual(isNewest() ? uncharged : undefined);
		const good = outputItems(execution, AFTER);
		expect(good.map(({ json }) => json.status)).toEqual(Array(5).fill('COMPLETED'));
		const file = outputItems(execution, WAITS)[4]?.binary.data;
		const bytes = file && (await rest.downloadBinary(file));
		expect((await sharp(bytes).metadata()).format).toBe('png');
		expect(new Set(good.map(({ json }) => json.requestId))).toEqual(
			new Set(since(before).map(({ requestId }) => requestId)),
		);
		expect(since(before)).toHaveLength(5);
	});

	it('loses no callback that comes before n8n has stored the wait', async () => {
		const { rest, sandbox } = up();
		sandbox.fal.options.jobMs = 5;
		const id = await start('early', generate(), skus(4));
		const execution = await rest.waitForExecution(id);
		expect(rowsOf(execution, AFTER)).toEqual(skus(4).map(({ sku }) => sku));
	});

	it('is not fooled by calls that are forged, rubbish, repeated or late', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.fal.submits().length;
		const release = holdJobs();
		const id = await start('fooled', generate({ download: false }), skus(3));
		await rest.waitForExecution(id, { status: 'waiting' });
		const [first] = since(before);
		const url = first?.webhookUrl ?? '';
		const forged = JSON.stringify({
			request_id: first?.requestId,
			status: 'OK',
			payload: { images: [{ url: 'http://127.0.0.1:9/forged.png' }] },
		});
		const bodies: Array<[string, string?]> = [
			[forged],
			[forged],
			['{"request_id":'],
			['[]'],
			['"rubbish"'],
			['', 'text/plain'],
			['\u0000\u0001', 'application/octet-stream'],
		];
		const answers: CallAnswer[] = [];
		for (const body of bodies) answers.push(await knock(url, ...body));
		const secret = sandbox.fal.key.split(':')[1] ?? '';
		expect(middle(answers)).toBeLessThan(ANSWERED_MS);
		for (const { text } of answers) {
			expect(text).not.toContain(secret);
			expect(text).not.toContain('requestId');
		}
		expect((await rest.execution(id)).status).toBe('waiting');
		// n8n 1.x does not sign the address: a call is no more than a knock there either.
		expect(url.includes('signature=')).toBe(isNewest());
		const unsigned = await knock(url.replace(/signature=\w/, 'signature=0x'), forged);
		expect(unsigned.status).toBe(isNewest() ? 401 : 200);
		release();
		const execution = await rest.waitForExecution(id);
		expect(rowsOf(execution, AFTER)).toEqual(skus(3).map(({ sku }) => sku));
		expect(execution.stored).not.toContain('forged');
		expect((await knock(url, forged)).status).toBe(409);
		expect(outputItems(await rest.execution(id), AFTER)).toHaveLength(3);
		expect(since(before)).toHaveLength(3);
	});

	it('leaves the wait of the next node alone, however often fal calls', async () => {
		const { rest, sandbox, credentials } = up();
		const before = sandbox.fal.submits().length;
		const workflow = callbackWorkflow('approved', generate({ download: false }), APPROVAL);
		const stored = await rest.importWorkflow(workflow, credentials);
		await rest.activate(stored);
		const id = await rest.runByWebhook(stored, { body: { rows: skus(1) } });
		await until('the approval to be asked for', { limitMs: 60_000, everyMs: 500 }, async () =>
			(await rest.execution(id)).runs[AFTER] ? true : undefined,
		);
		await rest.waitForExecution(id, { status: 'waiting' });
		const [job] = since(before);
		const url = job?.webhookUrl ?? '';
		await knock(url, JSON.stringify({ request_id: job?.requestId, status: 'OK' }));
		expect((await rest.execution(id)).status).toBe('waiting');
		const approved = await knock(url.replace('/try-on', ''), '{}');
		expect(approved.status).toBe(200);
		expect((await rest.waitForExecution(id)).status).toBe('success');
	});

	it('answers in time with 200 open jobs, and hands all of them out once', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.fal.submits().length;
		// They end one after another, as they do where slots are few.
		sandbox.fal.options.jobMs = () => 20_000 + (sandbox.fal.submits().length - before) * 250;
		const options = { jobsInFlight: 50 };
		const id = await start('many', generate({ download: false, options }), skus(200));
		await rest.waitForExecution(id, { status: 'waiting', limitMs: 120_000 });
		const url = since(before)[0]?.webhookUrl ?? '';
		const answers: CallAnswer[] = [];
		for (let n = 0; n < 10; n += 1) answers.push(await knock(url, '{}'));
		expect(middle(answers)).toBeLessThan(isNewest() ? ANSWERED_MS : ANSWERED_BY_OLDEST_MS);
		const execution = await rest.waitForExecution(id, { limitMs: 240_000 });
		expect(rowsOf(execution, AFTER)).toEqual(skus(200).map(({ sku }) => sku));
		const ids = outputItems(execution, AFTER).map(({ json }) => json.requestId);
		expect(new Set(ids).size).toBe(200);
		expect(since(before)).toHaveLength(200);
	}, 420_000);

	it('goes on after n8n was killed while it waited', async () => {
		const before = up().sandbox.fal.submits().length;
		const release = holdJobs();
		const id = await start('killed', generate(), skus(3));
		await up().rest.waitForExecution(id, { status: 'waiting' });
		await up().crash();
		await delay(LOOKED_THROUGH_MS);
		release();
		const execution = await up().rest.waitForExecution(id, { limitMs: 120_000 });
		expect(rowsOf(execution, AFTER)).toEqual(skus(3).map(({ sku }) => sku));
		expect(since(before)).toHaveLength(3);
	}, 300_000);

	it('says of each row what it is when no callback comes, and Get fetches its pictures', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.fal.submits().length;
		sandbox.fal.options.webhookTries = 0;
		const rows: Array<Record<string, string>> = skus(3);
		rows[1] = { sku: 'sku-1', category: 'hat' };
		const id = await start('silent', generate({ callbackLimit: 60 }), rows);
		await rest.waitForExecution(id, { status: 'waiting' });
		const execution = await rest.waitForExecution(id, TIME_OVER);
		const items = [...outputItems(execution, AFTER), ...outputItems(execution, FAILED)];
		expect(items.map(({ json }) => json.of).sort()).toEqual(['sku-0', 'sku-1', 'sku-2']);
		const waiting = items.filter(({ json }) => json.status === 'waiting').map(({ json }) => json);
		expect(new Set(waiting.map(({ requestId }) => requestId))).toEqual(
			new Set(since(before).map(({ requestId }) => requestId)),
		);
		const failed = items.find(({ json }) => json.of === 'sku-1');
		expect(failed?.json.error).toMatch(/'Category' is "hat"/);
		const get = { resource: 'job', operation: 'get', requestId: '={{ $json.requestId }}' };
		const fetched = await start(
			'fetched',
			{ ...generate(), parameters: get },
			waiting.map((row) => ({ ...row, sku: row.of })),
		);
		const done = outputItems(await rest.waitForExecution(fetched), AFTER);
		expect(done.map(({ json }) => json.status)).toEqual(['COMPLETED', 'COMPLETED']);
		expect(since(before)).toHaveLength(2);
	}, 300_000);

	it('leaves no key in what n8n has stored, answered or logged', async () => {
		const { rest, sandbox, host } = up();
		const secret = sandbox.fal.key.split(':')[1] ?? '';
		const execution = await rest.waitForExecution(await start('kept', generate(), skus(1)));
		expect(execution.stored).not.toContain(secret);
		expect(host.log()).not.toContain(secret);
	});
}

function astriaTests(): void {
	let photo: string;

	beforeAll(async () => {
		photo = up().sandbox.media.publish(await samplePerson(0), 'image/jpeg');
	});

	afterEach(() => {
		const { options } = up().sandbox.astria;
		Object.assign(options, { generationMs: GENERATION_MS, trainingMs: GENERATION_MS });
	});

	const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ sku: `photo ${n}` }));

	/** Prompts that were made since so many. */
	const since = (prompts: number) => up().sandbox.astria.prompts().slice(prompts);

	function prompt(parameters: object = {}): object {
		return {
			type: 'n8n-nodes-virtual-try-on.astriaPrompt',
			parameters: {
				resource: 'prompt',
				operation: 'create',
				tuneId: { __rl: true, mode: 'id', value: '4180298' },
				text: '={{ $json.sku }}',
				wait: 'callback',
				...parameters,
			},
			credentials: credential('astriaApi'),
		};
	}

	it('goes on when Astria has called for every prompt', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.astria.prompts().length;
		sandbox.astria.options.generationMs = HELD_MS;
		const id = await start('prompts', prompt(), rows(4));
		await rest.waitForExecution(id, { status: 'waiting' });
		for (const made of since(before)) await sandbox.astria.settle(made.id);
		const execution = await rest.waitForExecution(id);
		expect(rowsOf(execution, AFTER)).toEqual(rows(4).map(({ sku }) => sku));
		expect(outputItems(execution, AFTER).map(({ json }) => json.text)).toEqual(
			rows(4).map(({ sku }) => sku),
		);
		const file = outputItems(execution, WAITS)[3]?.binary.data;
		const bytes = file && (await rest.downloadBinary(file));
		expect((await sharp(bytes).metadata()).format).toBe('jpeg');
		expect(since(before)).toHaveLength(4);
		expect(execution.stored).not.toContain(sandbox.astria.key);
	});

	it('goes on when a training has ended', async () => {
		const { rest, sandbox } = up();
		const tune = {
			type: 'n8n-nodes-virtual-try-on.astriaTune',
			parameters: {
				resource: 'tune',
				operation: 'create',
				title: '={{ $json.sku }}',
				name: 'woman',
				images_source: 'address',
				images: photo,
				base_tune_id: { __rl: true, mode: 'id', value: '1504944' },
				model_type: 'lora',
				wait: 'callback',
			},
			credentials: credential('astriaApi'),
		};
		sandbox.astria.options.trainingMs = HELD_MS;
		const before = sandbox.astria.tunes().length;
		const id = await start('tunes', tune, rows(2));
		await rest.waitForExecution(id, { status: 'waiting' });
		for (const made of sandbox.astria.tunes().slice(before)) await sandbox.astria.settle(made.id);
		const execution = await rest.waitForExecution(id);
		expect(rowsOf(execution, AFTER)).toEqual(['photo 0', 'photo 1']);
		expect(outputItems(execution, AFTER).map(({ json }) => json.trained)).toEqual([true, true]);
	});

	it('goes on when the prompts of a pack have ended on each tune that it has trained', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.astria.creations().length;
		const pack = {
			type: 'n8n-nodes-virtual-try-on.astriaTune',
			parameters: {
				resource: 'pack',
				operation: 'createTune',
				packId: { __rl: true, mode: 'id', value: '260' },
				title: '={{ $json.sku }}',
				name: 'woman',
				images_source: 'address',
				images: photo,
				waitForPictures: true,
				wait: 'callback',
			},
			credentials: credential('astriaApi'),
		};
		sandbox.astria.options.trainingMs = LONG_TRAINING_MS;
		const id = await start('pack', pack, rows(2));
		await rest.waitForExecution(id, { status: 'waiting' });
		const execution = await rest.waitForExecution(id, { limitMs: 120_000 });
		expect(rowsOf(execution, AFTER)).toEqual(['photo 0', 'photo 1']);
		const items = outputItems(execution, AFTER).map(({ json }) => json);
		expect(new Set(items.map(({ tuneId }) => tuneId)).size).toBe(2);
		for (const { tuneId, promptIds, ...made } of items) {
			const own = sandbox.astria.prompts().filter((one) => one.tuneId === tuneId);
			expect(promptIds).toEqual(own.map((one) => one.id));
			expect(made).toMatchObject({ packId: '260', status: 'COMPLETED', imageCount: own.length });
		}
		const file = outputItems(execution, WAITS)[1]?.binary.data_1;
		const bytes = file && (await rest.downloadBinary(file));
		expect((await sharp(bytes).metadata()).format).toBe('jpeg');
		expect(sandbox.astria.creations()).toHaveLength(before + 2);
	}, 300_000);

	it('says of each row what it is when its only callback came too early or was lost', async () => {
		const { rest, sandbox } = up();
		const before = sandbox.astria.prompts().length;
		const limited = { callbackLimit: 60, download: false };
		// Astria has told the node that the prompt is not finished, and calls before the node is done.
		sandbox.faults.add({ on: /^GET \/prompts\/\d+/, fault: { kind: 'delay', ms: 6_000 } });
		const early = await start('early-prompt', prompt(limited), [{ sku: 'early' }]);
		await rest.waitForExecution(early, { status: 'waiting' });
		const answer = await until('the answer to the early call', ANSWER_SOON, async () => {
			const ofEarly = new RegExp(`/webhook-waiting/${early}\\b`);
			return sandbox.astria.callbacks().find(({ url }) => ofEarly.test(url))?.status;
		});
		expect(answer).toBe(409);
		sandbox.astria.options.generationMs = 3_600_000;
		const lost = await start('lost', prompt(limited), [{ sku: 'lost' }]);
		await rest.waitForExecution(lost, { status: 'waiting' });
		const unheard = since(before).at(-1);
		if (!unheard) throw new Error('There is no prompt');
		unheard.fields.callback = 'http://127.0.0.1:9/nobody';
		await sandbox.astria.settle(unheard.id);
		const waiting: Array<Record<string, unknown>> = [];
		for (const id of [early, lost]) {
			const execution = await rest.waitForExecution(id, TIME_OVER);
			waiting.push(...outputItems(execution, AFTER).map(({ json }) => json));
		}
		expect(waiting).toMatchObject(
			since(before).map(({ id }) => ({ status: 'waiting', promptId: id })),
		);
		expect(waiting.map(({ of }) => of)).toEqual(['early', 'lost']);
		const get = {
			operation: 'get',
			promptId: { __rl: true, mode: 'id', value: '={{ $json.promptId }}' },
			download: false,
		};
		const again = waiting.map((row) => ({ ...row, sku: row.of }));
		const fetched = await rest.waitForExecution(await start('got', prompt(get), again));
		expect(outputItems(fetched, AFTER).map(({ json }) => json.status)).toEqual([
			'COMPLETED',
			'COMPLETED',
		]);
		expect(since(before)).toHaveLength(2);
	}, 300_000);
}

describe(`in a real n8n ${version}`, () => {
	beforeAll(async () => {
		await raise(version);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await stage?.close();
		stage = undefined;
		await rm(folder, { recursive: true, force: true });
	});

	describe('FASHN Try-On', fashnTests);
	describe('Astria', astriaTests);
});
