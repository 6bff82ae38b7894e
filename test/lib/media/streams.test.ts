import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

import { peek } from '../../../lib/media/streams';

/** How n8n's versions read a stream: 1.x listens, 2.x pipes or iterates. */
const READERS: Record<string, (stream: Readable) => Promise<Buffer>> = {
	'a listener': async (stream) =>
		await new Promise((resolve, reject) => {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.on('end', () => resolve(Buffer.concat(chunks)));
			stream.once('error', reject);
		}),
	'a pipe': async (stream) => {
		const through = new PassThrough();
		stream.once('error', (error) => through.destroy(error));
		const chunks: Buffer[] = [];
		through.on('data', (chunk: Buffer) => chunks.push(chunk));
		stream.pipe(through);
		await finished(through);
		return Buffer.concat(chunks);
	},
	'a loop': async (stream) => {
		const chunks: Buffer[] = [];
		for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
		return Buffer.concat(chunks);
	},
};

let server: Server;
let bytes: Buffer = Buffer.alloc(0);

beforeAll(async () => {
	server = createServer((_request, response) => {
		response.end(bytes);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
	await new Promise((resolve) => server.close(resolve));
});

async function download(content: Buffer): Promise<IncomingMessage> {
	bytes = content;
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server has no port');
	const { port } = address;
	return await new Promise((resolve, reject) => {
		get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject);
	});
}

describe.each(Object.entries(READERS))('what was looked at is read by %s', (_name, read) => {
	test.each([1, 15, 16, 17, 1_000, 70_000, 3_000_000])(
		'%d bytes',
		async (length) => {
			const content = Buffer.from(Array.from({ length }, (_, n) => n % 251));
			const stream = await download(content);
			const head = await peek(stream, 16);
			expect(content.subarray(0, 16).subarray(0, head.length).equals(head)).toBe(true);
			expect(head.length).toBeGreaterThanOrEqual(Math.min(length, 1));
			// n8n's helpers begin to read some turns later.
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect((await read(stream)).equals(content)).toBe(true);
		},
		5_000,
	);
});

test('an empty stream has no beginning', async () => {
	expect(await peek(await download(Buffer.alloc(0)), 16)).toHaveLength(0);
});

test('a stream that fails is told', async () => {
	const stream = new PassThrough();
	setImmediate(() => stream.destroy(new Error('reset')));
	await expect(peek(stream, 16)).rejects.toThrow('reset');
});
