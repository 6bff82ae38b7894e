import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { startGuarded } from '../host/guarded';
import { freePorts } from '../host/ports';
import { runCommand } from '../host/steps';
import { until } from '../host/wait';

/** A PostgreSQL of this test's own. */
export interface Database {
	/** How n8n finds it. */
	env: Record<string, string>;
	/** Rows of a query, each column as text. @throws Error with what PostgreSQL said */
	query(sql: string): Promise<string[][]>;
	/** Ends it, and removes what it has stored. */
	close(): Promise<void>;
}

const run = promisify(execFile);

/** Where Debian puts each version; its PATH has none of the server's programs. */
const DEBIAN = '/usr/lib/postgresql';

/** PostgreSQL does not run as root; this user comes with Debian's package. */
const SYSTEM_USER = 'postgres';

const DATABASE_USER = 'n8n';
/** Every PostgreSQL has it. */
const DATABASE = 'postgres';

const LOOPBACK = '127.0.0.1';

const INIT_LIMIT_MS = 60_000;
const READY_LIMITS = { limitMs: 30_000, everyMs: 100 };

/** Nobody needs these data after a power cut. */
const NO_POWER_CUT = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** @throws Error that names Debian's package */
function programs(): string {
	const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
	const folder = path.join(DEBIAN, String(Math.max(0, ...versions)), 'bin');
	if (existsSync(path.join(folder, 'initdb'))) return folder;
	throw new Error('Queue mode needs PostgreSQL. On Debian: apt-get install -y postgresql');
}

async function numberOf(flag: '-u' | '-g'): Promise<number> {
	const { stdout } = await run('id', [flag, SYSTEM_USER]);
	return Number(stdout);
}

/** What to put in front of a command so that it does not run as root, and whose its files are. */
async function asOwner(): Promise<{ command: string[]; ids?: [uid: number, gid: number] }> {
	if (process.getuid?.() !== 0) return { command: [] };
	const ids: [number, number] = [await numberOf('-u'), await numberOf('-g')];
	const [uid, gid] = ids;
	return { command: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'], ids };
}

/**
 * Starts a PostgreSQL with nothing in it, on a free port of this machine and in a folder of its own.
 * It ends when this process ends, in whatever way.
 *
 * @throws Error when it is not installed, or does not start
 */
export async function startPostgres(): Promise<Database> {
	const bin = programs();
	const folder = await mkdtemp(path.join(tmpdir(), 'try-on-postgres-'));
	const password = randomBytes(16).toString('hex');
	const secret = path.join(folder, 'password');
	await writeFile(secret, password);
	const { command, ids } = await asOwner();
	if (ids) for (const file of [folder, secret]) await chown(file, ...ids);
	await chmod(folder, 0o700);
	const data = path.join(folder, 'data');
	const env = { PATH: process.env.PATH, LC_ALL: 'C' };
	const [init, ...initArguments] = [
		...command,
		path.join(bin, 'initdb'),
		`--pgdata=${data}`,
		`--username=${DATABASE_USER}`,
		...['--auth=scram-sha-256', `--pwfile=${secret}`, '--encoding=UTF8', '--no-sync'],
	];
	const nothingToSay = () => undefined;
	await runCommand('Make a database', [init ?? '', ...initArguments], {
		...{ cwd: '/', env, limitMs: INIT_LIMIT_MS, say: nothingToSay },
	});
	const [port = 0] = await freePorts(1);
	const settings = [`listen_addresses=${LOOPBACK}`, 'unix_socket_directories=', ...NO_POWER_CUT];
	const [server, ...serverArguments] = [
		...command,
		path.join(bin, 'postgres'),
		...['-D', data, '-p', String(port)],
		...settings.flatMap((setting) => ['-c', setting]),
	];
	const postgres = startGuarded(server ?? '', serverArguments, { cwd: '/', env });
	const close = async () => {
		await postgres.stop();
		await rm(folder, { recursive: true, force: true });
	};
	const query = async (sql: string): Promise<string[][]> => {
		const login = ['--host', LOOPBACK, '--port', String(port), '--username', DATABASE_USER];
		const plain = ['--no-psqlrc', '--tuples-only', '--no-align', '--field-separator=\t'];
		const { stdout } = await run(
			path.join(bin, 'psql'),
			[...login, ...plain, '--command', sql, DATABASE],
			{ env: { ...env, PGPASSWORD: password } },
		);
		return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
	};
	try {
		await until('PostgreSQL', READY_LIMITS, async () => {
			return await query('select 1').catch(() => undefined);
		});
	} catch (error) {
		await close();
		throw new Error(postgres.lines.join('\n'), { cause: error });
	}
	return {
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: LOOPBACK,
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_DATABASE: DATABASE,
			DB_POSTGRESDB_USER: DATABASE_USER,
			DB_POSTGRESDB_PASSWORD: password,
		},
		query,
		close,
	};
}
