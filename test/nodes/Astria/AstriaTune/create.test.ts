import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { speedUp, until } from '../../../engine/clock';
import { RETRY, storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: 100 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const CONTINUE = { onError: 'continueRegularOutput' } as const;

test('a reference is ready at once, with one call', async () => {
	const { outputs, error } = await bed.run([{ title: 'SKU-1' }]);
	expect(error).toBeUndefined();
	const [item] = outputs[0] ?? [];
	const [made] = bed.sandbox.astria.tunes();
	expect(item?.json).toEqual({
		tuneId: made?.id,
		title: 'SKU-1',
		name: 'woman',
		modelType: 'faceid',
		branch: 'flux1',
		baseTuneId: 1504944,
		status: 'trained',
		trained: true,
		trainedAt: made?.trainedAt?.toISOString(),
		eta: expect.any(String),
		expiresAt: made?.expiresAt?.toISOString(),
		images: made?.images.map(({ url }) => url),
		cost: 0.1,
		currency: 'USD',
		createdAt: expect.any(String),
		reused: false,
	});
	expect(item?.pairedItem).toEqual({ item: 0 });
	expect(bed.calls().map(({ method }) => method)).toEqual(['POST']);
});

test('a training is waited for', async () => {
	speedUp(200);
	const { outputs, error } = await bed.run([{ title: 'Jane' }], { model_type: 'lora' });
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual([
		expect.objectContaining({ title: 'Jane', modelType: 'lora', trained: true, status: 'trained' }),
	]);
});

test('Simplify is read as a sheet has it', async () => {
	const { outputs } = await bed.run([{ title: 'Jane' }], { simplify: '={{ "FALSE" }}' });
	expect(outputs[0]?.[0]?.json).toHaveProperty('orig_images');
});

test('without Wait Until Trained it is only started', async () => {
	const { outputs } = await bed.run([{ title: 'Jane' }], { model_type: 'lora', wait: 'none' });
	expect(outputs[0]?.[0]?.json).toMatchObject({ trained: false, status: 'queued' });
	expect(bed.calls()).toHaveLength(1);
});

describe('an expression of the output', () => {
	const NOWHERE = '$("Nowhere").item.json.sku';

	test('that fails is found before the row is bought', async () => {
		const { outputs } = await bed.run(
			[{ title: 'Jane' }],
			{ simplify: `={{ ${NOWHERE} }}` },
			CONTINUE,
		);
		expect(outputs[0]?.[0]?.json.details).toMatchObject({ stage: 'input', charged: 'no' });
		expect(bed.calls()).toEqual([]);
	});

	test.each(['node', 'none'])(
		'that fails once the row is bought loses nothing: %s',
		async (wait) => {
			bed.sandbox.faults.add({ on: /^POST/, fault: { kind: 'delay', ms: 1_500 } });
			const later = Date.now() + 1_000;
			const simplify = `={{ Date.now() > ${later} ? ${NOWHERE} : false }}`;
			const { outputs } = await bed.run([{ title: 'Jane' }], { wait, simplify }, CONTINUE);
			expect(Date.now()).toBeGreaterThan(later);
			expect(jsonOf(outputs[0])).toMatchObject([{ id: expect.any(Number), title: 'Jane' }]);
		},
	);
});

test('many trainings are watched with few calls, and come back in order', async () => {
	bed.sandbox.astria.options.trainingMs = 1_500;
	speedUp(10);
	const titles = Array.from({ length: 40 }, (_, index) => `T${index}`);
	const rows = titles.map((title) => ({ title }));
	const { outputs, error } = await bed.run(rows, { model_type: 'lora', branch: 'fast' });
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(titles);
	expect(bed.calls(/^GET/).length).toBeLessThan(12);
	expect(bed.calls(/^GET/).filter(({ path }) => path === '/tunes').length).toBeGreaterThan(0);
});

describe('Create or Reuse', () => {
	const reuse = { operation: 'createOrReuse' };

	test('says that prompts are not made where a tune is reused', async () => {
		const prompts = { prompts: { prompts: [{ text: 'ohwx woman', fields: {} }] } };
		const lora = { ...reuse, ...prompts, model_type: 'lora', name: 'woman' };
		const first = await bed.run([{ title: 'Anna' }], lora);
		expect(jsonOf(first.outputs[0])[0]).not.toHaveProperty('warning');
		const again = await bed.run([{ title: 'Anna' }], { ...lora, simplify: '={{ false }}' });
		const [tune] = bed.sandbox.astria.tunes();
		const warning = `Tune ${tune?.id} was there already, so that its prompts were not made: they come with a new tune only. Astria Prompt makes them.`;
		expect(jsonOf(again.outputs[0])).toMatchObject([{ reused: true, warning }]);
		const plain = await bed.run([{ title: 'Anna' }], { ...lora, prompts: {} });
		expect(jsonOf(plain.outputs[0])[0]).not.toHaveProperty('warning');
		expect(bed.sandbox.astria.prompts()).toHaveLength(1);
	});

	test('trains once, however often it runs', async () => {
		const first = await bed.run([{ title: 'Jane' }], reuse);
		const again = await bed.run([{ title: 'Jane' }], reuse);
		expect(first.outputs[0]?.[0]?.json.reused).toBe(false);
		expect(again.outputs[0]?.[0]?.json).toMatchObject({
			reused: true,
			tuneId: first.outputs[0]?.[0]?.json.tuneId,
		});
		expect(bed.sandbox.astria.creations()).toHaveLength(1);
	});

	test.each<[string, Parameters]>([
		['in its field', {}],
		[
			'in the additional fields',
			{ additionalFields: { additional_fields: { title: 'Anna\nMüller' } } },
		],
	])('finds a title of several lines again, with files, %s', async (_where, given) => {
		const rows = async () => {
			const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
			return [{ json: { title: 'Anna\n Müller' }, binary: { data } }];
		};
		const files = { operation: 'createOrReuse', images_source: 'binary', images_binary: 'data' };
		const first = await bed.run(await rows(), { ...files, ...given });
		const second = await bed.run(await rows(), { ...files, ...given });
		const outcomes = [...jsonOf(first.outputs[0]), ...jsonOf(second.outputs[0])];
		expect(outcomes).toMatchObject([
			{ title: 'Anna Müller', reused: false },
			{ title: 'Anna Müller', reused: true },
		]);
		expect(bed.sandbox.astria.creations()).toHaveLength(1);
	});

	test('makes one tune of rows with the same title', async () => {
		const { outputs } = await bed.run(
			['A', 'B', 'A'].map((title) => ({ title })),
			reuse,
		);
		const [first, second, third] = jsonOf(outputs[0]);
		expect(first?.tuneId).toBe(third?.tuneId);
		expect(first?.tuneId).not.toBe(second?.tuneId);
		expect(bed.sandbox.astria.creations()).toHaveLength(2);
	});

	describe('of more rows than Max Tunes per Run', () => {
		const rows = [{ title: 'SKU-1' }, { title: 'SKU-2' }, { title: 'SKU-1' }];
		const limited = { ...reuse, options: { maxJobs: 1 } };

		test('counts only those that are made', async () => {
			await bed.run([{ title: 'SKU-1' }], reuse);
			const { outputs } = await bed.run(rows, limited, CONTINUE);
			const reused = jsonOf(outputs[0]).map((row) => row.reused);
			expect(reused).toEqual([true, false, true]);
		});

		test('is refused where they are too many', async () => {
			const { outputs } = await bed.run(rows, limited, CONTINUE);
			const words = 'This run has 2 rows beside 1 that take what is there, more than the 1 of';
			expect(errorsOf(outputs[0])[0]).toContain(words);
			expect(bed.sandbox.astria.creations()).toHaveLength(0);
		});

		test('counts none of an earlier try', async () => {
			speedUp(200);
			const lora = { model_type: 'lora' };
			await bed.run([{ title: 'SKU-1' }], { ...reuse, ...lora });
			const titles = [{ title: 'SKU-1' }, { title: 'fails' }];
			const { error } = await bed.run(titles, { ...limited, ...lora }, RETRY);
			expect(error?.message).toMatch(/training failed/);
			expect(bed.sandbox.astria.creations()).toHaveLength(2);
		});
	});

	test('waits for one that is in training', async () => {
		speedUp(200);
		await bed.run([{ title: 'Jane' }], { model_type: 'lora', wait: 'none' });
		const { outputs } = await bed.run([{ title: 'Jane' }], { ...reuse, model_type: 'lora' });
		expect(outputs[0]?.[0]?.json).toMatchObject({ reused: true, trained: true });
	});

	test('takes no other type, no other title, and none that failed', async () => {
		speedUp(200);
		await bed.run([{ title: 'Jane Doe' }, { title: 'fails' }], { model_type: 'lora' }, CONTINUE);
		const before = bed.sandbox.astria.creations().length;
		const lora = { ...reuse, model_type: 'lora' };
		await bed.run([{ title: 'Jane' }, { title: 'fails' }], lora, CONTINUE);
		await bed.run([{ title: 'Jane Doe' }], reuse);
		expect(bed.sandbox.astria.creations()).toHaveLength(before + 3);
	});

	test('a failed training that was not bought here is not charged here', async () => {
		// Long enough to be found in training, on a busy machine too.
		bed.sandbox.astria.options.trainingMs = 1_000;
		speedUp(200);
		await bed.run([{ title: 'fails' }], { model_type: 'lora', wait: 'none' });
		const lora = { ...reuse, model_type: 'lora' };
		const { outputs } = await bed.run([{ title: 'fails' }], lora, CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(/The training failed.*This row was not charged\.$/);
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});

	test('buys nothing when Astria cannot be asked', async () => {
		const answer = { status: 401, body: 'HTTP Token: Access denied.' };
		bed.sandbox.faults.add({ on: /^GET \/tunes/, fault: { kind: 'answer', answer } });
		const { error } = await bed.run([{ title: 'Jane' }], reuse);
		expect(error?.message).toMatch(/does not accept the key/);
		expect(bed.calls(/^POST/)).toHaveLength(0);
	});
});

test('a moment and a blank cell are what they mean', async () => {
	const { outputs, error } = await bed.run([{ p: ' ' }], {
		title: '={{ $now }}',
		prompts_json: '={{ $json.p }}',
	});
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])[0]?.title).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test('a tune that Astria hands back in place of a new one was not bought', async () => {
	bed.sandbox.astria.options.account.idempotent = true;
	const first = await bed.run([{ title: 'Jane' }, { title: 'Jane' }]);
	expect(jsonOf(first.outputs[0]).map(({ reused }) => reused)).toEqual([false, true]);
	const [made] = bed.sandbox.astria.tunes();
	if (made) made.createdAt = new Date(Date.now() - 120_000);
	const again = await bed.run([{ title: 'Jane' }]);
	expect(again.outputs[0]?.[0]?.json).toMatchObject({ tuneId: made?.id, reused: true });
	expect(bed.sandbox.astria.creations()).toHaveLength(1);
});

test('after Stop no row that waits for its turn is sent', async () => {
	bed.sandbox.faults.add({ on: /^POST/, fault: { kind: 'delay', ms: 300 }, times: 20 });
	const rows = Array.from({ length: 12 }, (_, index) => ({ title: `T${index}` }));
	const started = bed.start(rows, {}, CONTINUE);
	await until(() => bed.calls(/^POST/).length > 0);
	started.stop();
	await started.finished;
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect(bed.calls(/^POST/).length).toBeLessThanOrEqual(4);
});

describe.each(['default', 'filesystem'] as const)('pictures of the items, in %s mode', (mode) => {
	beforeEach(async () => await useBinaryMode(mode));
	afterEach(async () => await useBinaryMode('default'));

	async function item(count: number, json: IDataObject = {}): Promise<INodeExecutionData> {
		const entries = await Promise.all(
			Array.from({ length: count }, async (_, index) => [
				`photo_${index}`,
				await storeFile(
					await smallPerson(Number(json.seed ?? 0) + index),
					`p${index}.jpg`,
					'image/jpeg',
				),
			]),
		);
		return { json, binary: Object.fromEntries(entries) };
	}

	/** Pictures that the stand-in has of its tunes, by title. */
	function pictures(): Array<[unknown, number]> {
		return bed.sandbox.astria.tunes().map(({ fields, images }) => [fields.title, images.length]);
	}

	const binary = (names: string) => ({ images_source: 'binary', images_binary: names });

	test.each([
		['photo_0', 1],
		['photo_0, photo_2', 2],
		['*', 3],
		['photo_*', 3],
	])('%s means %i of them', async (names, count) => {
		const { error } = await bed.run([await item(3, { title: 'Jane' })], binary(names));
		expect(error).toBeUndefined();
		expect(pictures()).toEqual([['Jane', count]]);
		const [made] = bed.sandbox.astria.tunes();
		expect(made?.images[0]?.data?.equals(await smallPerson(0))).toBe(true);
	});

	test.each([
		['the names that an expression gives', '={{ Object.keys($binary) }}'],
		['names on lines', 'photo_0\nphoto_1, photo_2'],
	])('%s are read', async (_, names) => {
		const { error } = await bed.run([await item(3, { title: 'Jane' })], binary(names));
		expect(error).toBeUndefined();
		expect(pictures()).toEqual([['Jane', 3]]);
	});

	test('a name that an expression makes nothing of is not guessed', async () => {
		const data = await storeFile(await smallPerson(0), 'p.jpg', 'image/jpeg');
		const row = { json: { title: 'Jane' }, binary: { data } };
		const { outputs } = await bed.run([row], binary('={{ $json.photo }}'), CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(/^Item 1: 'Images Field Names' is empty/);
		expect(bed.calls()).toEqual([]);
	});

	test('captions go along as text files, other texts do not', async () => {
		const row = await item(1, { title: 'Jane' });
		const text = async (name: string) =>
			await storeFile(Buffer.from('a woman with a red hat'), name, 'application/octet-stream');
		const { error } = await bed.run(
			[{ ...row, binary: { ...row.binary, caption: await text('p0.txt') } }],
			binary('*'),
		);
		expect(error).toBeUndefined();
		const sent = bed.calls(/^POST/)[0]?.body.toString('latin1') ?? '';
		expect(sent).toMatch(
			/name="tune\[images\]\[\]"; filename="p0\.txt"\r\nContent-Type: text\/plain\r\n\r\na woman with/,
		);
		const notes = { ...row, binary: { notes: await text('notes.md') } };
		const { outputs } = await bed.run([notes], binary('*'), CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(/'Images' is not a picture/);
	});

	test.each<[string, Parameters]>([
		['files', {}],
		['lines', { additionalFields: { image_captions: 'front\nside\nfront\nback' } }],
	])('captions of equal words stay one for each picture, in order: %s', async (kind, more) => {
		const caption = async (name: string, words: string) => ({
			[name]: await storeFile(Buffer.from(words), `${name}.txt`, 'text/plain'),
		});
		const [first, second] = [await item(2, { title: 'Jane' }), await item(2, {})];
		const texts = { ...(await caption('a', 'front')), ...(await caption('b', 'front')) };
		const items = [
			{ ...first, binary: { ...first.binary, ...(kind === 'files' && texts) } },
			// The second picture of the first item is the first one of this one.
			second,
		];
		const { error } = await bed.run(items, { ...binary('*'), tunesFrom: 'all', ...more });
		expect(error).toBeUndefined();
		const sent = bed.calls(/^POST/)[0]?.body.toString('latin1') ?? '';
		const parts = [...sent.matchAll(/name="tune\[images\]\[\]"; filename="[^"]*\.(\w+)"/g)];
		const captions = [...sent.matchAll(/name="tune\[image_captions\]\[\]"\r\n\r\n(.*)\r\n/g)];
		expect(parts.filter(([, extension]) => extension !== 'txt')).toHaveLength(4);
		expect(parts.filter(([, extension]) => extension === 'txt')).toHaveLength(
			kind === 'files' ? 2 : 0,
		);
		expect(captions.map(([, words]) => words)).toEqual(
			kind === 'lines' ? ['front', 'side', 'front', 'back'] : [],
		);
	});

	const captions = '={{ $json.captions }}';
	const fromRows = {
		...binary('*'),
		tunesFrom: 'all',
		additionalFields: { image_captions: captions },
	};
	const captionsSent = () => {
		const sent = bed.calls(/^POST/)[0]?.body.toString('latin1') ?? '';
		const found = sent.matchAll(/name="tune\[image_captions\]\[\]"\r\n\r\n(.*)\r\n/g);
		return [...found].map(([, words]) => words);
	};

	test.each([
		['lines', 'front\nside', 'back'],
		['a list as JSON', '["front", "side"]', '["back"]'],
		['a list', ['front', 'side'], ['back']],
	])('captions of each item stand beside its pictures, as %s', async (_, first, second) => {
		const items = [await item(2, { captions: first }), await item(1, { captions: second })];
		const { error } = await bed.run(items, fromRows);
		expect(error).toBeUndefined();
		expect(captionsSent()).toEqual(['front', 'side', 'back']);
	});

	test('captions of pictures that JSON names are those of the first item', async () => {
		const image_urls = ['https://example.com/a.jpg', 'https://example.com/b.jpg'];
		const additional_fields = JSON.stringify({ image_urls });
		const additionalFields = { image_captions: captions, additional_fields };
		const items = ['Jane', 'Jane'].map((title) => ({ json: { title, captions: 'front\nside' } }));
		const { error } = await bed.run(items, { tunesFrom: 'all', additionalFields });
		expect(error).toBeUndefined();
		const [sent] = bed.sandbox.astria.creations().map(({ params }) => params);
		expect(sent).toMatchObject({ tune: { image_urls, image_captions: ['front', 'side'] } });
	});

	test('captions that are not as many as the pictures are refused before anything is paid', async () => {
		const rows = [await item(2, { captions: 'front\nside' }), await item(2, { captions: 'back' })];
		const { error } = await bed.run(rows, fromRows);
		expect(error?.message).toBe(`Item 2: 'Image Captions' has 1 caption for 2 pictures.`);
		expect(error?.description).toMatch(/^Give each picture one.* This row was not charged\.$/);
		const alone = await bed.run([await item(1, { captions: 'front\nside' })], fromRows);
		expect(alone.error?.message).toBe(`Item 1: 'Image Captions' has 2 captions for 1 picture.`);
		expect(bed.calls(/^POST/)).toHaveLength(0);
	});

	test('all items together make one tune, each picture once', async () => {
		const items = [
			await item(2, { title: 'Jane' }),
			await item(2, { seed: 1 }),
			await item(1, { seed: 9 }),
		];
		const { outputs, error } = await bed.run(items, { ...binary('*'), tunesFrom: 'all' });
		expect(error).toBeUndefined();
		// The second picture of the first item is the first one of the second.
		expect(pictures()).toEqual([['Jane', 4]]);
		expect(outputs[0]?.[0]?.pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	test('items with the same title make one tune', async () => {
		const titles = ['Ann', 'Bob', 'Ann'];
		const items = await Promise.all(titles.map(async (title, seed) => item(1, { title, seed })));
		const { outputs } = await bed.run(items, { ...binary('photo_0'), tunesFrom: 'title' });
		expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(['Ann', 'Bob']);
		expect(pictures().sort()).toEqual([
			['Ann', 2],
			['Bob', 1],
		]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([
			[{ item: 0 }, { item: 2 }],
			{ item: 1 },
		]);
	});

	test('a group keeps the columns of its first row, where that is wanted', async () => {
		const items = [
			await item(1, { title: 'A', sku: 'A-1' }),
			await item(1, { title: 'A', sku: 'A-2' }),
		];
		const options = { includeInputFields: true };
		const parameters = { ...binary('photo_0'), tunesFrom: 'title', options };
		const { outputs } = await bed.run(items, parameters);
		expect(jsonOf(outputs[0])).toMatchObject([
			{ title: 'A', sku: 'A-1', tuneId: expect.any(Number) },
		]);
	});

	test('an error of a group names its first row and is paired with all', async () => {
		const items = [
			await item(1, { title: 'A' }),
			await item(1, { title: 'B fails' }),
			await item(1, { title: 'B fails' }),
		];
		speedUp(200);
		const parameters = { ...binary('photo_0'), tunesFrom: 'title', model_type: 'lora' };
		const { outputs } = await bed.run(items, parameters, CONTINUE);
		expect(errorsOf(outputs[0])[1]).toMatch(/^Item 2: Tune/);
		expect(outputs[0]?.[1]?.pairedItem).toEqual([{ item: 1 }, { item: 2 }]);
	});
});

describe('what cannot be sent is refused before anything is paid', () => {
	const file = async (bytes: Buffer, name = 'a.jpg'): Promise<INodeExecutionData> => ({
		json: { title: 'T' },
		binary: { data: await storeFile(bytes, name, 'image/jpeg') },
	});
	const FILE = { images_source: 'binary', images_binary: 'data' };

	test.each<[string, () => Promise<INodeExecutionData>, Record<string, string>, RegExp]>([
		['an empty file', async () => file(Buffer.alloc(0)), FILE, /'Images' is an empty file/],
		['a document', async () => file(Buffer.from('%PDF-1.7 …')), FILE, /'Images' is a PDF file/],
		['no such file', async () => ({ json: { title: 'T' } }), FILE, /has no file named "data"/],
		[
			'no file at all',
			async () => ({ json: { title: 'T' } }),
			{ ...FILE, images_binary: '*' },
			/'Images' is empty/,
		],
		['no address', async () => ({ json: {} }), { images: '={{ "" }}' }, /'Images' is empty/],
		['words', async () => ({ json: {} }), { images: 'my picture' }, /which is no web address/],
		['no title', async () => ({ json: {} }), { title: '={{ "" }}' }, /'Title' is empty/],
		[
			'a wrong branch',
			async () => ({ json: {} }),
			{ model_type: 'lorra' },
			/'Model Type' is "lorra"/,
		],
	])('%s', async (_name, row, parameters, words) => {
		const { outputs } = await bed.run([await row()], parameters, CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(words);
		expect(errorsOf(outputs[0])[0]).toMatch(/not charged/);
		expect(bed.calls()).toHaveLength(0);
	});

	test('a data URI is sent as the file that it is', async () => {
		const bytes = await smallGarment(0);
		const images = `data:image/jpeg;base64,${bytes.toString('base64')}`;
		const { error } = await bed.run([{ title: 'T' }], { images });
		expect(error).toBeUndefined();
		const [image] = bed.sandbox.astria.tunes()[0]?.images ?? [];
		expect(image?.data?.equals(bytes)).toBe(true);
		// It says of itself that it is a JPEG, and is a PNG.
		expect(image?.contentType).toBe('image/png');
	});

	test.each<[string, Parameters]>([
		['Other Class', { name: '__other', name_other: '={{ $json.none }}' }],
		['Other Branch', { additionalFields: { branch: '__other', branch_other: '' } }],
		['Other Preset', { additionalFields: { preset: '__other' } }],
	])('%s that is empty: nothing else is made in its place', async (label, parameters) => {
		const { outputs } = await bed.run([{}], parameters, { onError: 'continueRegularOutput' });
		expect(errorsOf(outputs[0])[0]).toMatch(
			new RegExp(`^Item 1: '${label}' is empty\\. Enter it, or .*This row was not charged\\.$`),
		);
		expect(jsonOf(outputs[0])[0]?.details).toMatchObject({ charged: 'no', field: label });
		expect(bed.calls(/POST/)).toHaveLength(0);
	});

	test('more tunes than Max Tunes per Run', async () => {
		const { error } = await bed.run([{}, {}, {}], { options: { maxJobs: 2 } });
		expect(error?.message).toMatch(/more than the 2 of 'Max Tunes per Run'/);
		expect(bed.calls()).toHaveLength(0);
	});

	const tunes = { tunes: [{ tuneId: picked('1504944') }] };
	const PACK = { resource: 'pack', packId: picked('260'), tunes };

	test.each<[string, string, Parameters]>([
		['create', 'Max Tunes per Run', {}],
		['createOrReuse', 'Max Tunes per Run', {}],
		['createTune', 'Max Packs per Run', { ...PACK, mode: 'train' }],
		['createTune', 'Max Packs per Run', { ...PACK, mode: 'reuse' }],
	])('a limit of %s that was added and is empty', async (operation, label, more) => {
		const options = { maxJobs: '={{ $json.budgett }}' };
		const { error } = await bed.run([{}], { operation, ...more, options });
		expect(error?.message).toBe(`'${label}' is empty, so that it limits nothing.`);
		expect(bed.calls()).toHaveLength(0);
	});
});
