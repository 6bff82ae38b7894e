import fc from 'fast-check';
import { parseForm } from '../../sandbox/form';
import type { SandboxRequest } from '../../sandbox/types';

async function requestOf(body: FormData | URLSearchParams): Promise<SandboxRequest> {
	const response = new Response(body);
	return {
		method: 'POST',
		path: '/',
		query: new URLSearchParams(),
		headers: { 'content-type': response.headers.get('content-type') ?? '' },
		body: Buffer.from(await response.arrayBuffer()),
		origin: 'http://127.0.0.1',
	};
}

const name = fc.stringMatching(/^[a-z]{1,9}(\[[a-z0-9]{0,9}\]){0,4}$/);
// FormData turns lone line ends into CRLF, and lone surrogates into U+FFFD.
const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
const filename = fc.stringMatching(/^[A-Za-z0-9 äé漢_-]{1,20}\.(png|txt)$/);

it('reads back any multipart form', async () => {
	const file = fc.record({ name, filename, data: fc.uint8Array({ maxLength: 3000 }) });
	const fields = fc.array(fc.tuple(name, value), { maxLength: 8 });
	await fc.assert(
		fc.asyncProperty(fields, fc.array(file, { maxLength: 4 }), async (sent, files) => {
			const form = new FormData();
			for (const [key, text] of sent) form.append(key, text);
			for (const { name: key, filename: label, data } of files) {
				form.append(key, new Blob([new Uint8Array(data)], { type: 'image/png' }), label);
			}
			// An empty form is one closing line, which is no multipart body.
			if (sent.length + files.length === 0) return;
			const parsed = await parseForm(await requestOf(form));
			expect(parsed.fields).toEqual(sent);
			expect(parsed.files).toEqual(
				files.map(({ name: key, filename: label, data }) => ({
					name: key,
					filename: label,
					contentType: 'image/png',
					data: Buffer.from(data),
				})),
			);
		}),
		{ numRuns: 60 },
	);
});

it('reads back any URL-encoded form', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 8 }), async (sent) => {
			const parsed = await parseForm(await requestOf(new URLSearchParams(sent)));
			expect(parsed).toEqual({ fields: sent, files: [] });
		}),
		{ numRuns: 60 },
	);
});

it('keeps long values and names whole', async () => {
	const form = new FormData();
	const longName = `tune${'[a]'.repeat(100)}`;
	form.append(longName, 'x'.repeat(2_000_000));
	const { fields } = await parseForm(await requestOf(form));
	expect(fields).toEqual([[longName, 'x'.repeat(2_000_000)]]);
});

it('rejects a body that is cut off, and one that is no form', async () => {
	const form = new FormData();
	form.append('tune[images][]', new Blob(['0123456789']), 'a.png');
	const request = await requestOf(form);
	const cut = { ...request, body: request.body.subarray(0, request.body.length - 50) };
	await expect(parseForm(cut)).rejects.toThrow('Unexpected end of form');
	const json = { ...request, headers: { 'content-type': 'application/json' } };
	await expect(parseForm(json)).rejects.toThrow();
});
