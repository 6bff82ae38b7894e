import { Readable } from 'node:stream';
import busboy from 'busboy';
import type { SandboxRequest } from './types';

/** One uploaded file of a form. */
export interface FormFile {
	/** The name of the form field, brackets and all: `tune[images][]`. */
	name: string;
	filename: string;
	contentType: string;
	data: Buffer;
}

/** A form as it was sent, in the order it was sent. */
export interface ParsedForm {
	fields: Array<[name: string, value: string]>;
	files: FormFile[];
}

/** Busboy cuts names at 100 bytes and values at 1 MB unless told otherwise, without an error. */
const LIMITS = { fieldNameSize: 4096, fieldSize: 32 * 1024 * 1024 };

/**
 * Reads a `multipart/form-data` or `application/x-www-form-urlencoded` body.
 * A part with a filename, or of type `application/octet-stream`, is a file; the rest are fields.
 * @throws when the body is of another type, or is cut off
 */
export async function parseForm(request: SandboxRequest): Promise<ParsedForm> {
	const form: ParsedForm = { fields: [], files: [] };
	const parser = busboy({ headers: request.headers, limits: LIMITS, defParamCharset: 'utf8' });

	parser.on('field', (name, value) => form.fields.push([name, value]));
	parser.on('file', (name, stream, info) => {
		const chunks: Buffer[] = [];
		stream.on('data', (chunk: Buffer) => chunks.push(chunk));
		stream.on('end', () => {
			form.files.push({
				name,
				// The types promise a string, yet a file part without a filename has none.
				filename: typeof info.filename === 'string' ? info.filename : '',
				contentType: info.mimeType,
				data: Buffer.concat(chunks),
			});
		});
		// A cut-off body fails the file and the parser alike; the parser's error is the one reported.
		stream.on('error', () => stream.resume());
	});

	await new Promise<void>((resolve, reject) => {
		parser.on('error', reject);
		parser.on('close', resolve);
		Readable.from([request.body]).pipe(parser);
	});
	return form;
}
