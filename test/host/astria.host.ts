import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';

import { raiseStage, type Stage } from '../../demo/stage';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { outputItems, type OutputItem } from './execution';
import { version } from './version';
import { behindWebhook, UNDER_TEST } from './workflows';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

/** Base models of Astria (docs.astria.ai, Gallery). */
const REALISTIC_VISION = '690204';

describe(`Astria in a real n8n ${version}`, () => {
	let folder: string;
	let stage: Stage | undefined;
	let runs = 0;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'try-on-astria-'));
		stage = await raiseStage({
			version,
			folder: path.join(folder, 'stage'),
			sandbox: { astria: { trainingMs: 500, generationMs: 400 } },
			say: (line) => void process.stderr.write(`${line}\n`),
		});
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await stage?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function up(): Stage {
		if (stage) return stage;
		throw new Error('The stage is not up');
	}

	/** Runs one of Astria's nodes for what a webhook was sent. */
	async function run(
		type: 'astriaTune' | 'astriaPrompt',
		parameters: Record<string, unknown>,
		body: unknown = { n: 1 },
	): Promise<OutputItem[]> {
		const { rest, credentials } = up();
		runs += 1;
		const workflow = behindWebhook(`astria-${runs}`, {
			type,
			credential: 'astriaApi',
			parameters,
		});
		const stored = await rest.importWorkflow(workflow, credentials);
		await rest.activate(stored);
		const id = await rest.runByWebhook(stored, { body });
		return outputItems(await rest.waitForExecution(id), UNDER_TEST);
	}

	/** A form as a browser sends it, with one file a field. */
	function form(files: Record<string, { bytes: Buffer; type: string }>): FormData {
		const data = new FormData();
		for (const [name, { bytes, type }] of Object.entries(files)) {
			data.append(name, new Blob([new Uint8Array(bytes)], { type }), `${name}.bin`);
		}
		return data;
	}

	async function personFile(n: number) {
		return { bytes: await samplePerson(n), type: 'image/jpeg' };
	}

	async function garmentFile(n: number) {
		return { bytes: await sampleGarment(n), type: 'image/png' };
	}

	const picked = (id: unknown) => ({ __rl: true, mode: 'id', value: String(id) });

	async function formatsOf(items: OutputItem[]): Promise<Array<string | undefined>> {
		return await Promise.all(
			items.map(async ({ binary }) => {
				const bytes = binary.data && (await up().rest.downloadBinary(binary.data));
				return (await sharp(bytes).metadata()).format;
			}),
		);
	}

	it('tells a right key from a wrong one', async () => {
		const { rest, sandbox, credentials } = up();
		const stored = credentials.find(({ type }) => type === 'astriaApi');
		if (!stored) throw new Error('There is no credential for Astria');
		const test = async (apiKey: string) =>
			await rest.testCredential({ ...stored, data: { apiKey, baseUrl: sandbox.astria.url } });
		expect(await test(sandbox.astria.key)).toMatchObject({ status: 'OK' });
		expect(await test('sd_wrong')).toMatchObject({ status: 'Error' });
	});

	it('trains a tune from three files, and gets, lists, updates and deletes it', async () => {
		const files = form({
			front: await personFile(0),
			left: await personFile(1),
			right: await personFile(2),
		});
		const [made] = await run(
			'astriaTune',
			{
				resource: 'tune',
				operation: 'create',
				title: 'Anna',
				name: 'woman',
				images_source: 'binary',
				images_binary: 'front, left, right',
				base_tune_id: { __rl: true, mode: 'list', value: '' },
				model_type: 'checkpoint',
				additionalFields: { branch: 'fast' },
				wait: 'none',
			},
			files,
		);
		expect(made?.json).toMatchObject({ title: 'Anna', branch: 'fast', trained: false });
		const tuneId = made?.json.tuneId;
		const [creation] = up().sandbox.astria.creations().slice(-1);
		expect(creation).toMatchObject({ kind: 'tune', encoding: 'multipart' });

		const one = { resource: 'tune', tuneId: picked(tuneId) };
		const [waited] = await run('astriaTune', { ...one, operation: 'wait' });
		expect(waited?.json).toMatchObject({ tuneId, trained: true });
		const [got] = await run('astriaTune', { ...one, operation: 'get' });
		expect(got?.json).toMatchObject({ tuneId, title: 'Anna', trained: true });

		await run('astriaTune', {
			resource: 'tune',
			operation: 'create',
			title: 'Second',
			name: 'shirt',
			images: up().sandbox.media.publish(await sampleGarment(0), 'image/png'),
			base_tune_id: picked(REALISTIC_VISION),
			model_type: 'faceid',
		});
		const listed = await run('astriaTune', { resource: 'tune', operation: 'getAll', limit: 2 });
		expect(listed.map(({ json }) => json.title)).toEqual(['Second', 'Anna']);

		const changed = { ...one, operation: 'update', updateFields: { title: 'Anna B' } };
		expect((await run('astriaTune', changed))[0]?.json).toMatchObject({ title: 'Anna B' });
		const [deleted] = await run('astriaTune', { ...one, operation: 'delete' });
		expect(deleted?.json).toMatchObject({ deleted: true });
	});

	it("runs the site's own recipe: person, garment, pasted block, four pictures", async () => {
		const { media } = up().sandbox;
		const garment = media.publish(await sampleGarment(1), 'image/png');
		const [person] = await run('astriaTune', {
			resource: 'tune',
			operation: 'create',
			title: 'Person of the recipe',
			name: 'woman',
			images: media.publish(await samplePerson(0), 'image/jpeg'),
			base_tune_id: picked(REALISTIC_VISION),
			model_type: 'checkpoint',
			additionalFields: { branch: 'sd15', token: 'ohwx' },
		});
		const [clothing] = await run('astriaTune', {
			resource: 'tune',
			operation: 'create',
			title: 'Garment of the recipe',
			name: 'clothing',
			images: garment,
			base_tune_id: picked(REALISTIC_VISION),
			model_type: 'faceid',
		});
		const block = await readFile(path.join(__dirname, 'recipe.txt'), 'utf8');
		const pictures = await run('astriaPrompt', {
			resource: 'prompt',
			operation: 'create',
			tuneId: picked(person?.json.tuneId),
			text_block: block
				.replace('GARMENT', String(clothing?.json.tuneId))
				.replace('PICTURE', garment),
		});
		expect(pictures).toHaveLength(4);
		expect(new Set(await formatsOf(pictures)).has(undefined)).toBe(false);
		expect(pictures[0]?.json).toMatchObject({ imageCount: 4, tuneId: person?.json.tuneId });
	});

	it('trains a tune with a pack, and hands out the pictures that it makes then', async () => {
		const { media, astria } = up().sandbox;
		const before = astria.creations().length;
		const pictures = await run('astriaTune', {
			resource: 'pack',
			operation: 'createTune',
			packId: picked('260'),
			title: 'Person of the pack',
			name: 'woman',
			images: media.publish(await samplePerson(2), 'image/jpeg'),
			waitForPictures: true,
		});
		const [first] = pictures;
		expect(first?.json).toMatchObject({ packId: '260', status: 'COMPLETED' });
		expect(new Set(pictures.map(({ json }) => json.tuneId)).size).toBe(1);
		expect(new Set(pictures.map(({ json }) => json.promptId)).size).toBeGreaterThan(1);
		expect(new Set(await formatsOf(pictures)).has(undefined)).toBe(false);
		expect(astria.creations()).toHaveLength(before + 1);
	});

	it('dresses a person in one node from two files', async () => {
		const pictures = await run(
			'astriaPrompt',
			{
				resource: 'tryOn',
				operation: 'dressPerson',
				person_source: 'binary',
				person_binary: 'person',
				person_class: 'woman',
				garments: {
					garment: [{ garment_source: 'binary', garment_binary: 'dress', garment_class: 'dress' }],
				},
				scene: 'clean white studio background',
			},
			form({ person: await personFile(1), dress: await garmentFile(2) }),
		);
		expect(pictures.length).toBeGreaterThan(0);
		expect((await formatsOf(pictures))[0]).toBeDefined();
		expect(pictures[0]?.json.promptId).toBeDefined();
	});

	it('leaves no key in what n8n has logged', () => {
		expect(up().host.log()).not.toContain(up().sandbox.astria.key);
	});
});
