import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { startGuarded, type GuardedProcess } from './guarded';
import type { HostInstall, HostVersion } from './install';
import { putPackage } from './packages';
import { freePorts } from './ports';
import { within } from './wait';

export interface N8nOptions {
	install: HostInstall;
	/** Paths of packed community packages. */
	packages: readonly string[];
	/** n8n's database, key and packages; made when absent, kept when n8n stops. */
	userFolder: string;
	/** Default: a free one. */
	port?: number;
	/** Whether it may connect to this machine only; default true. */
	loopbackOnly?: boolean;
	/** Set: it is a worker of queue mode, with so many executions at once. */
	worker?: { concurrency: number };
	/** Scripts that are loaded into it before anything else. */
	preload?: readonly string[];
	/** Further environment, or another value for what is set here. */
	env?: Record<string, string>;
}

/** A running n8n. */
export interface N8nHost {
	version: HostVersion;
	/** `http://127.0.0.1:<port>`, no slash at the end. */
	url: string;
	port: number;
	userFolder: string;
	/** Id of the group that its processes are in. */
	group: number;
	/** What it has written so far. */
	log(): string;
	/** What it tried to connect to beyond this machine, as `host:port`. */
	refused(): string[];
	/** Ends it and everything it started. */
	stop(): Promise<void>;
	/** Ends it at once, as a crash does: it writes nothing down. */
	kill(): Promise<void>;
}

/** A first boot with all migrations takes about 10 s on an idle machine with two cores. */
const BOOT_LIMIT_MS = 180_000;
const ASK_EVERY_MS = 250;

/**
 * In which n8n, once it is up, has looked through what a crash has left (its MessageEventBus). What
 * goes on before that counts as cut off too, since it runs.
 */
export const LOOKED_THROUGH_MS = 4_000;

const ASK_LIMIT_MS = 5_000;
/** A free port may be taken by someone else before n8n gets to it. */
const PORT_TRIES = 3;
const LOG_TAIL = 40;
/** A line of loopback.cjs. */
const REFUSED = /^Refused to connect to (.+)$/;

/** All that n8n would fetch or report by itself, off. */
const QUIET = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
};

const OF_VERSION: Record<HostVersion, Record<string, string>> = {
	// This module fetches n8n's list of MCP servers at every boot; 1.x does not know the name.
	'2.41.1': { N8N_DISABLED_MODULES: 'mcp-registry' },
	'1.123.81': {
		N8N_RUNNERS_ENABLED: 'true',
		// As in 2.x. Without a pool, 1.x stores that an execution has ended before what came out.
		DB_SQLITE_POOL_SIZE: '3',
		// Later versions offer community nodes to AI agents without being told.
		N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true',
	},
};

/** A worker tells there, and nowhere else, whether it is ready. */
const healthServer = (port: number) => ({
	QUEUE_HEALTH_CHECK_ACTIVE: 'true',
	QUEUE_HEALTH_CHECK_PORT: String(port),
	N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
});

function environment(options: N8nOptions, port: number, brokerPort: number): NodeJS.ProcessEnv {
	// Only these: a developer's own N8N_ or DB_ settings and keys must not reach the host.
	const { PATH = '', LANG, TZ, TMPDIR } = process.env;
	const { loopbackOnly = true, preload = [], worker } = options;
	const scripts = [...(loopbackOnly ? [join(__dirname, 'loopback.cjs')] : []), ...preload];
	return {
		NODE_OPTIONS: scripts.map((script) => `--require=${JSON.stringify(script)}`).join(' '),
		LANG,
		TZ,
		TMPDIR,
		PATH: [dirname(options.install.node), PATH].join(delimiter),
		HOME: options.userFolder,
		...QUIET,
		...OF_VERSION[options.install.version],
		N8N_USER_FOLDER: options.userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(port),
		WEBHOOK_URL: `http://127.0.0.1:${port}/`,
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		N8N_RUNNERS_BROKER_LISTEN_ADDRESS: '127.0.0.1',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		...(worker ? healthServer(port) : {}),
		// The session cookie must work over plain http.
		N8N_SECURE_COOKIE: 'false',
		...options.env,
	};
}

async function answers(url: string): Promise<boolean> {
	try {
		return (await fetch(url, { signal: AbortSignal.timeout(ASK_LIMIT_MS) })).ok;
	} catch {
		return false;
	}
}

/** n8n 1.x calls itself ready before its own interface is there; a worker has none. */
async function isReady(url: string, { worker }: N8nOptions): Promise<boolean> {
	if (!(await answers(`${url}/healthz/readiness`))) return false;
	return worker !== undefined || (await answers(`${url}/rest/settings`));
}

async function waitUntilReady(
	url: string,
	options: N8nOptions,
	n8n: GuardedProcess,
): Promise<void> {
	const limit = Date.now() + BOOT_LIMIT_MS;
	while (!(await isReady(url, options))) {
		const end = await within(ASK_EVERY_MS, n8n.ended);
		if (!end && Date.now() < limit) continue;
		const what = end ? 'ended before it was ready' : `not ready in ${BOOT_LIMIT_MS / 1000} s`;
		throw new Error(`n8n ${what}. The end of its log:\n${n8n.lines.slice(-LOG_TAIL).join('\n')}`);
	}
}

async function start(options: N8nOptions): Promise<N8nHost> {
	const [free = 0, brokerPort = 0] = await freePorts(2);
	const port = options.port ?? free;
	const url = `http://127.0.0.1:${port}`;
	const { install, worker } = options;
	const command = worker ? ['worker', `--concurrency=${worker.concurrency}`] : ['start'];
	const n8n = startGuarded(install.node, [install.n8n, ...command], {
		cwd: options.userFolder,
		env: environment(options, port, brokerPort),
	});
	try {
		await waitUntilReady(url, options, n8n);
	} catch (error) {
		await n8n.stop();
		throw error;
	}
	return {
		version: install.version,
		url,
		port,
		userFolder: options.userFolder,
		group: n8n.pid,
		log: () => n8n.lines.join('\n'),
		refused: () => n8n.lines.flatMap((line) => REFUSED.exec(line)?.[1] ?? []),
		async stop() {
			await n8n.stop();
		},
		async kill() {
			await n8n.kill();
		},
	};
}

function isPortTaken(error: unknown): boolean {
	return error instanceof Error && /EADDRINUSE|already in use/.test(error.message);
}

/**
 * Starts a real n8n on 127.0.0.1 with the given community packages and waits until it answers.
 * It ends when this process ends, in whatever way.
 *
 * @throws Error with the end of n8n's log when it does not become ready
 */
export async function startN8n(options: N8nOptions): Promise<N8nHost> {
	await mkdir(options.userFolder, { recursive: true });
	const nodesFolder = join(options.userFolder, '.n8n', 'nodes');
	for (const tarball of options.packages) await putPackage(tarball, nodesFolder, process.env);
	for (let attempt = 1; ; attempt++) {
		try {
			return await start(options);
		} catch (error) {
			if (attempt === PORT_TRIES || options.port !== undefined || !isPortTaken(error)) throw error;
		}
	}
}
