import type { MediaStore } from '../media';
import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { checkKey } from './access';
import { charge } from './billing';
import type { FalOptions, FalSubmit } from './options';
import { platformRoutes } from './platform';
import { FalQueue } from './queue';
import { queueRoutes } from './queue-routes';
import { makeRunner } from './runner';
import { FalStorage } from './storage';
import { WebhookSender } from './webhook';
import type { WebhookTry } from './webhook';

/** The stand-in fal: what its listeners serve, and what a test may look at. */
export interface FalService {
	/** For the API's listener. */
	routes: Route[];
	guard: (request: SandboxRequest) => SandboxAnswer | undefined;
	/** For the media listener. */
	uploadRoutes: Route[];
	/** Accepted submits, oldest first. */
	submits(): FalSubmit[];
	/** Tries to deliver webhooks, oldest first. */
	webhookTries(): WebhookTry[];
	/** Whether a job is on its way to its end. */
	isAtWork(): boolean;
	/** Signs webhooks as fal does. */
	signer: Pick<WebhookSender, 'sign' | 'changeKey'>;
	close(): void;
}

/**
 * Puts the stand-in fal together: queue, storage, webhooks and the platform API.
 * @param options read anew at each use, so they may be changed later
 */
export function createFal(
	options: FalOptions,
	media: MediaStore,
	mediaOrigin: () => string,
): FalService {
	const webhooks = new WebhookSender(options);
	const storage = new FalStorage(options, media, mediaOrigin);
	const queue = new FalQueue(options, {
		run: makeRunner({ options, media }),
		ended(job) {
			charge(job.submit, options);
			void webhooks.deliver(job);
		},
	});
	return {
		routes: [
			...webhooks.routes(),
			...storage.apiRoutes(),
			...platformRoutes(queue, options),
			...queueRoutes(queue, options),
		],
		guard: (request) => checkKey(request, options),
		uploadRoutes: storage.uploadRoutes(),
		submits: () => queue.submits,
		webhookTries: () => webhooks.tries,
		isAtWork: () => queue.isAtWork,
		signer: webhooks,
		close() {
			queue.close();
			webhooks.close();
		},
	};
}
