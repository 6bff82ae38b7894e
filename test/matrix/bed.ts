import type { INodeType } from 'n8n-workflow';
import sharp from 'sharp';

import { AstriaApi } from '../../credentials/AstriaApi.credentials';
import { FalApi } from '../../credentials/FalApi.credentials';
import { FaultBook } from '../../sandbox/faults';
import { type Sandbox, startSandbox } from '../../sandbox/index';
import { type RunningServer, startServer } from '../../sandbox/server';
import type { TestCredential } from '../engine/credentials';
import { type JumpingClock, jumpOverWaits } from './clock';
import { keepLog, type LogBook } from './log';
import { type Refusals, refuseConnections } from './refuse';

/** All that cells share: the stand-in services, another host, a clock that jumps, n8n's log. */
export interface MatrixBed {
	sandbox: Sandbox;
	/** A host that is none of the services'; what it is asked is among the sandbox's calls. */
	outside: string;
	clock: JumpingClock;
	log: LogBook;
	refusals: Refusals;
	/** A picture's bytes, and its address on the media host. */
	picture: Buffer;
	address: string;
	/** A number that no row had before. */
	nextNumber(): number;
	/** Forgets what was called, logged and scripted, so that the next cell begins anew. */
	clean(): void;
	close(): Promise<void>;
}

/** Services, and their keys without what is no secret. */
export const SERVICES = ['fal', 'astria'] as const;
export type Service = (typeof SERVICES)[number];

/** Pixels: so small that no picture takes any time. */
const SIZE = { width: 24, height: 32 };

/** Jobs end with the next turn of the machine's timers. */
const AT_ONCE = { jobMs: 0, pickUpMs: 0, historyDelayMs: 0, pictureSize: SIZE };

/** Starts the services and takes the clock and the log of this process. */
export async function openBed(): Promise<MatrixBed> {
	const sandbox = await startSandbox({
		fal: AT_ONCE,
		astria: {
			generationMs: 0,
			pictureScale: 0.05,
			trainingMs: 0,
			account: { usd_balance_mc: Number.MAX_SAFE_INTEGER },
		},
	});
	const outside: RunningServer = await startServer({
		service: 'outside',
		routes: [],
		calls: sandbox.calls,
		faults: new FaultBook(),
	});
	const picture = await sharp({ create: { ...SIZE, channels: 3, background: '#a08060' } })
		.png()
		.toBuffer();
	const address = sandbox.media.publish(picture, 'image/png');
	// The stand-in's own drawing would take most of a cell's time.
	sandbox.fal.options.outcome = () => ({ kind: 'output', body: { images: [{ url: address }] } });
	const clock = jumpOverWaits(() => sandbox.isAtWork());
	const log = keepLog();
	const refusals = refuseConnections();
	let numbers = 0;
	return {
		sandbox,
		outside: outside.url,
		clock,
		log,
		refusals,
		picture,
		address,
		nextNumber: () => (numbers += 1),
		clean() {
			sandbox.calls.splice(0);
			sandbox.faults.clear();
			refusals.clear();
			log.lines.splice(0);
			clock.reset();
		},
		async close() {
			refusals.restore();
			log.restore();
			clock.restore();
			await outside.close();
			await sandbox.close();
		},
	};
}

/** The credential of a service's nodes. */
export function credentialOf({ sandbox }: MatrixBed, service: Service): TestCredential {
	const { key: apiKey, url: baseUrl } = sandbox[service];
	return service === 'fal'
		? { type: 'falApi', credentialType: new FalApi(), data: { apiKey, baseUrl } }
		: { type: 'astriaApi', credentialType: new AstriaApi(), data: { apiKey, baseUrl } };
}

/** What may be nowhere but in calls of the service's own: the secret part of its key. */
export function secretOf({ sandbox }: MatrixBed, service: Service): string {
	return sandbox[service].key.split(':').at(-1) ?? '';
}

/** A class of nodes. */
export type NodeClass = new () => INodeType;
