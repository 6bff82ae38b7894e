import { parseArgs } from 'node:util';
import { startSandbox } from './index';
import { sampleGarment, samplePerson } from './pictures';

const SAMPLES = 3;

function readPort(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const port = Number(text);
	if (!Number.isInteger(port) || port < 1 || port > 65_000) {
		throw new Error(`--port takes a number from 1 to 65000, not "${text}"`);
	}
	return port;
}

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { port: { type: 'string' } } });
	const sandbox = await startSandbox({ port: readPort(values.port) });
	const say = (text: string) => process.stdout.write(`${text}\n`);

	say(`fal    ${sandbox.fal.url}   key ${sandbox.fal.key}`);
	say(`astria ${sandbox.astria.url}   key ${sandbox.astria.key}`);
	say(`media  ${sandbox.media.url}`);
	for (let n = 0; n < SAMPLES; n += 1) {
		say(`person ${sandbox.media.publish(await samplePerson(n), 'image/jpeg')}`);
		say(`garment ${sandbox.media.publish(await sampleGarment(n), 'image/png')}`);
	}
	say('Ctrl-C ends it.');

	const stop = () => void sandbox.close();
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
