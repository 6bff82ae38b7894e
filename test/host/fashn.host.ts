import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';

import { raiseStage, type Stage } from '../../demo/stage';
import { demoWorkflow, START } from '../../demo/workflow';
import { TIMED_OUT_TAKEN } from '../../sandbox/faults';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import type { FaultKind } from '../../sandbox/types';
import { outputItems } from './execution';
import { version } from './version';
import type { WorkflowJson } from './workflow';
import { rowsBehindWebhook, UNDER_TEST } from './workflows';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

const SUBMIT = /^POST \/fal-ai\/fashn/;

describe(`FASHN Try-On in a real n8n ${version}`, () => {
	let folder: string;
	let stage: Stage | undefined;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'try-on-fashn-'));
		const pictures = path.join(folder, 'pictures');
		await mkdir(pictures);
		stage = await raiseStage({
			version,
			folder: path.join(folder, 'stage'),
			filesFolder: pictures,
			sandbox: { fal: { jobMs: 400, pictureSize: { width: 120, height: 180 } } },
			say: (line) => void process.stderr.write(`${line}\n`),
		});
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await stage?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function up(): Stage {
		if (stage) return stage;
		throw new Error('The stage is not up');
	}

	async function pictures() {
		const { media } = up().sandbox;
		return {
			model: media.publish(await samplePerson(0), 'image/jpeg'),
			garment: media.publish(await sampleGarment(0), 'image/png'),
		};
	}

	/** What has been bought since so many submits. */
	function idsSince(submits: number): unknown[] {
		const all = up().sandbox.fal.submits();
		return all.slice(submits).map(({ requestId }) => requestId);
	}

	/** A workflow whose webhook is sent rows for the node. */
	function byWebhook(path: string, parameters: Record<string, unknown>, settings = {}) {
		const node = { type: 'fashnTryOn', credential: 'falApi', parameters, settings };
		return rowsBehindWebhook(path, node);
	}

	async function runRows(workflow: WorkflowJson, rows: object[]) {
		const { rest, credentials } = up();
		const stored = await rest.importWorkflow(workflow, credentials);
		await rest.activate(stored);
		const id = await rest.runByWebhook(stored, { body: { rows } });
		return await rest.waitForExecution(id);
	}

	const byAddress = {
		model_image: '={{ $json.model }}',
		garment_image: '={{ $json.garment }}',
		category: '={{ $json.category ?? "auto" }}',
	};

	it('has the node, its tool and its credential', async () => {
		const names = (await up().rest.nodeTypes()).map(({ name }) => name);
		expect(names).toContain('n8n-nodes-virtual-try-on.fashnTryOn');
		expect(names).toContain('n8n-nodes-virtual-try-on.fashnTryOnTool');
		expect(await up().rest.credentialTypes()).toContain('falApi');
	});

	it('tells a right key from a wrong one', async () => {
		const { rest, sandbox, credentials } = up();
		const stored = credentials.find(({ type }) => type === 'falApi');
		if (!stored) throw new Error('There is no credential for fal');
		const test = async (apiKey: string) =>
			await rest.testCredential({ ...stored, data: { apiKey, baseUrl: sandbox.fal.url } });
		const before = sandbox.fal.submits().length;
		expect(await test(sandbox.fal.key)).toMatchObject({ status: 'OK' });
		expect(await test('wrong:key')).toMatchObject({ status: 'Error' });
		expect(sandbox.fal.submits()).toHaveLength(before);
	});

	it('runs the demo', async () => {
		const { rest, credentials } = up();
		const target = path.join(folder, 'pictures');
		const rows = [1, 2].map((n) => ({ sku: `sku-${n}` }));
		const sources = await pictures();
		const workflow = await rest.importWorkflow(
			demoWorkflow(
				rows.map((row) => ({ ...row, ...sources })),
				target,
			),
			credentials,
		);
		const execution = await rest.waitForExecution(await rest.runManually(workflow, START));
		expect(execution).toMatchObject({ status: 'success' });
		expect((await readdir(target)).sort()).toEqual(['sku-1.png', 'sku-2.png']);
		const { format } = await sharp(path.join(target, 'sku-1.png')).metadata();
		expect(format).toBe('png');
	});

	it('keeps rows, files and errors apart', async () => {
		const row = await pictures();
		const execution = await runRows(
			byWebhook('rows', byAddress, { onError: 'continueErrorOutput' }),
			[row, { ...row, category: 'hat' }, row],
		);
		const good = outputItems(execution, UNDER_TEST);
		expect(good.map(({ pairedItem }) => pairedItem[0]?.item)).toEqual([0, 2]);
		const file = good[0]?.binary.data;
		const bytes = file && (await up().rest.downloadBinary(file));
		expect((await sharp(bytes).metadata()).format).toBe('png');
		const [bad] = outputItems(execution, UNDER_TEST, 1);
		expect(bad?.json.error).toMatch(/^Item 2: 'Category' is "hat"/);
		expect(bad?.json.category).toBe('hat');
		// n8n 1.x takes a row with details for a success.
		expect(bad?.json.details).toEqual(
			version === '2.41.1' ? expect.objectContaining({ charged: 'no' }) : undefined,
		);
	});

	it('buys nothing twice when it is retried', async () => {
		const { sandbox } = up();
		const row = await pictures();
		const before = sandbox.fal.submits().length;
		const retry = { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 };
		const workflow = byWebhook('retried', byAddress, { ...retry, onError: 'continueErrorOutput' });
		await runRows(workflow, [{ ...row, garment: 'http://127.0.0.1:9/x.png' }, row, row]);
		expect(sandbox.fal.submits().length - before).toBe(3);
	});

	it.each<[string, FaultKind]>([
		['cut off', { kind: 'cutOff' }],
		['a 504', TIMED_OUT_TAKEN],
	])('finds what was bought when the answer is %s', async (what, fault) => {
		const { sandbox } = up();
		const row = await pictures();
		const before = sandbox.fal.submits().length;
		sandbox.faults.add({ on: SUBMIT, fault });
		const id = what.replace(/\W/g, '-');
		const good = outputItems(await runRows(byWebhook(id, byAddress), [row]), UNDER_TEST);
		expect(good.map(({ json }) => json.requestId)).toEqual(idsSince(before));
		expect(good).toHaveLength(1);
	});

	it('gives each of three equal rows its own, when two answers are lost', async () => {
		const { sandbox } = up();
		const row = await pictures();
		const before = sandbox.fal.submits().length;
		sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
		sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT_TAKEN });
		const execution = await runRows(byWebhook('equal', byAddress), [row, row, row]);
		const found = outputItems(execution, UNDER_TEST).map(({ json }) => json.requestId);
		expect(found.sort()).toEqual(idsSince(before).sort());
		expect(new Set(found).size).toBe(3);
	});

	it('cancels the remote job when it is stopped', async () => {
		const { sandbox, rest, credentials } = up();
		sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
		try {
			const stored = await rest.importWorkflow(byWebhook('stopped', byAddress), credentials);
			await rest.activate(stored);
			const before = sandbox.fal.submits().length;
			const id = await rest.runByWebhook(stored, { body: { rows: [await pictures()] } });
			await untilTrue(() => sandbox.fal.submits().length > before);
			const requestId = sandbox.fal.submits().at(-1)?.requestId ?? '';
			await rest.stopExecution(id);
			await untilTrue(() =>
				sandbox.calls.some(
					({ method, path: called }) => method === 'PUT' && called.includes(requestId),
				),
			);
		} finally {
			sandbox.fal.options.outcome = undefined;
		}
	});

	it('loses nothing that was bought when n8n is killed in the middle of a batch', async () => {
		const { sandbox, credentials } = up();
		const rows = Array.from({ length: 20 }, (_, sku) => ({ sku }));
		const given = await pictures();
		const parameters = { ...byAddress, additionalFields: { seed: '={{ 1000 + $json.sku }}' } };
		const workflow = byWebhook('killed', parameters);
		const stored = await up().rest.importWorkflow(workflow, credentials);
		await up().rest.activate(stored);
		const before = sandbox.fal.submits().length;
		const body = { rows: rows.map((row) => ({ ...row, ...given })) };
		await up().rest.runByWebhook(stored, { body });
		await untilTrue(() => sandbox.fal.submits().length >= before + 12);
		await up().crash();
		const bought = idsSince(before);
		expect(bought.length).toBeGreaterThanOrEqual(12);
		const many = { resource: 'job', operation: 'getAll', returnAll: true, fetchResults: true };
		const listed = await runRows(byWebhook('found', { ...many, download: false }), [{}]);
		const items = outputItems(listed, UNDER_TEST).map(({ json }) => json);
		const found = items.filter(({ requestId }) => bought.includes(requestId));
		expect(new Set(found.map(({ requestId }) => requestId))).toEqual(new Set(bought));
		for (const item of found) {
			const input: unknown = JSON.parse(String(item.input));
			expect(input).toMatchObject({ model_image: given.model, garment_image: given.garment });
			expect(item.imageUrl).toEqual(expect.any(String));
		}
	});

	it('leaves no key in what n8n has stored or logged', async () => {
		const { sandbox, host } = up();
		const secret = sandbox.fal.key.split(':')[1] ?? '';
		const row = await pictures();
		const execution = await runRows(byWebhook('kept', byAddress), [row]);
		expect(execution.stored).not.toContain(secret);
		expect(host.log()).not.toContain(secret);
	});
});

async function untilTrue(condition: () => boolean): Promise<void> {
	const deadline = Date.now() + 15_000;
	while (!condition()) {
		if (Date.now() > deadline) throw new Error('It did not happen within 15 s');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
