import { sampleGarment } from '../../../sandbox/pictures';
import { asList, asRecord } from '../guards';
import { until } from '../wait';
import { callWebhook } from '../webhook';
import type { HostWorkflow } from '../workflow';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, withFields } from './load';

const NOTICE = { limitMs: 20_000, everyMs: 50 };

/** Tests of webhook-pipeline.json and webhook-answer-first.json. */
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

		it('refuses a stranger before anything is bought', async () => {
			const before = up().sandbox.fal.submits().length;
			const body = { sku: 'S-4', garment_photo: await garmentUrl(up(), 0) };
			const answer = await callWebhook(up().host, workflow, { body });
			expect(answer.status).toBe(403);
			expect(up().sandbox.fal.submits()).toHaveLength(before);
		});
	});

	describe('webhook-answer-first.json', () => {
		it('answers before the pictures are made, and posts them to the shop', async () => {
			const { outside, sandbox, host } = up();
			const photos = await models();
			const example = withFields(loadExample('webhook-answer-first.json'), 'Model Photos', {
				model_photos: JSON.stringify(photos),
				results_url: `${outside.shop.url}/api/try-on-results`,
			});
			const workflow = await up().publish(example);
			const before = sandbox.fal.submits().length;
			const body = { sku: 'S-5', garment_photo: await garmentUrl(up(), 1) };
			const answer = await callWebhook(host, workflow, { body, headers: key() });
			const answeredAt = Date.now();
			expect(answer).toMatchObject({ status: 202, body: { accepted: true, sku: 'S-5' } });
			const { ticket } = asRecord(answer.body);

			const delivery = await until('the delivery', NOTICE, async () => outside.shop.deliveries[0]);
			expect(delivery).toMatchObject({
				path: '/api/try-on-results',
				body: { ticket, sku: 'S-5', failed: [] },
			});
			await picturesOf(delivery.body, photos);
			const submits = sandbox.fal.submits().slice(before);
			expect(submits).toHaveLength(photos.length);
			for (const { completedAt = 0 } of submits) expect(completedAt).toBeGreaterThan(answeredAt);
			expect((await up().rest.waitForExecution(String(ticket))).status).toBe('success');
			expect(outside.shop.deliveries).toHaveLength(1);
		});
	});
}
