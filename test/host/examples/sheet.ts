import sharp from 'sharp';

import { asRecord } from '../guards';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, withFields } from './load';

const COLUMNS = [
	'sku',
	'model_photo',
	'garment_photo',
	'category',
	'status',
	'image_url',
	'drive_url',
	'request_id',
	'reason',
];

/** Tests of scheduled-from-a-sheet.json. */
export function sheetTests(up: () => Bed): void {
	const FILE = 'scheduled-from-a-sheet.json';

	async function runOn(rows: Array<Record<string, string>>) {
		const { google } = up().outside;
		google.sheet.fill(COLUMNS, rows);
		google.files.length = 0;
		const before = up().sandbox.fal.submits().length;
		const example = withFields(loadExample(FILE), 'Settings', {
			sheet_url: google.sheetUrl,
			sheet_name: google.sheet.title,
			drive_folder_url: google.folderUrl,
		});
		const workflow = await up().install(example);
		const id = await up().rest.runManually(workflow, 'Every Hour');
		const execution = await up().rest.waitForExecution(id);
		expect(execution.error?.message).toBeUndefined();
		return {
			execution,
			submits: up().sandbox.fal.submits().slice(before),
			rows: google.sheet.records(),
			files: google.files,
		};
	}

	describe(FILE, () => {
		it('dresses new rows, says why one failed, and leaves done rows alone', async () => {
			const photos = {
				model_photo: await personUrl(up(), 0),
				garment_photo: await garmentUrl(up(), 0),
			};
			const done = { sku: 'B', ...photos, status: 'done', image_url: 'kept', request_id: 'kept' };
			const { submits, rows, files } = await runOn([
				{ sku: 'A', ...photos, category: 'tops' },
				done,
				{ sku: 'C', ...photos, category: 'hat' },
				{ sku: 'D', ...photos },
				{ sku: '', status: '' },
			]);

			expect(submits).toHaveLength(2);
			const idOf = (category: string) =>
				submits.find(({ input }) => asRecord(input).category === category)?.requestId;
			expect([idOf('tops'), idOf('auto')]).not.toContain(undefined);

			expect(files.map(({ name, parents }) => ({ name, parents }))).toEqual([
				{ name: 'A.png', parents: [up().outside.google.folderId] },
				{ name: 'D.png', parents: [up().outside.google.folderId] },
			]);
			for (const { bytes } of files) expect((await sharp(bytes).metadata()).format).toBe('png');

			const [a, b, c, d, e] = rows;
			const made = [
				{ row: a, category: 'tops', file: files[0] },
				{ row: d, category: 'auto', file: files[1] },
			];
			for (const { row, category, file } of made) {
				const id = idOf(category);
				expect(row).toMatchObject({ status: 'done', request_id: id, reason: '' });
				expect(row?.drive_url).toBe(file?.webViewLink);
				expect(await pictureFormat(String(row?.image_url))).toBe('png');
			}
			expect(b).toMatchObject(done);
			expect(c).toMatchObject({ sku: 'C', status: 'failed', image_url: '', request_id: '' });
			expect(c?.reason).toMatch(/^'Category' is "hat".* not charged\.$/s);
			expect(e).toMatchObject({ sku: '', status: '' });
		});

		it('keeps what was paid for when Drive does not take it', async () => {
			const { google } = up().outside;
			const photos = {
				model_photo: await personUrl(up(), 1),
				garment_photo: await garmentUrl(up(), 1),
			};
			google.refuseFile = 'A.png';
			const { rows, files } = await runOn([
				{ sku: 'A', ...photos },
				{ sku: 'B', ...photos },
			]);
			google.refuseFile = undefined;
			expect(files.map(({ name }) => name)).toEqual(['B.png']);
			const [a, b] = rows;
			expect(a).toMatchObject({ status: 'done', drive_url: '' });
			expect(a?.reason).toMatch(/^Not saved to Drive: /);
			expect(await pictureFormat(String(a?.image_url))).toBe('png');
			expect(b).toMatchObject({ status: 'done', reason: '', drive_url: files[0]?.webViewLink });
		});

		it('does nothing when there is nothing to do', async () => {
			const { submits, rows } = await runOn([{ sku: 'A', status: 'running' }]);
			expect(submits).toEqual([]);
			expect(rows).toMatchObject([{ sku: 'A', status: 'running', reason: '' }]);
		});
	});
}
