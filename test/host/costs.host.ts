import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { raiseStage, type Stage } from '../../demo/stage';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { type Execution, nodeRun, outputItems } from './execution';
import { rowsBehindWebhook, UNDER_TEST } from './workflows';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

const CENT = 0.01;
const MILLICENTS = 100_000;

/** Digits behind the point to which amounts are the same: more than cents. */
const DIGITS = 6;

/** Nano Banana 2, Astria's default of the day. */
const NANO_BANANA = '4180298';

/** How n8n goes on after an error, and where the rows that failed come out then. */
const SETTINGS = [
	['stopWorkflow', undefined],
	['continueRegularOutput', 0],
	['continueErrorOutput', 1],
] as const;

type Settings = { onError?: (typeof SETTINGS)[number][0] };
type Service = 'FASHN' | 'Astria';

const NODES = {
	FASHN: { type: 'fashnTryOn', credential: 'falApi' },
	Astria: { type: 'astriaPrompt', credential: 'astriaApi' },
} as const;

describe('what it costs, in a real n8n 2.41.1', () => {
	let folder: string;
	let stage: Stage | undefined;
	let runs = 0;
	let pictures: { model: string; garment: string };

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'try-on-costs-'));
		stage = await raiseStage({
			folder: path.join(folder, 'stage'),
			sandbox: {
				fal: { jobMs: 200, balance: 100, pictureSize: { width: 120, height: 180 } },
				astria: { generationMs: 200 },
			},
			say: (line) => void process.stderr.write(`${line}\n`),
		});
		const { media } = stage.sandbox;
		pictures = {
			model: media.publish(await samplePerson(0), 'image/jpeg'),
			garment: media.publish(await sampleGarment(0), 'image/png'),
		};
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await stage?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function up(): Stage {
		if (stage) return stage;
		throw new Error('The stage is not up');
	}

	/** What a row asks for, so many pictures each. */
	function wanted(service: Service, count: number): Record<string, unknown> {
		if (service === 'Astria') {
			return {
				tuneId: { __rl: true, mode: 'id', value: NANO_BANANA },
				text: '={{ $json.text }}',
				num_images: count,
			};
		}
		const { model, garment } = pictures;
		return { model_image: model, garment_image: garment, num_samples: count };
	}

	async function run(
		service: Service,
		parameters: Record<string, unknown>,
		rows: object[],
		settings: Settings = {},
	): Promise<Execution> {
		runs += 1;
		const { rest, credentials } = up();
		const node = { ...NODES[service], parameters, settings: { ...settings } };
		const workflow = rowsBehindWebhook(`costs-${runs}`, node);
		const stored = await rest.importWorkflow(workflow, credentials);
		await rest.activate(stored);
		return await rest.waitForExecution(await rest.runByWebhook(stored, { body: { rows } }));
	}

	const numbers = (execution: Execution, column: string) =>
		outputItems(execution, UNDER_TEST).map(({ json }) => Number(json[column]));

	const sum = (amounts: readonly number[]) => amounts.reduce((all, next) => all + next, 0);

	/** What the account holds, in US dollars, as the service itself counts it. */
	function held(service: Service): number {
		const { fal, astria } = up().sandbox;
		if (service === 'FASHN') return fal.options.balance ?? NaN;
		return astria.options.account.usd_balance_mc / MILLICENTS;
	}

	function bought(service: Service): number {
		const { fal, astria } = up().sandbox;
		return service === 'FASHN' ? fal.submits().length : astria.prompts().length;
	}

	const ROWS = ['one', 'two', 'three'].map((text) => ({ text }));

	describe.each<[Service, number, number]>([
		['FASHN', 1, 0.225],
		['FASHN', 2, 0.45],
		['FASHN', 3, 0.675],
		['FASHN', 4, 0.9],
		['Astria', 1, 0.12],
		['Astria', 4, 0.48],
	])('three rows of %s with %d pictures each', (service, count, price) => {
		beforeAll(async () => {
			// An account with history: one picture was made before.
			if (service === 'Astria') await run(service, wanted(service, 1), [{ text: 'the first' }]);
		}, PREPARE_LIMIT_MS);

		it('cost what Estimate says, in the rows as on the account', async () => {
			const estimate = { ...wanted(service, count), operation: 'estimate' };
			const before = held(service);
			const each = sum(numbers(await run(service, estimate, ROWS), 'estimatedCost'));
			const all = await run(service, { ...estimate, estimateOutput: 'all' }, ROWS);
			const [told] = numbers(all, 'estimatedCost');
			expect(each).toBeCloseTo(price, DIGITS);
			expect(told).toBeCloseTo(price, DIGITS);
			expect(held(service)).toBe(before);

			const made = await run(service, { ...wanted(service, count), output: 'row' }, ROWS);
			expect(outputItems(made, UNDER_TEST).map(({ json }) => json.imageCount)).toEqual([
				count,
				count,
				count,
			]);
			expect(sum(numbers(made, 'cost'))).toBeCloseTo(price, DIGITS);
			expect(before - held(service)).toBeCloseTo(price, DIGITS);
		});

		it.each(SETTINGS)('a cent below that nothing is bought, with %s', async (onError, output) => {
			const options = { maxCost: price - CENT };
			const before = bought(service);
			const limited = { ...wanted(service, count), options };
			const execution = await run(service, limited, ROWS, { onError });
			const why =
				/would cost about [\d.]+ USD, more than the .* 'Max Cost per Run'\. Nothing was sub/;
			if (output === undefined) {
				expect(execution.status).toBe('error');
				expect(execution.error?.message).toMatch(why);
			} else {
				const items = nodeRun(execution, UNDER_TEST).outputs[output] ?? [];
				expect(items.map(({ pairedItem }) => pairedItem[0]?.item)).toEqual([0, 1, 2]);
				for (const { json } of items) expect(json.error).toMatch(why);
				expect(nodeRun(execution, UNDER_TEST).outputs.flat()).toHaveLength(ROWS.length);
			}
			expect(bought(service)).toBe(before);
		});
	});

	it('Get Balance tells what the account holds', async () => {
		const balance = { resource: 'account', operation: 'getBalance' };
		const [told] = numbers(await run('Astria', balance, [{}]), 'balance');
		expect(told).toBeCloseTo(held('Astria'), DIGITS);
	});
});
