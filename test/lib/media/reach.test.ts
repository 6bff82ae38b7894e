import { InputError } from '../../../lib/errors';
import { checkReachable, fetchedPicture } from '../../../lib/media/reach';
import { systemClock } from '../../../lib/time';
import { type Sandbox, startSandbox } from '../../../sandbox/index';
import type { FaultKind } from '../../../sandbox/types';
import { throughDoor } from '../../engine/door';
import { smallPerson } from '../../engine/pictures';
import { saidBy } from '../said';

let sandbox: Sandbox;
let address: string;

beforeEach(async () => {
	sandbox = await startSandbox();
	address = sandbox.media.publish(await smallPerson(0), 'image/jpeg');
});

afterEach(async () => {
	jest.restoreAllMocks();
	await sandbox.close();
});

const MAX_BYTES = 2 * 1024 * 1024;

const RULES = {
	service: 'fal',
	label: 'Model Image',
	maxBytes: MAX_BYTES,
	accepts: new Set(['image/jpeg']),
};

/** Lets the time that a call is given pass quickly; calls here are answered at once, or never. */
function hurry(factor: number): void {
	const timeout = AbortSignal.timeout.bind(AbortSignal);
	jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / factor));
}

type Way = 'looked at' | 'fetched';

async function open(way: Way): Promise<unknown> {
	const timing = { clock: systemClock };
	return await throughDoor(sandbox.fal.url, async (door) =>
		way === 'fetched'
			? await fetchedPicture(door, timing, RULES, address)
			: await checkReachable(door, timing, RULES, { kind: 'address', address }),
	);
}

describe.each<Way>(['looked at', 'fetched'])('an address that is %s', (way) => {
	test.each<[string, FaultKind]>([
		['hangs', { kind: 'hang' }],
		['stalls before its first byte', { kind: 'drip', pieces: 2, pauseMs: 60_000 }],
		['comes in drops', { kind: 'drip', pieces: 5_000, pauseMs: 200 }],
	])('and %s is refused in the end', async (_name, fault) => {
		hurry(way === 'fetched' ? 400 : 100);
		sandbox.faults.add({ on: /GET/, fault });
		const opened = open(way);
		await expect(opened).rejects.toThrow(InputError);
		expect(await saidBy(() => opened)).toMatch(
			/^'Model Image' cannot be opened: .* has not answered in full within \d+ s\. /,
		);
	});
});

test('an address that brings more than a picture may have is not read to its end', async () => {
	sandbox.faults.add({ on: /GET/, fault: { kind: 'huge', bytes: 50 * MAX_BYTES } });
	await expect(open('fetched')).rejects.toThrow(/'Model Image' is larger than 2 MB/);
});

test('an address that says how much it brings is not read at all', async () => {
	sandbox.faults.add({ on: /GET/, fault: { kind: 'huge', bytes: 50 * MAX_BYTES } });
	await expect(open('looked at')).rejects.toThrow(/'Model Image' is 100\.0 MB large/);
});

test('a picture that is read for its looks is read again when it is sent', async () => {
	const picture = await throughDoor(sandbox.fal.url, async (door) => {
		const fetched = await fetchedPicture(door, { clock: systemClock }, RULES, address);
		const opened = await fetched.file.open();
		return { ...fetched, isStream: !Buffer.isBuffer(opened) };
	});
	const bytes = await smallPerson(0);
	expect(picture).toMatchObject({ size: bytes.length, isStream: true });
	expect(sandbox.calls).toHaveLength(2);
});
