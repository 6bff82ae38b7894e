import { sampleGarment } from '../../../sandbox/pictures';
import { asList, asRecord } from '../guards';
import { until } from '../wait';
import { callWebhook } from '../webhook';
import type { HostWorkflow } from '../workflow';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, withFields } from './load';

/** Of a job that is not finished when n8n is killed. */
const LONG_MS = 20_000;

const BOUGHT = { limitMs: 40_000, everyMs: 100 };

/** Tests of webhook-pipeline.json. */
export function webhookTests(up: () => Bed): void {
	async function models(): Promise<string[]> {
		return [await personUrl(up(), 0), await personUrl(up(), 1)];
	}

	function key(): Record<string, string> {
		const { name, value } = up().outside.shop.header;
		return { [name]: value };
	}

	async function picturesOf(body: unknown, photos: string[]): Promise<void> {
		const pictures = asList(asRecord(body).pictures).map(asRecord);
		expect(pictures.map(({ model_photo: photo }) => photo)).toEqual(photos);
		for (const { image_url: address } of pictures) {
			expect(await pictureFormat(String(address))).toBe('png');
		}
	}

	describe('webhook-pipeline.json', () => {
		let photos: string[];
		let workflow: HostWorkflow;

		beforeAll(async () => {
			photos = await models();
			const example = loadExample('webhook-pipeline.json');
			const fields = { model_photos: JSON.stringify(photos) };
			workflow = await up().publish(withFields(example, 'Model Photos', fields));
		});

		it('answers with a picture for each model, the garment given by its address', async () => {
			const garment = await garmentUrl(up(), 0);
			const body = { sku: 'S-1', garment_photo: garment, category: 'tops' };
			const before = up().sandbox.fal.submits().length;
			const answer = await callWebhook(up().host, workflow, { body, headers: key() });
			expect(answer).toMatchObject({ status: 200, body: { sku: 'S-1', failed: [] } });
			await picturesOf(answer.body, photos);
			expect(up().sandbox.fal.submits()).toHaveLength(before + photos.length);
		});

		it('takes the garment as a file, and uploads it once', async () => {
			const { calls } = up().sandbox;
			const form = new FormData();
			form.set('sku', 'S-2');
			form.set(
				'garment',
				new Blob([new Uint8Array(await sampleGarment(2))], { type: 'image/png' }),
				'jacket.png',
			);
			const before = calls.length;
			const answer = await callWebhook(up().host, workflow, { body: form, headers: key() });
			expect(answer).toMatchObject({ status: 200, body: { sku: 'S-2', failed: [] } });
			await picturesOf(answer.body, photos);
			const uploads = calls.slice(before).filter(({ method }) => method === 'PUT');
			expect(uploads).toHaveLength(1);
		});

		it('says why there is no picture', async () => {
			const body = { sku: 'S-3', garment_photo: `${up().sandbox.media.url}/files/none.png` };
			const answer = await callWebhook(up().host, workflow, { body, headers: key() });
			expect(answer).toMatchObject({ status: 422, body: { sku: 'S-3', pictures: [] } });
			const failed = asList(asRecord(answer.body).failed).map(asRecord);
			expect(failed.map(({ model_photo: photo }) => photo)).toEqual(photos);
			for (const { reason } of failed) expect(reason).toMatch(/fal could not fetch the picture/);
		});

		it('buys again by itself for nobody when n8n was killed in the middle, but for who calls again', async () => {
			const { fal } = up().sandbox;
			const before = fal.submits().length;
			const { jobMs } = fal.options;
			fal.options.jobMs = LONG_MS;
			const body = { sku: 'S-5', garment_photo: await garmentUrl(up(), 1) };
			const send = async () =>
				await callWebhook(up().host, workflow, { body, headers: key() }).catch(() => undefined);
			const first = send();
			const bought = () => fal.submits().length - before;
			await until('the jobs', BOUGHT, async () => bought() === photos.length || undefined);
			await up().crash();
			fal.options.jobMs = jobMs;
			// The caller hears that it was cut off, and no more.
			expect(await first).toBeUndefined();
			for (const times of [2, 3]) {
				const answer = await until('the webhook', BOUGHT, async () => {
					const heard = await send();
					return heard && heard.status !== 404 ? heard : undefined;
				});
				expect(answer).toMatchObject({ status: 200, body: { sku: 'S-5', failed: [] } });
				await picturesOf(answer.body, photos);
				expect(bought()).toBe(times * photos.length);
			}
		});

		it('refuses a stranger before anything is bought', async () => {
			const before = up().sandbox.fal.submits().length;
			const body = { sku: 'S-4', garment_photo: await garmentUrl(up(), 0) };
			const answer = await callWebhook(up().host, workflow, { body });
			expect(answer.status).toBe(403);
			expect(up().sandbox.fal.submits()).toHaveLength(before);
		});
	});
}
