import { createHmac } from 'node:crypto';

/** What a person enters as a new product. */
export interface NewProduct {
	title: string;
	tags?: readonly string[];
	/** Addresses of its pictures. */
	photos?: readonly string[];
}

/** An event as a shop sends it to a webhook. */
export interface ShopEvent {
	/** The product's id, as the shop's API takes it. */
	productId: string;
	headers: Record<string, string>;
	/** The bytes that are signed. */
	body: string;
}

/** What the two shops have in common for a test. */
export interface Webshop {
	/** Signs the webhooks. */
	readonly secret: string;
	/** Why the shop takes no pictures at the moment. */
	refusal?: string;
	/** Makes a product; the event is what the shop's webhook sends then. */
	create(product: NewProduct): ShopEvent;
	/** Gives a product other tags; the event is what the shop's webhook sends then. */
	retag(productId: string, tags: readonly string[]): ShopEvent;
	/** Addresses of all pictures that a product has now. */
	picturesOf(productId: string): string[];
}

/** The base64 HMAC-SHA256 of a body: how Shopify and WooCommerce sign alike. */
export function signatureOf(secret: string, body: string): string {
	return createHmac('sha256', secret).update(body).digest('base64');
}

/**
 * JSON as PHP's and Ruby's writers have it: slashes and what is not ASCII are escaped. Whoever signs
 * what JSON.stringify makes of it again gets another signature.
 */
export function escapedJson(value: unknown): string {
	const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
	return JSON.stringify(value)
		.replaceAll('/', '\\/')
		.replace(/[^\x20-\x7e]/g, escape);
}
