import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { run } from '../build/run';
import { pack } from '../build/tarball';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/index';
import { ensureHost, type HostVersion } from '../test/host/install';
import { type N8nHost, startN8n } from '../test/host/n8n';
import { N8nRest, type StoredCredential } from '../test/host/rest';

/** A real n8n with this package, beside stand-in services. */
export interface Stage {
	sandbox: Sandbox;
	host: N8nHost;
	rest: N8nRest;
	/** One for each credential type of the package. */
	credentials: StoredCredential[];
	/** Kills n8n, and starts another one on what it has left behind. */
	crash(): Promise<void>;
	/** Ends all of it. */
	close(): Promise<void>;
}

/** What a stage is raised with. */
export interface StageOptions {
	version?: HostVersion;
	sandbox?: SandboxOptions;
	/** n8n's own folder and the tarball; emptied first. Absolute. */
	folder: string;
	/** Folder that n8n's file nodes may write to. */
	filesFolder?: string;
	port?: number;
	/** Tarballs of further community packages. */
	packages?: readonly string[];
	/** Further environment of n8n. */
	env?: Record<string, string>;
	say(line: string): void;
}

/**
 * Builds the package and packs it as npm would publish it; not for each stage of a run of tests,
 * which has one tarball (`TESTS_PACKAGE`).
 *
 * @returns absolute path of the tarball
 */
export async function packPackage(folder: string): Promise<string> {
	const { TESTS_PACKAGE } = process.env;
	if (TESTS_PACKAGE !== undefined) return TESTS_PACKAGE;
	await mkdir(folder, { recursive: true });
	await run('npx', ['gulp', 'build']);
	return (await pack(folder)).file;
}

/** Stores the keys of the stand-in services, under the names that examples use. */
export async function storeCredentials(
	rest: N8nRest,
	sandbox: Sandbox,
): Promise<StoredCredential[]> {
	const { fal, astria } = sandbox;
	return [
		await rest.createCredential({
			name: 'fal.ai account',
			type: 'falApi',
			data: { apiKey: fal.key, baseUrl: fal.url },
		}),
		await rest.createCredential({
			name: 'Astria account',
			type: 'astriaApi',
			data: { apiKey: astria.key, baseUrl: astria.url },
		}),
	];
}

/**
 * Starts n8n with the package installed from its tarball, and the services that it talks to.
 *
 * @throws Error when a part does not start; the others are ended
 */
export async function raiseStage(options: StageOptions): Promise<Stage> {
	const { folder, say, filesFolder, port, packages = [], env } = options;
	await rm(folder, { recursive: true, force: true });
	say('Building and packing the package');
	const tarball = await packPackage(folder);
	const install = await ensureHost(options.version ?? '2.41.1', say);
	const sandbox = await startSandbox(options.sandbox);
	const n8n = {
		install,
		packages: [tarball, ...packages],
		userFolder: path.join(folder, 'n8n'),
		port,
		env: {
			...(filesFolder === undefined ? {} : { N8N_RESTRICT_FILE_ACCESS_TO: filesFolder }),
			...env,
		},
	};
	let host: N8nHost | undefined;
	const close = async () => {
		await host?.stop();
		await sandbox.close();
	};
	try {
		say(`Starting n8n ${install.version}`);
		host = await startN8n(n8n);
		const rest = await N8nRest.connect(host);
		const credentials = await storeCredentials(rest, sandbox);
		const stage: Stage = {
			...{ sandbox, host, rest, credentials, close },
			async crash() {
				await stage.host.kill();
				host = await startN8n(n8n);
				stage.host = host;
				stage.rest = await N8nRest.connect(host);
			},
		};
		return stage;
	} catch (error) {
		await close();
		throw error;
	}
}
