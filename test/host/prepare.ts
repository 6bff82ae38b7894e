import { ensureHost, type HostVersion } from './install';

/**
 * Installs the real n8n hosts ahead of the tests that need them:
 * `npx tsx test/host/prepare.ts [version ...]`.
 */
async function main(): Promise<void> {
	const known: readonly HostVersion[] = ['2.41.1', '1.123.81'];
	const named = process.argv.slice(2);
	const unknown = named.filter((name) => !known.some((version) => version === name));
	if (unknown.length > 0) throw new Error(`Known versions: ${known.join(', ')}`);
	const say = (line: string): void => void process.stdout.write(`${line}\n`);
	for (const version of known) {
		if (named.length > 0 && !named.includes(version)) continue;
		const install = await ensureHost(version, say);
		say(`n8n ${install.version} is in ${install.folder}`);
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
