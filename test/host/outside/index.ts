import path from 'node:path';

import { FaultBook } from '../../../sandbox/faults';
import { startOpenAi, type StandInOpenAi } from '../../../sandbox/openai/index';
import { type RunningServer, type ServerOptions, startServer } from '../../../sandbox/server';
import type { RecordedCall } from '../../../sandbox/types';
import { AIRTABLE_HOST, StandInAirtable } from './airtable';
import { StandInGmail } from './gmail';
import { GOOGLE_HOSTS, StandInGoogle } from './google';
import { StandInShop } from './shop';
import { SHOPIFY_HOST, StandInShopify } from './shopify';
import { SLACK_HOST, StandInSlack } from './slack';
import { StandInWooCommerce } from './woocommerce';

/** Who may fill in forms. */
export const VISITOR = { user: 'visitor', password: 'letmein' };

/** A credential as n8n takes it. */
export interface OutsideCredential {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** The accounts beside fal and Astria that the examples use. */
export interface Outside {
	google: StandInGoogle;
	gmail: StandInGmail;
	airtable: StandInAirtable;
	slack: StandInSlack;
	shop: StandInShop & { url: string };
	shopify: StandInShopify;
	woocommerce: StandInWooCommerce & { url: string };
	openai: StandInOpenAi;
	/** Every call to all of these but OpenAI, oldest first. */
	calls: RecordedCall[];
	/** What n8n is started with, so that its own nodes reach the stand-ins. */
	env: Record<string, string>;
	/** One for each account. */
	credentials: OutsideCredential[];
	close(): Promise<void>;
}

function preload(...files: string[]): string {
	return files.map((file) => `--require=${JSON.stringify(file)}`).join(' ');
}

/**
 * Starts stand-ins for Google, Slack, OpenAI and a shop on loopback. n8n's own nodes talk to them as
 * they talk to the real services: an example runs as it is, no node is replaced.
 */
export async function startOutside(): Promise<Outside> {
	const calls: RecordedCall[] = [];
	const running: RunningServer[] = [];
	const serve = async (options: Pick<ServerOptions, 'routes' | 'guard'>): Promise<string> => {
		const server = await startServer({
			service: 'outside',
			calls,
			faults: new FaultBook(),
			...options,
		});
		running.push(server);
		return server.url;
	};
	const google = new StandInGoogle();
	const gmail = new StandInGmail();
	const airtable = new StandInAirtable();
	const slack = new StandInSlack();
	const shop = new StandInShop();
	const shopify = new StandInShopify();
	const woocommerce = new StandInWooCommerce();
	const googleUrl = await serve({
		routes: [...google.routes(), ...gmail.routes()],
		guard: google.guard,
	});
	const airtableUrl = await serve({ routes: airtable.routes(), guard: airtable.guard });
	const slackUrl = await serve({ routes: slack.routes() });
	const shopUrl = await serve({ routes: shop.routes() });
	const shopifyUrl = await serve({ routes: shopify.routes() });
	const wooUrl = await serve({ routes: woocommerce.routes(), guard: woocommerce.guard });
	const openai = await startOpenAi();
	const reroute = {
		...Object.fromEntries(GOOGLE_HOSTS.map((host) => [host, googleUrl])),
		[AIRTABLE_HOST]: airtableUrl,
		[SLACK_HOST]: slackUrl,
		[SHOPIFY_HOST]: shopifyUrl,
	};
	return {
		google,
		gmail,
		airtable,
		slack,
		shop: Object.assign(shop, { url: shopUrl }),
		shopify,
		woocommerce: Object.assign(woocommerce, { url: wooUrl }),
		openai,
		calls,
		env: {
			REROUTE: JSON.stringify(reroute),
			NODE_OPTIONS: preload(
				path.join(__dirname, '..', 'loopback.cjs'),
				path.join(__dirname, 'reroute.cjs'),
			),
		},
		credentials: [
			...credentialsOf(google, slack, shop, openai),
			{
				name: 'Airtable account',
				type: 'airtableTokenApi',
				data: { accessToken: airtable.token },
			},
			...shopCredentials(shopify, woocommerce, wooUrl),
		],
		async close() {
			await openai.close();
			await Promise.all(running.map((server) => server.close()));
		},
	};
}

function credentialsOf(
	google: StandInGoogle,
	slack: StandInSlack,
	shop: StandInShop,
	openai: StandInOpenAi,
): OutsideCredential[] {
	const signedIn = {
		clientId: 'client',
		clientSecret: 'secret',
		oauthTokenData: { access_token: google.token, token_type: 'Bearer' },
	};
	return [
		{ name: 'Google Sheets account', type: 'googleSheetsOAuth2Api', data: signedIn },
		{ name: 'Google Drive account', type: 'googleDriveOAuth2Api', data: signedIn },
		{ name: 'Gmail account', type: 'gmailOAuth2', data: signedIn },
		{ name: 'Slack account', type: 'slackApi', data: { accessToken: slack.token } },
		{ name: 'Shop key', type: 'httpHeaderAuth', data: { ...shop.header } },
		{ name: 'Form log-in', type: 'httpBasicAuth', data: { ...VISITOR } },
		{ name: 'OpenAI account', type: 'openAiApi', data: { apiKey: openai.key, url: openai.url } },
	];
}

function shopCredentials(
	{ token, secret }: StandInShopify,
	{ consumerKey, consumerSecret }: StandInWooCommerce,
	wooUrl: string,
): OutsideCredential[] {
	const shopSubdomain = SHOPIFY_HOST.split('.')[0];
	// As Shopify's token answer: it names neither a type nor an end.
	const oauthTokenData = { access_token: token, scope: 'write_orders,write_products' };
	const app = { shopSubdomain, clientId: 'client', clientSecret: 'secret', oauthTokenData };
	const olderApp = { shopSubdomain, accessToken: token, appSecretKey: secret };
	const woocommerce = { consumerKey, consumerSecret, url: wooUrl };
	return [
		{ name: 'Shopify account', type: 'shopifyOAuth2Api', data: app },
		{ name: 'Shopify account', type: 'shopifyAccessTokenApi', data: olderApp },
		{ name: 'WooCommerce account', type: 'wooCommerceApi', data: woocommerce },
	];
}
