import { createHash, randomUUID } from 'node:crypto';
import { isLoopbackUrl } from '../loopback';
import { readPicture } from '../pictures';
import { addProblem } from './fields';
import type { Problems } from './fields';
import { Upload } from './params';
import type { Param, ParamTree } from './params';
import type { FileField } from './prompt-fields';
import type { Blob, StoredFile } from './store';
import type { World } from './world';

const FETCH_TIMEOUT_MS = 10_000;

/** A file with the type that its sender gave it. */
interface Received {
	contentType: string;
	data: Buffer;
}

/** Astria does not encode addresses: one with an umlaut cannot be downloaded. */
function isAddress(text: string): boolean {
	return /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text);
}

/**
 * Downloads a file from this machine, with its content type.
 * @returns `remote` for a public address, which is not asked; undefined when it cannot be had
 */
export async function download(
	world: World,
	address: string,
): Promise<Received | 'remote' | undefined> {
	if (!isAddress(address)) return undefined;
	if (!isLoopbackUrl(address)) return 'remote';
	try {
		const signal = AbortSignal.any([world.closing, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
		const response = await fetch(address, { signal, redirect: 'error' });
		if (!response.ok) return undefined;
		const [contentType = ''] = (response.headers.get('content-type') ?? '').split(';');
		return { contentType, data: Buffer.from(await response.arrayBuffer()) };
	} catch {
		return undefined;
	}
}

function fromDataUrl(text: string): Received | undefined {
	const [, contentType = '', base64 = ''] = /^data:([^;,]*);base64,(.+)$/s.exec(text) ?? [];
	if (base64 === '') return undefined;
	return { contentType, data: Buffer.from(base64, 'base64') };
}

/** The file behind a signed id; undefined when it is unknown, or has not come yet. */
export function fromBlob(world: World, signedId: string): Received | undefined {
	const { contentType, data }: Partial<Blob> = world.store.blobs.get(signedId) ?? {};
	return contentType === undefined || data === undefined ? undefined : { contentType, data };
}

function listOf(value: Param | undefined): Param[] {
	if (value === undefined || value === null || value === '') return [];
	return Array.isArray(value) ? value : [value];
}

function isCaption(value: Param): boolean {
	return value instanceof Upload && value.filename.endsWith('.txt');
}

/** Reads the files of one field in the order: uploads and signed ids, data URLs, addresses. */
class FileReader {
	readonly found: StoredFile[] = [];

	constructor(
		private readonly world: World,
		private readonly field: FileField,
		private readonly problems: Problems,
	) {}

	async addSent(value: Param): Promise<void> {
		if (value instanceof Upload) await this.add(this.field.name, value);
		else if (typeof value === 'string') {
			await this.add(this.field.name, fromBlob(this.world, value), 'has an invalid signed id');
		}
	}

	async addDataUrl(name: string, value: Param): Promise<void> {
		await this.add(name, typeof value === 'string' ? fromDataUrl(value) : undefined);
	}

	async addUrl(name: string, value: Param): Promise<void> {
		const address = typeof value === 'string' ? value : '';
		const file = await download(this.world, address);
		if (file === 'remote') this.found.push({ url: address, contentType: 'image/jpeg' });
		else await this.add(name, file, `could not download ${address}`);
	}

	private async add(name: string, file: Received | undefined, absent = 'is invalid') {
		const isFile = file !== undefined && file.data.length > 0;
		if (!isFile || (this.field.kind === 'image' && !(await readPicture(file.data)))) {
			addProblem(this.problems, name, file === undefined ? absent : `is not a valid image`);
			return;
		}
		const { contentType, data } = file;
		this.found.push({ url: this.world.publish(data, contentType), contentType, data });
	}
}

/**
 * Reads the files that a request gives for one field, in whichever way it gives them.
 * @param problems files that cannot be had or read are added here
 */
export async function readFiles(
	world: World,
	field: FileField,
	params: ParamTree,
	problems: Problems,
): Promise<StoredFile[]> {
	const reader = new FileReader(world, field, problems);
	const { name, url, base64, many } = field;
	for (const value of listOf(params[name])) {
		if (!isCaption(value)) await reader.addSent(value);
	}
	if (base64 !== undefined) {
		for (const value of listOf(params[base64])) await reader.addDataUrl(base64, value);
	}
	if (url !== undefined) {
		for (const value of listOf(params[url])) await reader.addUrl(url, value);
	}
	return many === true ? reader.found : reader.found.slice(0, 1);
}

/** Announces an upload, as Rails' ActiveStorage does. */
export function newBlob(about: Omit<Blob, 'signedId'>): Blob {
	return { ...about, signedId: randomUUID() };
}

/** Base64 MD5, the checksum of ActiveStorage. */
export function checksumOf(data: Buffer): string {
	return createHash('md5').update(data).digest('base64');
}
