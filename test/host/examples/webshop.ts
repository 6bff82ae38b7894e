import { setTimeout as delay } from 'node:timers/promises';

import { outputItems } from '../execution';
import type { Outside } from '../outside/index';
import { type ShopEvent, signatureOf, type Webshop } from '../outside/webshop';
import { LOOKED_THROUGH_MS } from '../n8n';
import { call } from '../session';
import { until } from '../wait';
import { callWebhook } from '../webhook';
import type { HostWorkflow, WorkflowJson } from '../workflow';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { BROWSER } from './form';
import { loadExample, nodesOf, withCredentialType, withFields, withParameters } from './load';

const NOTICE = { limitMs: 40_000, everyMs: 50 };
/** n8n looks through what a crash has left once it is up. */
const RESTARTED = { limitMs: 90_000, everyMs: 100 };
/** Of a job that is not finished when n8n is killed. */
const LONG_MS = 20_000;
/** What the stand-in fal asks for a picture, as fal does. */
const PICTURE_USD = 0.075;
const SIGNED = { limitMs: 10_000, everyMs: 50 };

interface Shop {
	file: string;
	signature: string;
	of(outside: Outside): Webshop;
	/** Where the shop's API is; Shopify's has an address of its own. */
	address(outside: Outside): string;
	steps: readonly string[];
}

const SHOPIFY: Shop = {
	file: 'shopify-new-product.json',
	signature: 'X-Shopify-Hmac-Sha256',
	of: ({ shopify }) => shopify,
	address: () => 'https://stand-in.myshopify.com',
	steps: ['Add to the Product'],
};

const SHOPS: readonly Shop[] = [
	SHOPIFY,
	{
		file: 'woocommerce-new-product.json',
		signature: 'X-WC-Webhook-Signature',
		of: ({ woocommerce }) => woocommerce,
		address: ({ woocommerce }) => woocommerce.url,
		steps: ['Read the Product', 'Add to the Product'],
	},
];

function parametersOf(workflow: WorkflowJson, name: string): Record<string, unknown> {
	return nodesOf(workflow).find((node) => node.name === name)?.parameters ?? {};
}

/** Tests of shopify-new-product.json and woocommerce-new-product.json. */
export function webshopTests(up: () => Bed): void {
	/** The example with the shop's address and a pool of two models. */
	async function filledIn({ file, address, steps }: Shop): Promise<WorkflowJson> {
		const photos = [await personUrl(up(), 0), await personUrl(up(), 1)];
		const example = withFields(loadExample(file), 'Model Pool', {
			model_photos: JSON.stringify(photos),
		});
		return steps.reduce((workflow, step) => {
			const { url } = parametersOf(workflow, step);
			const own = String(url).replace(/https:\/\/YOUR-SHOP[^/]*/, address(up().outside));
			return withParameters(workflow, step, { url: own });
		}, example);
	}

	describe.each(SHOPS)('$file', (entry) => {
		let shop: Webshop;
		let workflow: HostWorkflow;
		let garment: string;

		const bought = () => up().sandbox.fal.submits().length;

		const send = async ({ headers, body }: Pick<ShopEvent, 'headers' | 'body'>) =>
			await callWebhook(up().host, workflow, { headers, body });

		/** Sends an event, and waits until its execution has come to an end or to the approval. */
		async function deliver(event: ShopEvent) {
			const { rest } = up();
			const [before] = await rest.executionIds(workflow);
			const answer = await send(event);
			const id = await until('the execution', SIGNED, async () => {
				const [newest] = await rest.executionIds(workflow);
				return newest === before ? undefined : newest;
			});
			return { answer, id };
		}

		beforeAll(async () => {
			shop = entry.of(up().outside);
			garment = await garmentUrl(up(), 0);
			const example = withParameters(await filledIn(entry), 'Signature', { secret: shop.secret });
			workflow = await up().publish(example);
		});

		/** Dresses a new product, and gives what Slack was asked. */
		async function offer(event: ShopEvent) {
			const { slack } = up().outside;
			const told = slack.messages.length;
			const { answer, id } = await deliver(event);
			expect(answer.status).toBe(200);
			// After a crash n8n may tell of what it has cut off at any time.
			const message = await until('Slack', NOTICE, async () =>
				slack.messages.slice(told).find(({ text }) => !text.includes('was cut off at')),
			);
			return { message, id, addresses: message.text.match(/https?:\S+\.png/g) ?? [] };
		}

		const newProduct = (title: string) =>
			shop.create({ title, tags: ['summer', 'try-on'], photos: [garment] });

		if (entry.file === 'woocommerce-new-product.json') {
			it('answers the ping of a new webhook, and buys nothing', async () => {
				const before = bought();
				expect((await send(up().outside.woocommerce.ping())).status).toBe(200);
				expect(bought()).toBe(before);
			});
		}

		it.each(['Café Shirt', 'Shirt & Co'])(
			'adds the pictures of %s that were approved',
			async (title) => {
				const event = newProduct(title);
				const before = bought();
				const { message, id, addresses } = await offer(event);
				expect(message.channel).toBe('#products');
				expect(message.text).toContain(`*${title}*`);
				expect(addresses).toHaveLength(2);
				for (const address of addresses) expect(await pictureFormat(address)).toBe('png');
				expect(bought()).toBe(before + 2);
				await up().rest.waitForExecution(id, { status: 'waiting' });
				expect(shop.picturesOf(event.productId)).toEqual([garment]);

				await call(message.buttons['Put into the shop'] ?? '', { headers: BROWSER });
				expect((await up().rest.waitForExecution(id)).status).toBe('success');
				expect(shop.picturesOf(event.productId)).toEqual([garment, ...addresses]);
			},
		);

		it('counts the cost of a job once, however many pictures it has', async () => {
			const { slack } = up().outside;
			const path = `${workflow.webhooks[0]?.path}-samples`;
			const example = withParameters(await filledIn(entry), 'Signature', { secret: shop.secret });
			const samples = withParameters(example, 'FASHN Try-On', { num_samples: 2 });
			const twice = await up().publish(withParameters(samples, 'New Product', { path }));
			const told = slack.messages.length;
			const { headers, body } = newProduct('In Four Pictures');
			expect((await callWebhook(up().host, twice, { headers, body })).status).toBe(200);
			const { text } = await until('Slack', NOTICE, async () =>
				slack.messages.slice(told).find((message) => message.text.includes('*In Four Pictures*')),
			);
			expect(text.match(/https?:\S+\.png/g)).toHaveLength(4);
			expect(text).toContain(`Cost: ${(4 * PICTURE_USD).toFixed(3)} USD`);
			await up().rest.deactivate(twice);
		});

		it('buys once when the same event comes again, and answers each time', async () => {
			const event = newProduct('Sent Thrice');
			const before = bought();
			const { message, id } = await offer(event);
			for (const again of [event, event]) {
				const { answer, id: execution } = await deliver(again);
				expect(answer.status).toBe(200);
				expect((await up().rest.waitForExecution(execution)).status).toBe('success');
			}
			expect(bought()).toBe(before + 2);
			await up().rest.waitForExecution(id, { status: 'waiting' });
			await call(message.buttons['Leave out'] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(shop.picturesOf(event.productId)).toEqual([garment]);

			const other = await offer(shop.retag(event.productId, ['try-on-2']));
			expect(bought()).toBe(before + 4);
			expect(other.addresses).toHaveLength(2);
		});

		it('dresses a product again that gets another tag, whatever tags it has besides', async () => {
			const event = newProduct('Tagged Again');
			const before = bought();
			await offer(event);
			expect(bought()).toBe(before + 2);
			for (const [tags, pictures] of [
				[['summer', 'try-on', 'try-on-2'], 4],
				[['Try-On-2', 'TRY-ON', 'summer', 'Try-On 3'], 6],
			] as const) {
				const { addresses } = await offer(shop.retag(event.productId, tags));
				expect(addresses).toHaveLength(2);
				expect(bought()).toBe(before + pictures);
			}
			const last = await deliver(shop.retag(event.productId, ['try-on', 'TRY-ON-2', 'try-on 3']));
			expect((await up().rest.waitForExecution(last.id)).status).toBe('success');
			expect(bought()).toBe(before + 6);

			const tags = ['try-on', 'try-on-2'];
			const { addresses } = await offer(
				shop.create({ title: 'Two Tags', tags, photos: [garment] }),
			);
			expect(addresses).toHaveLength(4);
			expect(bought()).toBe(before + 10);
		});

		it('answers before the pictures are made', async () => {
			const before = bought();
			const { answer } = await deliver(newProduct('In a Hurry'));
			const answeredAt = Date.now();
			expect(answer.status).toBe(200);
			await until('two jobs', NOTICE, async () => bought() === before + 2 || undefined);
			const ended = await until('their end', NOTICE, async () => {
				const times = up()
					.sandbox.fal.submits()
					.slice(before)
					.map(({ completedAt }) => completedAt);
				return times.includes(undefined) ? undefined : times;
			});
			for (const at of ended) expect(at).toBeGreaterThan(answeredAt);
		});

		it('buys nothing for who has not the signature of the shop', async () => {
			const before = bought();
			const { headers, body } = newProduct('Forged');
			const { [entry.signature]: signature = '', ...bare } = headers;
			const wrong = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
			const forged = [
				{ headers, body: body.replace('Forged', 'Farged') },
				{ headers, body: JSON.stringify(JSON.parse(body)) },
				{ headers: { ...bare, [entry.signature]: wrong }, body },
				{ headers: { ...bare, [entry.signature]: '' }, body },
				{ headers: bare, body },
			];
			for (const event of forged) expect((await send(event)).status).toBe(401);
			expect(bought()).toBe(before);
		});

		it('lets nobody in while it has no secret', async () => {
			const example = await filledIn(entry);
			const path = `${workflow.webhooks[0]?.path}-unset`;
			const unset = await up().publish(withParameters(example, 'New Product', { path }));
			const before = bought();
			const { secret } = parametersOf(example, 'Signature');
			const { headers, body } = newProduct('Too Early');
			const signed = { ...headers, [entry.signature]: signatureOf(String(secret), body) };
			const answer = await callWebhook(up().host, unset, { headers: signed, body });
			expect(answer.status).toBe(401);
			expect(bought()).toBe(before);
			await up().rest.deactivate(unset);
		});

		it('dresses only what has the tag and a picture', async () => {
			const before = bought();
			const products = [
				{ title: 'A Mug', tags: ['kitchen'], photos: [garment] },
				{ title: 'Not Photographed', tags: ['try-on'] },
			];
			for (const product of products) {
				const { answer, id } = await deliver(shop.create(product));
				expect(answer.status).toBe(200);
				expect((await up().rest.waitForExecution(id)).status).toBe('success');
			}
			expect(bought()).toBe(before);
		});

		it('says what the shop did not take', async () => {
			const { slack } = up().outside;
			const { message, id, addresses } = await offer(newProduct('Refused'));
			await up().rest.waitForExecution(id, { status: 'waiting' });
			shop.refusal = 'There is no room for more pictures';
			await call(message.buttons['Put into the shop'] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			shop.refusal = undefined;
			const { text } = slack.messages.at(-1) ?? { text: '' };
			expect(text).toContain('did not take the pictures of *Refused*');
			expect(text).toContain('There is no room for more pictures');
			for (const address of addresses) expect(text).toContain(address);
		});

		it('says what to do when n8n was killed in the middle, and dresses nothing twice by itself', async () => {
			const { fal } = up().sandbox;
			const { slack } = up().outside;
			const [before, told] = [bought(), slack.messages.length];
			const { jobMs } = fal.options;
			fal.options.jobMs = LONG_MS;
			const event = newProduct('Cut Off');
			expect((await send(event)).status).toBe(200);
			await until('two jobs', NOTICE, async () => bought() === before + 2 || undefined);
			await up().crash();
			fal.options.jobMs = jobMs;
			// After each crash n8n tells again of what earlier ones have cut off.
			const ofThis = `${up().host.url}/workflow/${workflow.id}/executions/`;
			const message = await until('Slack', RESTARTED, async () =>
				slack.messages.slice(told).find(({ text }) => text.includes(ofThis)),
			);
			expect(message.channel).toBe('#products');
			expect(message.text).toContain('was cut off at *FASHN Try-On*');
			expect(message.text).toContain('another tag that begins with try-on');
			const cutOff = /\/executions\/(\d+)/.exec(message.text)?.[1] ?? '';
			const [product] = outputItems(await up().rest.execution(cutOff), 'Product');
			expect(product?.json).toMatchObject({ title: 'Cut Off' });

			const again = await deliver(event);
			expect(again.answer.status).toBe(200);
			expect((await up().rest.waitForExecution(again.id)).status).toBe('success');
			expect(bought()).toBe(before + 2);

			// What the message says: look at fal.ai, and change the tag.
			const {
				message: offered,
				id,
				addresses,
			} = await offer(shop.retag(event.productId, ['try-on-2']));
			expect(addresses).toHaveLength(2);
			await up().rest.waitForExecution(id, { status: 'waiting' });
			await call(offered.buttons['Put into the shop'] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(shop.picturesOf(event.productId)).toEqual([garment, ...addresses]);
			expect(bought()).toBe(before + 4);
		});

		it('goes on when n8n was killed while it waited for the approval', async () => {
			const event = newProduct('Approved Later');
			const before = bought();
			const { message, id, addresses } = await offer(event);
			await up().rest.waitForExecution(id, { status: 'waiting' });
			await up().crash();
			await delay(LOOKED_THROUGH_MS);
			await call(message.buttons['Put into the shop'] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(shop.picturesOf(event.productId)).toEqual([garment, ...addresses]);
			expect(bought()).toBe(before + 2);
		});

		it('says why there is no picture', async () => {
			const { slack } = up().outside;
			const photos = [`${up().sandbox.media.url}/files/none.png`];
			const { message, id } = await offer(shop.create({ title: 'Lost', tags: ['try-on'], photos }));
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(message.text).toContain('There is no picture of *Lost*');
			expect(message.text).toContain('fal could not fetch the picture');
			expect(slack.messages.at(-1)).toBe(message);
		});
	});

	it('adds the pictures with the access token of an older app of Shopify', async () => {
		const { shopify, slack } = up().outside;
		const told = slack.messages.length;
		const garment = await garmentUrl(up(), 0);
		const example = withParameters(await filledIn(SHOPIFY), 'Signature', {
			secret: shopify.secret,
		});
		const older = withCredentialType(example, 'Add to the Product', 'shopifyAccessTokenApi');
		const path = 'shopify-older-app';
		const workflow = await up().publish(withParameters(older, 'New Product', { path }));
		const { productId, ...event } = shopify.create({
			title: 'By an Older App',
			tags: ['try-on'],
			photos: [garment],
		});
		expect((await callWebhook(up().host, workflow, event)).status).toBe(200);
		const { text, buttons } = await until('Slack', NOTICE, async () =>
			slack.messages.slice(told).find((message) => message.text.includes('*By an Older App*')),
		);
		const [id = ''] = await up().rest.executionIds(workflow);
		await up().rest.waitForExecution(id, { status: 'waiting' });
		await call(buttons['Put into the shop'] ?? '', { headers: BROWSER });
		expect((await up().rest.waitForExecution(id)).status).toBe('success');
		const addresses = text.match(/https?:\S+\.png/g) ?? [];
		expect(addresses).toHaveLength(2);
		expect(shopify.picturesOf(productId)).toEqual([garment, ...addresses]);
		await up().rest.deactivate(workflow);
	});
}
