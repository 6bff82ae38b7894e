import { outputItems } from '../execution';
import { asRecord } from '../guards';
import { until } from '../wait';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, nodesOf, withParameters } from './load';
import type { HostWorkflow } from '../workflow';

const NOTICE = { limitMs: 20_000, everyMs: 100 };

/** n8n looks no more often than once a minute. */
const LOOK = { limitMs: 150_000, everyMs: 500 };
const LOOK_LIMIT_MS = 200_000;

const SECRET = 'k3J9v0qTz5';

/** The address that n8n gives a trigger of an example. */
function hookOf(file: string, node: string): string {
	const found = nodesOf(loadExample(file)).find(({ name }) => name === node);
	return `/webhook/${String(found?.webhookId)}/webhook`;
}

/** Tests of when-a-try-on-is-finished.json and when-astria-is-finished.json. */
export function triggerTests(up: () => Bed): void {
	/** What a node put out in each execution of a workflow, oldest first. */
	async function told(
		workflow: HostWorkflow,
		node: string,
	): Promise<Array<Record<string, unknown>>> {
		const ids = (await up().rest.executionIds(workflow)).reverse();
		const rows: Array<Record<string, unknown>> = [];
		for (const id of ids) {
			const execution = await up().rest.waitForExecution(id);
			if (!execution.runs[node]) continue;
			rows.push(...outputItems(execution, node).map(({ json }) => json));
		}
		return rows;
	}

	describe('when-a-try-on-is-finished.json', () => {
		const FILE = 'when-a-try-on-is-finished.json';
		let workflow: HostWorkflow;
		let address: string;

		beforeAll(async () => {
			const { sandbox, host } = up();
			sandbox.fal.options.loopbackWebhooks = true;
			workflow = await up().publish(loadExample(FILE));
			address = `${host.url}${hookOf(FILE, 'Try-On Ended')}`;
		});

		async function submit(input: object): Promise<string> {
			const { url, key } = up().sandbox.fal;
			const query = new URLSearchParams({ fal_webhook: address });
			const answer = await fetch(`${url}/fal-ai/fashn/tryon/v1.6?${query}`, {
				method: 'POST',
				headers: { Authorization: `Key ${key}`, 'Content-Type': 'application/json' },
				body: JSON.stringify(input),
			});
			return String(asRecord(await answer.json()).request_id);
		}

		const delivered = async (id: string) =>
			await until('the webhook', NOTICE, async () =>
				up()
					.sandbox.fal.webhookTries()
					.find(({ requestId, status }) => requestId === id && status === 200),
			);

		it('goes on when fal calls, with the picture or the reason, once for each job', async () => {
			const photos = {
				model_image: await personUrl(up(), 0),
				garment_image: await garmentUrl(up(), 0),
			};
			const good = await submit(photos);
			await delivered(good);
			const bad = await submit({ ...photos, category: 'hats' });
			await delivered(bad);
			const [picture, ...others] = await told(workflow, 'Picture');
			expect(others).toEqual([]);
			expect(picture).toMatchObject({ request_id: good, model_photo: photos.model_image });
			expect(await pictureFormat(String(picture?.image_url))).toBe('png');
			expect(await told(workflow, 'Reason')).toEqual([
				{ request_id: bad, reason: expect.stringContaining('category') },
			]);
			const body = JSON.stringify({ request_id: good });
			const headers = {
				'Content-Type': 'application/json',
				...up().sandbox.fal.signer.sign(good, body),
			};
			expect((await fetch(address, { method: 'POST', headers, body })).status).toBe(200);
			expect(await told(workflow, 'Picture')).toHaveLength(1);
		});

		it('is not started by others', async () => {
			const before = await up().rest.executionIds(workflow);
			const body = JSON.stringify({ request_id: '764cabcf-b745-4b3e-ae38-1200304cf45b' });
			const json = { 'Content-Type': 'application/json' };
			const forged = {
				...up().sandbox.fal.signer.sign('764cabcf-b745-4b3e-ae38-1200304cf45b', 'x'),
				...json,
			};
			for (const headers of [json, forged]) {
				expect((await fetch(address, { method: 'POST', headers, body })).status).toBe(401);
			}
			const form = new FormData();
			form.append('request_id', 'x');
			expect((await fetch(address, { method: 'POST', headers: {}, body: form })).status).toBe(401);
			const huge = new Uint8Array(17 * 1024 * 1024);
			const { status } = await fetch(address, { method: 'POST', headers: json, body: huge });
			expect(status).toBeGreaterThanOrEqual(400);
			expect(await up().rest.executionIds(workflow)).toEqual(before);
			expect(up().host.log()).not.toContain(up().sandbox.fal.key);
		});
	});

	describe('when-astria-is-finished.json', () => {
		const FILE = 'when-astria-is-finished.json';
		let workflow: HostWorkflow;
		let callback: string;

		beforeAll(async () => {
			const example = withParameters(loadExample(FILE), 'Astria Calls', { secret: SECRET });
			workflow = await up().publish(example);
			callback = `${up().host.url}${hookOf(FILE, 'Astria Calls')}?secret=${SECRET}`;
		});

		async function make(fields: object): Promise<number> {
			const { url, key } = up().sandbox.astria;
			const answer = await fetch(`${url}/tunes/4180298/prompts`, {
				method: 'POST',
				headers: {
					Authorization: `Bearer ${key}`,
					'Content-Type': 'application/json',
					'User-Agent': 'another-workflow/1',
				},
				body: JSON.stringify({ prompt: { num_images: 1, ...fields } }),
			});
			return Number(asRecord(await answer.json()).id);
		}

		it(
			'goes on when Astria calls, and finds what Astria has not told, each once',
			async () => {
				const called = await make({ text: 'called', callback });
				const silent = await make({ text: 'silent' });
				// Another test may have left a prompt that ends only now.
				const idsTold = async () =>
					(await told(workflow, 'What Happened'))
						.map(({ prompt_id: id }) => Number(id))
						.filter((id) => id === called || id === silent);
				const both = await until('both prompts', LOOK, async () => {
					const ids = await idsTold();
					return ids.includes(called) && ids.includes(silent) ? ids : undefined;
				});
				expect(both.sort((a, b) => a - b)).toEqual([called, silent]);
				const [tellings] = up()
					.sandbox.astria.callbacks()
					.filter(({ url }) => url === callback);
				expect(tellings?.status).toBe(200);
			},
			LOOK_LIMIT_MS,
		);

		it('is not started without the secret', async () => {
			const before = (await up().rest.executionIds(workflow)).length;
			const answer = await fetch(callback.replace(SECRET, 'wrong'), {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({ prompt: { id: 1 } }),
			});
			expect(answer.status).toBe(401);
			expect(await up().rest.executionIds(workflow)).toHaveLength(before);
		});
	});
}
