import { asRecord } from '../guards';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, nodesOf, withFields } from './load';

/** What a picture costs in the sandbox: FASHN's as fal documents it, Astria's by its own mark. */
const FASHN_PICTURE = 0.075;
const ASTRIA_PICTURE = 0.04;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tests of what-did-we-buy-fashn.json and what-did-we-buy-astria.json. */
export function boughtTests(up: () => Bed): void {
	/** The columns that an example writes, in front of one that is the user's own. */
	function columnsOf(file: string): string[] {
		const write = nodesOf(loadExample(file)).find(({ name }) => name === 'Write Rows');
		const { value } = asRecord(write?.parameters.columns);
		return [...Object.keys(asRecord(value)), 'note'];
	}

	/** Runs an example on the sheet as it is. @returns its rows, by what names them */
	async function rebuild(file: string, key: string) {
		const { google } = up().outside;
		const example = withFields(loadExample(file), 'Settings', {
			sheet_url: google.sheetUrl,
			sheet_name: google.sheet.title,
		});
		const id = await up().rest.runManually(await up().install(example), 'Every Monday');
		const execution = await up().rest.waitForExecution(id);
		expect(execution.error?.message).toBeUndefined();
		const rows = google.sheet.records();
		const byKey = new Map(rows.map((row) => [String(row[key]), row]));
		expect(byKey.size).toBe(rows.length);
		return byKey;
	}

	function linesOf(cell: unknown): string[] {
		return String(cell).split('\n');
	}

	describe('what-did-we-buy-fashn.json', () => {
		const FILE = 'what-did-we-buy-fashn.json';

		/** Submits a job past the node, as another program does: Get Many has to find that too. @returns its id */
		async function submit(input: object): Promise<string> {
			const { url, key } = up().sandbox.fal;
			const answer = await fetch(`${url}/fal-ai/fashn/tryon/v1.6`, {
				method: 'POST',
				headers: { Authorization: `Key ${key}`, 'Content-Type': 'application/json' },
				body: JSON.stringify(input),
			});
			return String(asRecord(await answer.json()).request_id);
		}

		async function untilEnded(ids: string[]): Promise<void> {
			const { fal } = up().sandbox;
			const open = () =>
				fal
					.submits()
					.some(
						({ requestId, completedAt }) => ids.includes(requestId) && completedAt === undefined,
					);
			while (open()) await new Promise((resolve) => setTimeout(resolve, 50));
			// The history shows a job a moment after its end.
			await new Promise((resolve) => setTimeout(resolve, 2 * fal.options.historyDelayMs));
		}

		it('writes what was bought into a new sheet, once, with photos, pictures and costs', async () => {
			const { sandbox, outside } = up();
			const photos = {
				model_image: await personUrl(up(), 3),
				garment_image: await garmentUrl(up(), 3),
			};
			const long = `data:image/png;base64,${'A'.repeat(60_000)}`;
			sandbox.fal.options.balance = 10;
			const ids = [
				await submit({ ...photos, seed: 1 }),
				await submit({ ...photos, num_samples: 3, category: 'tops' }),
				await submit({ ...photos, garment_image: long }),
			];
			const [one = '', three = '', bad = ''] = ids;
			await untilEnded(ids);
			outside.google.sheet.fill(columnsOf(FILE), []);
			const rows = await rebuild(FILE, 'request_id');

			const given = { model_photo: photos.model_image, garment_photo: photos.garment_image };
			expect(rows.get(one)).toMatchObject({
				...given,
				status: 'done',
				cost: FASHN_PICTURE,
				currency: 'USD',
				reason: '',
			});
			expect(JSON.parse(String(rows.get(one)?.input))).toMatchObject({ ...photos, seed: 1 });
			expect(Date.parse(String(rows.get(one)?.ordered_at))).toBeLessThan(Date.now());
			expect(rows.get(three)).toMatchObject({
				...given,
				status: 'done',
				cost: expect.closeTo(3 * FASHN_PICTURE, 6),
			});
			const pictures = linesOf(rows.get(three)?.image_urls);
			expect(pictures).toHaveLength(3);
			for (const picture of pictures) expect(await pictureFormat(picture)).toBe('png');
			expect(rows.get(bad)).toMatchObject({ status: 'failed', image_urls: '', cost: '' });
			expect(rows.get(bad)?.reason).toMatch(/^The model answered 4/);

			// What the rows say is what the account was billed.
			const sum = ids.reduce((whole, id) => whole + Number(rows.get(id)?.cost), 0);
			expect(10 - sandbox.fal.options.balance).toBeCloseTo(sum, 6);
			sandbox.fal.options.balance = undefined;

			// Once more: nothing is there twice, and the user's own column stays.
			const columns = columnsOf(FILE);
			const line = [...rows.keys()].indexOf(one) + 2;
			outside.google.sheet.write(line, columns.indexOf('note'), 'SKU-1');
			const again = await rebuild(FILE, 'request_id');
			expect([...again.keys()]).toEqual([...rows.keys()]);
			expect(again.get(one)).toEqual({ ...rows.get(one), note: 'SKU-1' });
		});
	});

	describe('what-did-we-buy-astria.json', () => {
		const FILE = 'what-did-we-buy-astria.json';
		const NANO_BANANA = 4180298;

		/** Makes something past the node, as another program does: Get Many has to find that too. @returns its id */
		async function make(path: string, body: object, workspace?: number): Promise<number> {
			const { url, key, settle } = up().sandbox.astria;
			const answer = await fetch(`${url}${path}`, {
				method: 'POST',
				headers: {
					Authorization: `Bearer ${key}`,
					'Content-Type': 'application/json',
					'User-Agent': 'another-workflow/1',
					...(workspace !== undefined && { 'X-Workspace-Id': String(workspace) }),
				},
				body: JSON.stringify(body),
			});
			const id = Number(asRecord(await answer.json()).id);
			await settle(id);
			return id;
		}

		async function reference(title: string, name: string, photo: string): Promise<number> {
			const kind = { model_type: 'faceid', base_tune_id: NANO_BANANA };
			return await make('/tunes', { tune: { title, name, image_urls: [photo], ...kind } });
		}

		async function prompt(text: string, more: object = {}, workspace?: number): Promise<number> {
			const path = `/tunes/${NANO_BANANA}/prompts`;
			return await make(path, { prompt: { text, ...more } }, workspace);
		}

		it('writes what was made in all workspaces, with references, pictures and costs', async () => {
			const { sandbox, outside } = up();
			const { options } = sandbox.astria;
			const anna = await reference('Anna', 'woman', await personUrl(up(), 4));
			const coat = await reference('SKU-7', 'coat', await garmentUrl(up(), 4));
			options.clockSkewMs = -15 * DAY_MS;
			const old = await prompt('long ago');
			options.clockSkewMs = 0;
			const balances = () =>
				options.account.usd_balance_mc + (options.workspaces[0]?.payer?.usd_balance_mc ?? 0);
			const before = balances();
			const text = `<faceid:${anna}:1> woman wearing <faceid:${coat}:1> coat`;
			const mine = await prompt(text, { num_images: 2 });
			const theirs = await prompt('a street', {}, 41);
			const failed = await prompt('an error');
			outside.google.sheet.fill(columnsOf(FILE), []);
			const rows = await rebuild(FILE, 'prompt_id');

			expect(rows.has(String(old))).toBe(false);
			const row = rows.get(String(mine));
			expect(row).toMatchObject({
				status: 'done',
				workspace_id: '',
				tune_id: NANO_BANANA,
				text,
				references: 'Anna\nSKU-7',
				cost: expect.closeTo(2 * ASTRIA_PICTURE, 6),
				currency: 'USD',
				reason: '',
			});
			const shown = [...linesOf(row?.reference_photos), ...linesOf(row?.image_urls)];
			expect(shown).toHaveLength(4);
			for (const address of shown) expect(await pictureFormat(address)).toBeDefined();
			expect(JSON.parse(String(row?.input))).toMatchObject({ text, num_images: 2 });
			expect(rows.get(String(theirs))).toMatchObject({ workspace_id: 41, cost: ASTRIA_PICTURE });
			expect(rows.get(String(failed))).toMatchObject({
				status: 'failed',
				image_urls: '',
				cost: '',
				reason: 'The provider refused this prompt.',
			});
			const sum = [mine, theirs].reduce((all, id) => all + Number(rows.get(String(id))?.cost), 0);
			expect((before - balances()) / 100_000).toBeCloseTo(sum, 6);
			expect([...(await rebuild(FILE, 'prompt_id')).keys()]).toEqual([...rows.keys()]);
		});
	});
}
