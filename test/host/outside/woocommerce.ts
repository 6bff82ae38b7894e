import { randomBytes } from 'node:crypto';

import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxAnswer, SandboxRequest } from '../../../sandbox/types';
import { escapedJson, type NewProduct, type ShopEvent, signatureOf, type Webshop } from './webshop';

interface Picture {
	id: number;
	src: string;
}

function refusal(status: number, code: string, message: string): SandboxAnswer {
	return { status, body: { code, message, data: { status } } };
}

const NO_PRODUCT = refusal(404, 'woocommerce_rest_product_invalid_id', 'Invalid ID.');

/**
 * A WooCommerce shop: its webhook `product.created` and the ping that a new webhook sends, and of its
 * REST API v3 to read and change a product (developer.woocommerce.com, Webhooks and Products).
 */
export class StandInWooCommerce implements Webshop {
	readonly secret = 'woocommerce-webhook-secret';
	readonly consumerKey = 'ck_stand-in';
	readonly consumerSecret = 'cs_stand-in';
	refusal?: string;
	private readonly products = new Map<string, NewProduct & { images: Picture[] }>();
	private lastPicture = 100;

	create(product: NewProduct): ShopEvent {
		const id = String(794 + this.products.size);
		const images = (product.photos ?? []).map((src) => this.keep(src));
		this.products.set(id, { ...product, images });
		return this.event('created', id);
	}

	retag(productId: string, tags: readonly string[]): ShopEvent {
		const product = this.products.get(productId);
		if (product) product.tags = tags;
		return this.event('updated', productId);
	}

	private event(event: string, productId: string): ShopEvent {
		const product = this.products.get(productId);
		if (!product) throw new Error(`The shop has no product ${productId}`);
		const { title, tags = [], images } = product;
		const id = Number(productId);
		const body = escapedJson({
			...{ id, name: title, slug: title.toLowerCase().replaceAll(' ', '-'), type: 'simple' },
			...{ status: 'publish', description: '', sku: `W-${id}`, price: '19.90' },
			categories: [{ id: 9, name: 'Clothing', slug: 'clothing' }],
			tags: tags.map((name, index) => ({ id: 30 + index, name, slug: name })),
			images: images.map((image) => ({ ...image, name: '', alt: '' })),
		});
		const headers = {
			'Content-Type': 'application/json',
			'X-WC-Webhook-Source': 'https://shop.example.com/',
			'X-WC-Webhook-Topic': `product.${event}`,
			'X-WC-Webhook-Resource': 'product',
			'X-WC-Webhook-Event': event,
			'X-WC-Webhook-Signature': signatureOf(this.secret, body),
			'X-WC-Webhook-ID': '1',
			'X-WC-Webhook-Delivery-ID': randomBytes(16).toString('hex'),
			'User-Agent': 'WooCommerce/10.3.0 Hookshot (WordPress/6.8)',
		};
		return { productId, headers, body };
	}

	/** What a webhook sends when it is saved; WooCommerce wants 200, and does not sign it. */
	ping(): Pick<ShopEvent, 'headers' | 'body'> {
		const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
		return { headers, body: 'webhook_id=1' };
	}

	picturesOf(productId: string): string[] {
		return (this.products.get(productId)?.images ?? []).map(({ src }) => src);
	}

	guard = ({ headers }: SandboxRequest): SandboxAnswer | undefined => {
		const key = Buffer.from(`${this.consumerKey}:${this.consumerSecret}`).toString('base64');
		if (headers.authorization === `Basic ${key}`) return undefined;
		return refusal(401, 'woocommerce_rest_cannot_view', 'Sorry, you cannot view this resource.');
	};

	routes(): Route[] {
		const path = /\/wp-json\/wc\/v3\/products\/(?<id>\d+)/;
		return [
			{ method: 'GET', path, handle: (_, { id = '' }) => this.show(id) },
			{ method: 'PUT', path, handle: (request, { id = '' }) => this.change(id, request) },
		];
	}

	private keep(src: string): Picture {
		this.lastPicture += 1;
		return { id: this.lastPicture, src };
	}

	private show(id: string): SandboxAnswer {
		const images = this.products.get(id)?.images;
		return images ? { status: 200, body: { id: Number(id), images } } : NO_PRODUCT;
	}

	/** The list of pictures that is sent takes the place of the one that was there. */
	private change(id: string, request: SandboxRequest): SandboxAnswer {
		const product = this.products.get(id);
		if (!product) return NO_PRODUCT;
		if (this.refusal !== undefined) {
			return refusal(400, 'woocommerce_product_image_upload_error', this.refusal);
		}
		const had = product.images;
		const body = parseJson(request.body.toString());
		const images = isRecord(body) && Array.isArray(body.images) ? body.images : [];
		product.images = images.filter(isRecord).flatMap((image) => {
			if (typeof image.src === 'string') return [this.keep(image.src)];
			return had.filter((old) => old.id === image.id);
		});
		return this.show(id);
	}
}
