import { readPicture } from '../../sandbox/pictures';
import {
	completed,
	details,
	eventually,
	falCall,
	images,
	requestPath,
	runJob,
	startTestBed,
	submitJob,
	V16,
} from './setup';
import type { TestBed } from './setup';

let bed: TestBed;

beforeAll(async () => {
	bed = await startTestBed({ fal: { slots: 4 } });
});

afterAll(async () => {
	await bed.sandbox.close();
});

const run = (input: unknown) => runJob(bed.sandbox, input);

async function bytesOf(url: unknown): Promise<Buffer> {
	return Buffer.from(await (await fetch(String(url))).arrayBuffer());
}

describe('input check', () => {
	it.each([
		['category', 'hats', 'one_of'],
		['category', null, 'one_of'],
		['mode', 3, 'one_of'],
		['seed', -1, 'greater_than_equal'],
		['seed', 2 ** 32, 'less_than_equal'],
		['seed', 1.5, 'int_from_float'],
		['seed', 'many', 'int_parsing'],
		['seed', true, 'int_type'],
		['num_samples', 0, 'greater_than_equal'],
		['num_samples', 5, 'less_than_equal'],
		['num_samples', null, 'int_type'],
		['sync_mode', 'perhaps', 'bool_parsing'],
		['sync_mode', 2, 'bool_parsing'],
		['segmentation_free', {}, 'bool_type'],
		['model_image', 7, 'string_type'],
		['model_image', undefined, 'missing'],
		['garment_image', null, 'string_type'],
	])('%s: %p is %s', async (field, value, type) => {
		const reply = await run({ ...bed.input, [field]: value });
		expect(reply.status).toBe(422);
		expect(reply.headers['x-fal-retryable']).toBe('false');
		expect(details(reply)).toMatchObject([{ loc: ['body', field], type }]);
		expect(details(reply)[0]?.msg).toEqual(expect.stringMatching(/^(Input|Field) /));
	});

	it('takes what pydantic takes, and ignores what it does not know', async () => {
		const lax = {
			num_samples: '2',
			seed: null,
			sync_mode: 'False',
			segmentation_free: 1,
			hat: 'no',
		};
		expect(images(await run({ ...bed.input, ...lax }))).toHaveLength(2);
	});

	it('names every fault of a body that is no input at all', async () => {
		expect(details(await run({}))).toMatchObject([
			{ loc: ['body', 'model_image'], type: 'missing' },
			{ loc: ['body', 'garment_image'], type: 'missing' },
		]);
		expect(details(await run([bed.input]))).toMatchObject([
			{ loc: ['body'], type: 'model_attributes_type' },
		]);
		expect(details(await run(undefined))).toMatchObject([{ loc: ['body'], type: 'json_invalid' }]);
	});
});

describe('output', () => {
	it('is the endpoint’s own size when no other is set', async () => {
		const { options } = bed.sandbox.fal;
		const { pictureSize } = options;
		options.pictureSize = undefined;
		for (const [endpoint, size] of [
			[V16, { width: 864, height: 1296 }],
			['fal-ai/fashn/tryon/v1.5', { width: 576, height: 864 }],
		] as const) {
			const { json } = await falCall(bed.sandbox, 'POST', `/${endpoint}`, bed.input);
			await completed(bed.sandbox, String(json.request_id));
			const reply = await falCall(bed.sandbox, 'GET', requestPath(String(json.request_id)));
			expect(await readPicture(await bytesOf(images(reply)[0]?.url))).toMatchObject(size);
		}
		options.pictureSize = pictureSize;
	});

	it('is the same for the same seed, and differs from sample to sample', async () => {
		const ask = async () => {
			const reply = await run({ ...bed.input, seed: 7, num_samples: 2 });
			return await Promise.all(images(reply).map(({ url }) => bytesOf(url)));
		};
		const [first, again] = [await ask(), await ask()];
		expect(first).toHaveLength(2);
		expect(again).toEqual(first);
		expect(first[0]?.equals(first[1] ?? Buffer.alloc(0))).toBe(false);
	});

	it('differs without a seed', async () => {
		const urls = [await run(bed.input), await run(bed.input)].map((reply) => images(reply)[0]?.url);
		const [first, second] = await Promise.all(urls.map(bytesOf));
		expect(second?.equals(first ?? Buffer.alloc(0))).toBe(false);
	});

	it('is a data URI in sync mode', async () => {
		const before = bed.sandbox.media.files().length;
		const [image] = images(await run({ ...bed.input, sync_mode: true, output_format: 'jpeg' }));
		const [head, data = ''] = String(image?.url).split(',');
		expect(head).toBe('data:image/jpeg;base64');
		const bytes = Buffer.from(data, 'base64');
		expect(await readPicture(bytes)).toMatchObject({ format: 'jpeg' });
		expect(image).toMatchObject({ content_type: 'image/jpeg', file_size: bytes.length });
		expect(bed.sandbox.media.files()).toHaveLength(before);
	});

	it('lives as long as the caller asked', async () => {
		const lifecycle = JSON.stringify({ expiration_duration_seconds: 1 });
		const header = { 'X-Fal-Object-Lifecycle-Preference': lifecycle };
		const id = await submitJob(bed.sandbox, bed.input, header);
		await completed(bed.sandbox, id);
		const url = String(images(await falCall(bed.sandbox, 'GET', requestPath(id)))[0]?.url);
		expect((await fetch(url)).status).toBe(200);
		const gone = await eventually(async () =>
			(await fetch(url)).status === 404 ? true : undefined,
		);
		expect(gone).toBe(true);
	});
});
