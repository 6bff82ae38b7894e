import { randomFillSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { IBinaryKeyData } from 'n8n-workflow';

import { AstriaApi } from '../../credentials/AstriaApi.credentials';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node';
import { runNode, storeFile, useBinaryMode } from '../engine/engine';

const PICTURES = 20;
const PICTURE_BYTES = 10_000_000;
const TOTAL_BYTES = PICTURES * PICTURE_BYTES;

/** Growth that would mean that the upload is held as a whole, let alone twice. */
const MOST_GROWTH = TOTAL_BYTES * 0.75;

/** What may stay behind: pools of Node and of the HTTP client, nothing of the pictures. */
const MOST_LEFT = 10_000_000;

/** Milliseconds between two looks at the memory. */
const LOOK_EVERY = 5;

const TUNE = {
	id: 1,
	title: 'Jane',
	name: 'woman',
	model_type: 'faceid',
	trained_at: '2026-01-01T00:00:00Z',
	orig_images: [],
};

interface Upload {
	bytes: number;
	announced: number;
	contentType: string;
}

let server: Server;
let origin: string;
const uploads: Upload[] = [];

/** Takes a body without keeping it, as a service on another machine would. */
async function drain(message: IncomingMessage): Promise<Upload> {
	let bytes = 0;
	for await (const chunk of message) bytes += Buffer.from(chunk).length;
	return {
		bytes,
		announced: Number(message.headers['content-length']),
		contentType: message.headers['content-type'] ?? '',
	};
}

beforeAll(async () => {
	server = createServer((request, response) => {
		void drain(request).then((upload) => {
			uploads.push(upload);
			response.writeHead(201, { 'Content-Type': 'application/json' });
			response.end(JSON.stringify(TUNE));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address: AddressInfo | string | null = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server has no port');
	origin = `http://127.0.0.1:${address.port}`;
	await useBinaryMode('filesystem');
});

afterAll(async () => {
	await useBinaryMode('default');
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

/** Photos that share no byte but the first, in n8n's binary store. */
async function storePictures(): Promise<IBinaryKeyData> {
	const binary: IBinaryKeyData = {};
	for (let index = 0; index < PICTURES; index++) {
		const bytes = randomFillSync(Buffer.alloc(PICTURE_BYTES));
		bytes.set([0xff, 0xd8, 0xff]);
		binary[`photo_${index}`] = await storeFile(bytes, `photo ${index}.jpg`, 'image/jpeg');
	}
	return binary;
}

/** Makes Node free what nobody holds any more. */
function collectGarbage(): void {
	setFlagsFromString('--expose-gc');
	runInNewContext('gc()');
}

/** Frees what nobody holds any more, and gives Node's own releases time to happen. */
async function tidy(): Promise<void> {
	for (let round = 0; round < 5; round++) {
		collectGarbage();
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

function held(): number {
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
}

test('20 pictures of 10 MB are uploaded without being held, and nothing of them stays', async () => {
	const binary = await storePictures();
	const run = async (names: string) =>
		await runNode({
			nodeType: new AstriaTune(),
			credential: {
				type: 'astriaApi',
				credentialType: new AstriaApi(),
				data: { apiKey: 'sd_test', baseUrl: origin },
			},
			parameters: {
				resource: 'tune',
				operation: 'create',
				title: 'Jane',
				name: 'woman',
				images_source: 'binary',
				images_binary: names,
				model_type: 'faceid',
			},
			items: [{ json: {}, binary }],
		});
	// Once with one picture, so that what is loaded on first use is not counted.
	await run('photo_0');
	await tidy();
	const before = { resident: process.memoryUsage.rss(), held: held() };
	let peak = { resident: 0, held: 0 };
	const looks = setInterval(() => {
		peak = {
			resident: Math.max(peak.resident, process.memoryUsage.rss()),
			held: Math.max(peak.held, held()),
		};
	}, LOOK_EVERY);
	const { outputs, error } = await run('*');
	clearInterval(looks);
	await tidy();
	const after = held();

	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({ tuneId: 1, trained: true });
	const [, upload] = uploads;
	expect(upload?.contentType).toMatch(/^multipart\/form-data; boundary=/);
	expect(upload?.bytes).toBe(upload?.announced);
	expect(upload?.bytes).toBeGreaterThan(TOTAL_BYTES);
	expect(upload?.bytes).toBeLessThan(TOTAL_BYTES + 10_000);
	const growth = {
		resident: peak.resident - before.resident,
		held: peak.held - before.held,
		left: after - before.held,
	};
	const megabytes = Object.entries(growth).map(
		([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(0)} MB`,
	);
	process.stdout.write(`Upload of ${TOTAL_BYTES / 1e6} MB: ${megabytes.join(', ')}\n`);
	expect(growth.resident).toBeLessThan(MOST_GROWTH);
	expect(growth.held).toBeLessThan(MOST_GROWTH);
	expect(growth.left).toBeLessThan(MOST_LEFT);
}, 120_000);
