import { randomUUID } from 'node:crypto';

import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxAnswer, SandboxRequest } from '../../../sandbox/types';
import { escapedJson, type NewProduct, type ShopEvent, signatureOf, type Webshop } from './webshop';

/** Where the shop's Admin API is. */
export const SHOPIFY_HOST = 'stand-in.myshopify.com';

const API_VERSION = '2026-10';

/** As long as Shopify's own: more than a JavaScript number holds. */
const FIRST_ID = 788032119674292900n;

const GID = 'gid://shopify/Product/';

const records = (value: unknown): Array<Record<string, unknown>> =>
	Array.isArray(value) ? value.filter(isRecord) : [];

/**
 * A Shopify shop: its webhook `products/create` (shopify.dev, Webhooks, Delivery structure), and of
 * its GraphQL Admin API the mutation `productUpdate` with media.
 */
export class StandInShopify implements Webshop {
	readonly secret = 'shopify-webhook-secret';
	readonly token = 'shpat_stand-in';
	refusal?: string;
	private readonly products = new Map<string, NewProduct & { media: string[] }>();

	create(product: NewProduct): ShopEvent {
		const productId = `${GID}${FIRST_ID + BigInt(this.products.size)}`;
		this.products.set(productId, { ...product, media: [...(product.photos ?? [])] });
		return this.event('products/create', productId, product);
	}

	retag(productId: string, tags: readonly string[]): ShopEvent {
		const product = this.products.get(productId);
		if (!product) throw new Error(`The shop has no product ${productId}`);
		product.tags = tags;
		return this.event('products/update', productId, { ...product, photos: product.media });
	}

	private event(
		topic: string,
		productId: string,
		{ title, tags = [], photos = [] }: NewProduct,
	): ShopEvent {
		const now = new Date().toISOString();
		const images = photos.map((src, index) => ({
			id: 850703190 + index,
			alt: null,
			position: index + 1,
			product_id: 'PRODUCT_ID',
			...{ created_at: now, updated_at: now, width: 600, height: 800, src, variant_ids: [] },
			admin_graphql_api_id: `gid://shopify/ProductImage/${850703190 + index}`,
		}));
		const product = {
			admin_graphql_api_id: productId,
			body_html: null,
			created_at: now,
			handle: title.toLowerCase().replaceAll(' ', '-'),
			id: 'PRODUCT_ID',
			...{ product_type: 'Shirts', published_at: null, template_suffix: null, title },
			...{ updated_at: now, vendor: 'Stand-In', status: 'draft', published_scope: 'web' },
			tags: tags.join(', '),
			...{ variants: [], options: [], images, image: images[0] ?? null },
		};
		const body = escapedJson(product).replaceAll('"PRODUCT_ID"', productId.slice(GID.length));
		return { productId, headers: this.headers(topic, body, now), body };
	}

	picturesOf(productId: string): string[] {
		return [...(this.products.get(productId)?.media ?? [])];
	}

	routes(): Route[] {
		const path = new RegExp(`/admin/api/${API_VERSION}/graphql\\.json`);
		return [{ method: 'POST', path, handle: (request) => this.update(request) }];
	}

	private headers(topic: string, body: string, now: string): Record<string, string> {
		return {
			'Content-Type': 'application/json',
			'X-Shopify-Topic': topic,
			'X-Shopify-Hmac-Sha256': signatureOf(this.secret, body),
			'X-Shopify-Shop-Domain': SHOPIFY_HOST,
			'X-Shopify-API-Version': API_VERSION,
			'X-Shopify-Webhook-Id': randomUUID(),
			'X-Shopify-Event-Id': randomUUID(),
			'X-Shopify-Triggered-At': now,
			'User-Agent': 'Shopify-Captain-Hook',
		};
	}

	/** GraphQL says no with status 200, in two ways. */
	private update({ headers, body }: SandboxRequest): SandboxAnswer {
		if (headers['x-shopify-access-token'] !== this.token) {
			return { status: 401, body: { errors: '[API] Invalid API key or access token' } };
		}
		const call = parseJson(body.toString());
		const { query, variables } = isRecord(call) ? call : {};
		const { product, media } = isRecord(variables) ? variables : {};
		if (!String(query).includes('productUpdate(product: $product, media: $media)')) {
			return { status: 200, body: { errors: [{ message: 'Parse error' }] } };
		}
		const id = isRecord(product) ? String(product.id) : '';
		const refuse = (message: string) => ({
			status: 200,
			body: {
				data: { productUpdate: { product: null, userErrors: [{ field: ['id'], message }] } },
			},
		});
		const had = this.products.get(id)?.media;
		if (!had) return refuse('Product does not exist');
		if (this.refusal !== undefined) return refuse(this.refusal);
		const added = records(media).map(({ mediaContentType, originalSource }) =>
			mediaContentType === 'IMAGE' ? String(originalSource) : '',
		);
		if (added.length === 0 || added.includes('')) return refuse('Media is invalid');
		had.push(...added);
		return {
			status: 200,
			body: { data: { productUpdate: { product: { id }, userErrors: [] } } },
		};
	}
}
