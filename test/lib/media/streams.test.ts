import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

import { endAbove, readAll } from '../../../lib/http';
import { peek } from '../../../lib/media/file';

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

/** Of a length without a common factor with that of any chunk. */
const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, n) => n));

describe.each(Object.entries(READERS))('what was looked at is read by %s', (_name, read) => {
	test.each([1, 15, 16, 17, 1_000, 70_000, 3_000_000])(
		'%d bytes',
		async (length) => {
			const content = Buffer.alloc(length, PATTERN);
			const stream = await download(content);
			const head = await peek(stream, 16);
			expect(content.subarray(0, 16).equals(head)).toBe(true);
			// n8n's helpers begin to read some turns later.
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect((await read(stream)).equals(content)).toBe(true);
		},
		5_000,
	);
});

describe.each(Object.entries(READERS))('what comes in small parts is read by %s', (_name, read) => {
	test.each([1, 2, 15])('%d bytes first', async (first) => {
		const content = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 251));
		const stream = new PassThrough();
		stream.write(content.subarray(0, first));
		const head = peek(stream, 16);
		setImmediate(() => {
			stream.write(content.subarray(first, 17));
			setImmediate(() => stream.end(content.subarray(17)));
		});
		expect(await head).toEqual(content.subarray(0, 16));
		expect(await read(stream)).toEqual(content);
	});

	test('and less than is wanted', async () => {
		const stream = new PassThrough();
		stream.write('a');
		const head = peek(stream, 16);
		setImmediate(() => stream.end('b'));
		expect((await head).toString()).toBe('ab');
		expect((await read(stream)).toString()).toBe('ab');
	});
});

describe.each(Object.entries(READERS))(
	'a stream that brings too much, read by %s',
	(_name, read) => {
		const tooMuch = () => new Error('too much');

		test('ends at the limit', async () => {
			const stream = new PassThrough();
			endAbove(stream, 10, tooMuch);
			const reading = read(stream);
			for (let bytes = 0; bytes < 11; bytes++) stream.write('x');
			await expect(reading).rejects.toThrow('too much');
			expect(stream.destroyed).toBe(true);
		});

		test('may bring all that it may', async () => {
			const stream = new PassThrough();
			endAbove(stream, 10, tooMuch);
			stream.end('x'.repeat(10));
			expect(await read(stream)).toHaveLength(10);
		});
	},
);

test('no more is taken from a connection than is wanted', async () => {
	const stream = await download(Buffer.alloc(20_000_000));
	endAbove(stream, 1_000_000, () => new Error('too much'));
	await expect(readAll(stream)).rejects.toThrow('too much');
	expect(stream.socket.destroyed).toBe(true);
	expect(stream.socket.bytesRead).toBeLessThan(3_000_000);
});

test('an empty stream has no beginning', async () => {
	expect(await peek(await download(Buffer.alloc(0)), 16)).toHaveLength(0);
});

test('a stream that is closed under the look is told', async () => {
	const stream = new PassThrough();
	setImmediate(() => stream.destroy());
	await expect(peek(stream, 16)).rejects.toThrow('closed before its end');
});

test('a stream that fails is told', async () => {
	const stream = new PassThrough();
	setImmediate(() => stream.destroy(new Error('reset')));
	await expect(peek(stream, 16)).rejects.toThrow('reset');
});
