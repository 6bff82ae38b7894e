import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopbackUrl } from '../loopback';
import type { Route } from '../types';
import { failureText } from './errors';
import type { Job } from './job';
import type { FalOptions } from './options';
import { isPrivateUrl } from './private-address';

/** How long fal waits for the first answer. Source: fal.ai/docs, Webhooks. */
const TRY_MS = 15_000;

/** The account that signed webhooks name. */
const USER_ID = 'sandbox-user';

const MS_PER_SECOND = 1000;

/** One try to deliver a webhook. */
export interface WebhookTry {
	requestId: string;
	url: string;
	/** What the target answered; undefined when it could not be reached or is not on this machine. */
	status?: number;
	/** Why fal would not have called it; it was not tried then. */
	dropped?: 'not https' | 'private address';
}

/** The body of a webhook. Source: fal.ai/docs, Webhooks. */
function webhookBody(job: Job, payloadError: string | undefined): Record<string, unknown> {
	const ids = { request_id: job.submit.requestId, gateway_request_id: job.gatewayRequestId };
	const { status = 500, body } = job.end?.answer ?? {};
	const outcome =
		status === 200 ? { status: 'OK' } : { status: 'ERROR', error: failureText(status) };
	// It was seen beside an error as well as beside a success (fal-ai/fal-js#153).
	const payload =
		payloadError === undefined ? { payload: body } : { payload: null, payload_error: payloadError };
	return { ...ids, ...outcome, ...payload };
}

/** Why fal would not call an address. Source: fal.ai/docs, Webhooks. */
function whyDropped(url: string, { loopbackWebhooks }: FalOptions): WebhookTry['dropped'] {
	if (loopbackWebhooks && isLoopbackUrl(url)) return undefined;
	if (!url.startsWith('https://')) return 'not https';
	return isPrivateUrl(url) ? 'private address' : undefined;
}

/** Posts the results of jobs, signed as fal signs them, and publishes the key to check them. */
export class WebhookSender {
	/** Every try, in order. */
	readonly tries: WebhookTry[] = [];
	private keys = generateKeyPairSync('ed25519');
	private readonly closing = new AbortController();

	constructor(private readonly options: FalOptions) {}

	/** The public key, where fal publishes its own. */
	routes(): Route[] {
		const handle = () => {
			const { kty, crv, x } = this.keys.publicKey.export({ format: 'jwk' });
			return { status: 200, body: { keys: [{ kty, crv, x, kid: 'sandbox' }] } };
		};
		return [{ method: 'GET', path: /\/\.well-known\/jwks\.json/, handle }];
	}

	/** Signs with another key from now on, and publishes that. */
	changeKey(): void {
		this.keys = generateKeyPairSync('ed25519');
	}

	/**
	 * The headers of a webhook. Source: fal.ai/docs, Webhooks, "Verifying signatures".
	 * @param at when it is sent, in milliseconds since the epoch
	 */
	sign(requestId: string, body: string | Uint8Array, at = Date.now()): Record<string, string> {
		const timestamp = String(Math.floor(at / MS_PER_SECOND));
		const digest = createHash('sha256').update(body).digest('hex');
		const message = Buffer.from([requestId, USER_ID, timestamp, digest].join('\n'));
		return {
			'X-Fal-Webhook-Request-Id': requestId,
			'X-Fal-Webhook-User-Id': USER_ID,
			'X-Fal-Webhook-Timestamp': timestamp,
			'X-Fal-Webhook-Signature': sign(null, message, this.keys.privateKey).toString('hex'),
		};
	}

	/**
	 * Delivers the end of a job to the address it was submitted with, if any: tried again on anything
	 * but a 2xx, except a redirect, which fal takes for final. Resolves when it is delivered or given up.
	 */
	async deliver(job: Job): Promise<void> {
		const url = job.submit.webhookUrl;
		if (url === undefined) return;
		const { requestId } = job.submit;
		const dropped = whyDropped(url, this.options);
		if (dropped !== undefined) {
			this.tries.push({ requestId, url, dropped });
			return;
		}
		const body = JSON.stringify(webhookBody(job, this.options.webhookPayloadError));
		for (let attempt = 0; attempt < this.options.webhookTries; attempt += 1) {
			if (attempt > 0) await this.pause(this.options.webhookRetryMs * 2 ** (attempt - 1));
			if (this.closing.signal.aborted) return;
			const status = await this.post(url, requestId, body);
			this.tries.push({ requestId, url, status });
			const isFinal = status !== undefined && status >= 200 && status < 400;
			if (isFinal || !isLoopbackUrl(url)) return;
		}
	}

	/** Stops all deliveries. */
	close(): void {
		this.closing.abort();
	}

	private async pause(ms: number): Promise<void> {
		await sleep(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
	}

	private async post(url: string, requestId: string, body: string): Promise<number | undefined> {
		if (!isLoopbackUrl(url)) return undefined;
		try {
			const response = await fetch(url, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json', ...this.sign(requestId, body) },
				body,
				redirect: 'manual',
				signal: AbortSignal.any([this.closing.signal, AbortSignal.timeout(TRY_MS)]),
			});
			await response.body?.cancel();
			return response.status;
		} catch {
			return undefined;
		}
	}
}
