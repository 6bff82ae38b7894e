import type { Plugin } from 'esbuild';
import path from 'node:path';

const SOURCES = path.dirname(require.resolve('@fal-ai/client'));

const NAMESPACE = 'fal-client';

/**
 * Takes from @fal-ai/client what is needed and no more:
 * - not its index, which makes a client of its own as soon as it is loaded, for whatever key is in
 *   the environment of the host;
 * - not its realtime part, a WebSocket client with two libraries of its own.
 */
export const falClient: Plugin = {
	name: 'fal-client',
	setup(build) {
		build.onResolve({ filter: /^@fal-ai\/client$/ }, () => ({
			path: 'index',
			namespace: NAMESPACE,
		}));
		build.onLoad({ filter: /^index$/, namespace: NAMESPACE }, () => ({
			// An import of anything else fails the build, since this is an ECMAScript module.
			contents: "export { createFalClient } from './client.js';",
			resolveDir: SOURCES,
		}));
		build.onResolve({ filter: /^\.\/realtime$/ }, ({ importer }) =>
			path.dirname(importer) === SOURCES ? { path: 'realtime', namespace: NAMESPACE } : undefined,
		);
		build.onLoad({ filter: /^realtime$/, namespace: NAMESPACE }, () => ({
			contents: 'exports.createRealtimeClient = () => undefined;',
		}));
	},
};
