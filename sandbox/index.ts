import { Activity } from './activity';
import { astriaControls } from './astria/controls';
import type { AstriaControls } from './astria/controls';
import { astriaRoutes } from './astria/index';
import type { AstriaOptions } from './astria/index';
import { FaultBook } from './faults';
import { FAL_DEFAULTS } from './fal/options';
import type { FalOptions, FalSubmit } from './fal/options';
import { createFal } from './fal/service';
import type { FalService } from './fal/service';
import type { WebhookTry } from './fal/webhook';
import { MediaStore, refuseKeys } from './media';
import type { MediaFile } from './media';
import { startServer } from './server';
import type { RunningServer } from './server';
import type { RecordedCall } from './types';

/** How a sandbox starts; everything has a default. */
export interface SandboxOptions {
	/** Port of fal; media and Astria take the next two. Default: any free ports. */
	port?: number;
	fal?: Partial<FalOptions>;
	astria?: AstriaOptions;
}

/** A running set of stand-in services on this machine. */
export interface Sandbox {
	fal: {
		/** One origin for queue (`queue.fal.run`), storage (`rest.fal.ai`) and platform (`api.fal.ai`). */
		url: string;
		/** The only valid key. */
		key: string;
		/** May be changed at any time. */
		options: FalOptions;
		/** Accepted submits, oldest first: what the real service would charge for. */
		submits(): FalSubmit[];
		/** Tries to deliver webhooks, oldest first. */
		webhookTries(): WebhookTry[];
		/** Signs webhooks as fal does. */
		signer: FalService['signer'];
	};
	astria: AstriaControls;
	media: {
		/** Origin of public files and pre-signed uploads. */
		url: string;
		/** Makes a file public and returns its URL, which has no file extension. */
		publish(bytes: Buffer, contentType: string): string;
		/** Every file so far, oldest first. */
		files(): MediaFile[];
	};
	/** Every call that any listener received, oldest first. */
	calls: RecordedCall[];
	/** Scripted faults of all listeners. */
	faults: FaultBook;
	/**
	 * Whether a call is being worked on, or a job is on its way to its end: time that must pass. What
	 * hangs, is stuck, or follows a job is not at work.
	 */
	isAtWork(): boolean;
	/** Ends every listener, connection, job and timer. */
	close(): Promise<void>;
}

/**
 * Starts the stand-in services, each on a listener of its own on 127.0.0.1.
 * @throws when a wanted port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const calls: RecordedCall[] = [];
	const faults = new FaultBook();
	const activity = new Activity();
	const running: RunningServer[] = [];
	const portAfter = (step: number) =>
		options.port === undefined ? undefined : options.port + step;

	let mediaUrl = '';
	const media = new MediaStore(() => mediaUrl);
	const falOptions = { ...FAL_DEFAULTS, ...options.fal };
	const fal = createFal(falOptions, media, () => mediaUrl);
	const astria = astriaRoutes(
		{
			publish: (bytes, contentType) => media.publish(bytes, contentType),
			storageOrigin: () => mediaUrl,
		},
		options.astria,
	);

	async function close(): Promise<void> {
		fal.close();
		await astria.close();
		await Promise.all(running.map((server) => server.close()));
	}

	async function listen(start: Promise<RunningServer>): Promise<string> {
		const server = await start;
		running.push(server);
		return server.url;
	}

	try {
		mediaUrl = await listen(
			startServer({
				service: 'media',
				routes: [...media.routes(), ...fal.uploadRoutes, ...astria.storageRoutes],
				guard: refuseKeys,
				port: portAfter(1),
				calls,
				faults,
				activity,
			}),
		);
		const falUrl = await listen(
			startServer({
				service: 'fal',
				routes: fal.routes,
				guard: fal.guard,
				port: portAfter(0),
				calls,
				faults,
				activity,
			}),
		);
		const astriaUrl = await listen(
			startServer({
				service: 'astria',
				routes: astria.routes,
				guard: astria.guard,
				notFound: astria.notFound,
				port: portAfter(2),
				calls,
				faults,
				activity,
			}),
		);
		return {
			fal: {
				url: falUrl,
				get key() {
					return falOptions.key;
				},
				options: falOptions,
				submits: fal.submits,
				webhookTries: fal.webhookTries,
				signer: fal.signer,
			},
			astria: astriaControls(astriaUrl, astria),
			media: {
				url: mediaUrl,
				publish: (bytes, contentType) => media.publish(bytes, contentType),
				files: () => media.files(),
			},
			calls,
			faults,
			isAtWork: () => activity.isAtWork || fal.isAtWork() || astria.isAtWork(),
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}
