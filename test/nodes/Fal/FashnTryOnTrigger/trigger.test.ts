import { FalApi } from '../../../../credentials/FalApi.credentials';
import { FashnTryOnTrigger } from '../../../../nodes/Fal/FashnTryOnTrigger/FashnTryOnTrigger.node';
import { readFile } from '../../../engine/engine';
import { jsonOf } from '../../../engine/items';
import { published } from '../../../engine/webhook';
import { generate } from '../FashnTryOn/bed';
import { type Bed, calledTimes, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.close();
});

test('a finished job starts the workflow with its pictures, as Generate hands them out', async () => {
	const trigger = await bed.publish();
	const requestId = await bed.submit(trigger, { num_samples: 2 });
	await calledTimes(trigger, 1);
	expect(trigger.starts).toHaveLength(1);
	const items = trigger.starts[0] ?? [];
	expect(items).toHaveLength(2);
	for (const [imageIndex, item] of items.entries()) {
		expect(item.json).toMatchObject({
			requestId,
			endpoint: 'fal-ai/fashn/tryon/v1.6',
			status: 'COMPLETED',
			imageIndex,
			imageCount: 2,
			imageUrl: expect.stringContaining(bed.sandbox.media.url),
			cost: 0.15,
			currency: 'USD',
			modelImage: bed.person,
			garmentImage: bed.garment,
		});
		expect((await readFile(item)).subarray(1, 4).toString()).toBe('PNG');
	}
	expect(trigger.calls.map(({ status }) => status)).toEqual([200]);
});

test('Download off and one item per row are kept', async () => {
	const trigger = await bed.publish({
		output: 'row',
		download: false,
		options: { outputField: 'photo' },
	});
	await bed.submit(trigger, { num_samples: 2 });
	await calledTimes(trigger, 1);
	const [item, ...others] = trigger.starts[0] ?? [];
	expect(others).toEqual([]);
	expect(item?.binary).toBeUndefined();
	expect(item?.json.imageUrls).toHaveLength(2);
});

test('a job of v1.5 is told with its own endpoint', async () => {
	const trigger = await bed.publish({ download: false });
	await bed.submit(trigger, {
		...generate(bed.person, bed.garment),
		endpoint: 'fal-ai/fashn/tryon/v1.5',
	});
	await calledTimes(trigger, 1);
	expect(jsonOf(trigger.starts[0])[0]?.endpoint).toBe('fal-ai/fashn/tryon/v1.5');
});

test('events that an expression names in other words are known, and others refused', async () => {
	const trigger = await bed.publish({ download: false, events: ' job finished ' });
	await bed.submit(trigger);
	await calledTimes(trigger, 1);
	expect(trigger.starts).toHaveLength(1);
	const lost = await bed.publish({ download: false, events: ['done'] });
	await bed.submit(lost);
	await calledTimes(lost, 1);
	expect(lost.starts).toEqual([]);
	expect(lost.log[0]).toMatch(/'?Events'? is "done"/);
});

test('a job of a custom endpoint is known once it is named', async () => {
	const endpointId = 'my-team/try-on';
	bed.sandbox.fal.options.otherEndpoints = { [endpointId]: { unitPrice: 0.5, unit: 'images' } };
	const images = [{ url: `${bed.sandbox.media.url}/files/made.png` }];
	bed.sandbox.fal.options.outcome = () => ({ kind: 'output', body: { images } });
	const trigger = await bed.publish({ download: false, options: { endpointId } });
	await bed.submit(trigger, { endpoint: 'custom', endpointId });
	await calledTimes(trigger, 1);
	const status = 'COMPLETED';
	expect(jsonOf(trigger.starts[0])).toEqual([
		expect.objectContaining({ endpoint: endpointId, status }),
	]);
});

test('a job of a custom endpoint that is not named is refused, and the log says how to name it', async () => {
	const endpointId = 'my-team/try-on';
	bed.sandbox.fal.options.otherEndpoints = { [endpointId]: { unitPrice: 0.5, unit: 'images' } };
	const images = [{ url: `${bed.sandbox.media.url}/files/made.png` }];
	bed.sandbox.fal.options.outcome = () => ({ kind: 'output', body: { images } });
	const trigger = await bed.publish({ download: false });
	const requestId = await bed.submit(trigger, { endpoint: 'custom', endpointId });
	await calledTimes(trigger, 1);
	expect(trigger.log[0]).toContain(`Job ${requestId}`);
	expect(trigger.log[0]).toContain("fill in 'Options → Other Endpoint ID' of the trigger");
	expect(trigger.starts).toEqual([]);
});

test('a failed job starts it with what the model said', async () => {
	const trigger = await bed.publish();
	const requestId = await bed.submit(trigger, {
		additionalFields: { additional_fields: '{"category":"hats"}' },
	});
	await calledTimes(trigger, 1);
	expect(jsonOf(trigger.starts[0])).toEqual([
		{
			requestId,
			endpoint: 'fal-ai/fashn/tryon/v1.6',
			status: 'FAILED',
			modelImage: bed.person,
			garmentImage: bed.garment,
			error: expect.stringContaining('category'),
			details: expect.objectContaining({ service: 'fal', requestId, charged: 'unknown' }),
		},
	]);
});

test.each([
	['failed', {}],
	['finished', { additionalFields: { additional_fields: '{"category":"hats"}' } }],
])('only %s jobs start it when only those are wanted', async (event, parameters) => {
	const trigger = await bed.publish({ events: [event] });
	await bed.submit(trigger, parameters);
	await calledTimes(trigger, 1);
	expect(trigger.starts).toEqual([]);
	expect(trigger.calls.map(({ status }) => status)).toEqual([200]);
});

test('without a payload the pictures are there all the same', async () => {
	bed.sandbox.fal.options.webhookPayloadError = 'Response payload is not JSON serializable';
	const trigger = await bed.publish({ download: false });
	const requestId = await bed.submit(trigger);
	await calledTimes(trigger, 1);
	expect(jsonOf(trigger.starts[0])).toEqual([expect.objectContaining({ requestId })]);
});

test('the editor gets what it listens for, as often as it listens', async () => {
	const listening = await bed.publish({ download: false }, { mode: 'manual' });
	const requestId = await bed.submit(listening);
	await calledTimes(listening, 1);
	const { headers, body } = listening.calls[0] ?? { headers: {}, body: '' };
	const signed = Object.entries(headers).filter(([name]) => name.startsWith('x-fal'));
	const again = { 'Content-Type': 'application/json', ...Object.fromEntries(signed) };
	await fetch(listening.url, { method: 'POST', headers: toTexts(again), body });
	expect(listening.starts.map((items) => items[0]?.json.requestId)).toEqual([requestId, requestId]);
	expect(listening.stored()).toEqual({});
});

describe('a browser that opens the address', () => {
	test('shows the editor the newest job of the account at once', async () => {
		const other = await bed.publish({ download: false });
		const ids = [await bed.submit(other), await bed.submit(other)];
		await calledTimes(other, 2);
		const failing = { additionalFields: { additional_fields: '{"category":"hats"}' } };
		const failed = await bed.submit(other, failing);
		await calledTimes(other, 3);
		const listening = await bed.publish(
			{ download: false, events: ['finished'] },
			{ mode: 'manual' },
		);
		expect((await fetch(listening.url)).status).toBe(200);
		expect(jsonOf(listening.starts[0])).toMatchObject([
			{ requestId: expect.anything(), status: 'COMPLETED', imageUrl: expect.any(String) },
		]);
		expect(ids).toContain(listening.starts[0]?.[0]?.json.requestId);
		const ofFailures = await bed.publish({ events: ['failed'] }, { mode: 'manual' });
		await fetch(ofFailures.url);
		expect(jsonOf(ofFailures.starts[0])).toMatchObject([{ requestId: failed, status: 'FAILED' }]);
	});

	test('shows a sample, which says that it is one, where there is no job', async () => {
		const listening = await bed.publish({}, { mode: 'manual' });
		await fetch(listening.url);
		expect(jsonOf(listening.starts[0])).toEqual([
			expect.objectContaining({ sample: true, status: 'COMPLETED' }),
		]);
	});

	test('starts nothing while nobody listens', async () => {
		const live = await bed.publish({ download: false });
		expect((await fetch(live.url)).status).toBe(405);
		expect(live.starts).toEqual([]);
		expect(bed.sandbox.calls).toEqual([]);
	});

	test('says what is wrong, without the key', async () => {
		const listening = await bed.publish({}, { mode: 'manual' });
		bed.sandbox.fal.options.key = 'another:key';
		const answer = await fetch(listening.url);
		expect(answer.status).toBe(503);
		const told = await answer.text();
		expect(told).toMatch(/does not accept the key/);
		expect(told).not.toContain('sandbox-secret');
		expect(listening.starts).toEqual([]);
	});
});

describe('n8n publishes the trigger', () => {
	const setup = (baseUrl?: string) => ({
		nodeType: new FashnTryOnTrigger(),
		credential: {
			type: 'falApi',
			credentialType: new FalApi(),
			data: { apiKey: 'a:b', ...(baseUrl !== undefined && { baseUrl }) },
		},
		workflowId: 'published',
	});

	test.each(['http://localhost:5678', 'https://n8n.local', 'http://n8n.example.com'])(
		'at %s: its log says that fal cannot call it, and what to set',
		async (origin) => {
			expect(await published(setup(), origin)).toEqual([
				expect.stringMatching(
					/^The address of 'Trigger', http.*\/webhook\/b2f6\/webhook, .* WEBHOOK_URL /,
				),
			]);
		},
	);

	test('at a public address: nothing is said', async () => {
		expect(await published(setup(), 'https://n8n.example.com')).toEqual([]);
	});

	test('beside a stand-in on the same machine, or in the editor: nothing is said', async () => {
		const here = 'http://localhost:5678';
		expect(await published(setup(bed.sandbox.fal.url), here)).toEqual([]);
		expect(await published(setup(), here, 'manual')).toEqual([]);
	});
});

function toTexts(headers: Record<string, unknown>): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
