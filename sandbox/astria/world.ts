import type { Limit } from 'p-limit';
import type { Settings } from './options';
import type { Pack } from './pack-data';
import type { Store } from './store';
import type { Timeline } from './timeline';

/** What every part of the stand-in works on. */
export interface World {
	settings: Settings;
	store: Store;
	timeline: Timeline;
	packs: Pack[];
	/** Puts bytes on the public media host and returns their address, which has no extension. */
	publish(bytes: Buffer, contentType: string): string;
	/** Origin of that host, once it listens; direct uploads go there. */
	storageOrigin(): string;
	/** Aborts when the sandbox closes; outgoing calls end then. */
	closing: AbortSignal;
	/** Runs what draws pictures, a few at a time: all at once would keep the calls waiting. */
	studio: Limit;
}
