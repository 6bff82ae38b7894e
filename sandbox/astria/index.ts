import pLimit from 'p-limit';
import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { accountRoutes } from './account';
import { CLI_MODELS, PLUGIN_MODELS } from './catalog';
import { dated } from './clock';
import { NOT_FOUND, guard, route } from './door';
import { inspectRoutes } from './inspect';
import { settingsFrom } from './options';
import type { AstriaOptions, Settings } from './options';
import { samplePacks } from './pack-data';
import { packRoutes } from './packs';
import { promptRoutes } from './prompts';
import { Store } from './store';
import { themeRoutes } from './themes';
import { Timeline } from './timeline';
import { tuneRoutes } from './tunes';
import { storageRoutes, uploadRoutes } from './uploads';
import type { World } from './world';

export type {
	Account,
	AnswerShape,
	AstriaOptions,
	FailureSign,
	Settings,
	Workspace,
} from './options';
export type { Creation, Prompt, SentCallback, StoredFile, Tune } from './store';

/**
 * How many prompts are drawn at the same time. Drawing takes this process's time, and its threads
 * from whoever reads a file: a hundred prompts of a pack at once kept calls waiting for half a minute.
 */
const PROMPTS_AT_ONCE = 2;

/** What the stand-in needs from the sandbox around it. */
export interface Surroundings {
	/** Puts bytes on the public media host and returns their address, which has no extension. */
	publish(bytes: Buffer, contentType: string): string;
	/** Origin of the host that serves `storageRoutes`. */
	storageOrigin(): string;
}

/** The stand-in for Astria, to be put on listeners. */
export interface AstriaService {
	/** The addresses of api.astria.ai. */
	routes: Route[];
	/** The addresses that direct uploads are PUT to; for a host that refuses keys. */
	storageRoutes: Route[];
	/** Runs before the routes: Cloudflare, the version check and the key. */
	guard(request: SandboxRequest): SandboxAnswer | undefined;
	notFound: SandboxAnswer;
	/** What it was told to be; a test may change the account and the answer shapes at any time. */
	settings: Settings;
	/** Everything it knows, to be looked at. */
	store: Store;
	/**
	 * Lets a tune or prompt come to its end at once, callback included. A prompt whose tune is in
	 * training takes the tune along. What is stuck stays stuck.
	 */
	settle: (id: number) => Promise<void>;
	/** Whether a tune or prompt is on its way to its end. */
	isAtWork(): boolean;
	/** Cancels what was still to happen. */
	close(): Promise<void>;
}

function modelRoutes(world: World): Route[] {
	return [
		route(world, 'GET', '/cli/models', () => ({ status: 200, body: CLI_MODELS })),
		route(world, 'GET', '/plugin/models', () => ({ status: 200, body: PLUGIN_MODELS })),
	];
}

async function settle({ store, timeline }: World, id: number): Promise<void> {
	const host = store.tunes.get(store.prompts.get(id)?.tuneId ?? 0);
	if (host !== undefined && host.trainedAt === null) await timeline.settle(host.id);
	await timeline.settle(id);
}

/** Makes a stand-in for Astria. It does nothing until its routes are on a listener. */
export function astriaRoutes(
	surroundings: Surroundings,
	options: AstriaOptions = {},
): AstriaService {
	const closing = new AbortController();
	const world: World = {
		...surroundings,
		settings: settingsFrom(options),
		store: new Store(),
		timeline: new Timeline(),
		packs: samplePacks(),
		closing: closing.signal,
		studio: pLimit(PROMPTS_AT_ONCE),
	};
	return {
		routes: [
			...accountRoutes(world),
			...tuneRoutes(world),
			...promptRoutes(world),
			...packRoutes(world),
			...inspectRoutes(world),
			...themeRoutes(world),
			...modelRoutes(world),
			...uploadRoutes(world),
		],
		storageRoutes: storageRoutes(world),
		guard: guard(world),
		notFound: dated(world, NOT_FOUND),
		settings: world.settings,
		store: world.store,
		settle: (id) => settle(world, id),
		isAtWork: () => world.timeline.isAtWork,
		async close() {
			closing.abort();
			await world.timeline.close();
		},
	};
}
