import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { Batch } from './batch';
import { Cluster } from './cluster';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

const TEST_LIMIT_MS = 300_000;

const SIZE = { executions: 200, rows: 5 };

let folder: string;
let cluster: Cluster;
let pictures: object;

const say = (line: string) => void process.stderr.write(`${line}\n`);

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'try-on-scale-'));
	cluster = await Cluster.open({
		folder: path.join(folder, 'cluster'),
		workers: 2,
		concurrency: 10,
		sandbox: { fal: { slots: 5_000, loopbackWebhooks: true } },
		say,
	});
	const { media } = cluster.sandbox;
	pictures = {
		model: media.publish(await samplePerson(0), 'image/jpeg'),
		garment: media.publish(await sampleGarment(0), 'image/png'),
	};
}, PREPARE_LIMIT_MS);

afterAll(async () => {
	await cluster.close();
	await rm(folder, { recursive: true, force: true });
}, TEST_LIMIT_MS);

it(
	'waits in the node',
	async () => {
		const { options } = cluster.sandbox.fal;
		const { media } = cluster.sandbox;
		const url = media.publish(await sampleGarment(1), 'image/png');
		options.outcome = () => ({ kind: 'output', body: { images: [{ url }] }, units: 1 });
		options.jobMs = 1_000;
		const batch = await Batch.open(cluster, 'in-node', {});
		const t = Date.now();
		await batch.start(SIZE, pictures);
		say(`started ${Date.now() - t}`);
		const ended = await batch.untilThereAre(SIZE.executions, 'success', 200_000);
		say(`ended ${Date.now() - t}`);
		say(`${Math.max(...ended.map(({ stopped = 0 }) => stopped)) - Math.min(...ended.map(({ created }) => created))}`);
		const rows = await batch.rowsOut();
		say(`read ${Date.now() - t}`);
		say(JSON.stringify(rows.slice(0, 2)));
		expect(rows).toHaveLength(1000);
		expect(batch.bought()).toHaveLength(1000);
		say(`${cluster.takenBy(0).length} ${cluster.takenBy(1).length}`);
	},
	TEST_LIMIT_MS,
);
