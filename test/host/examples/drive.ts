import sharp from 'sharp';

import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { until } from '../wait';
import type { HostWorkflow } from '../workflow';
import { type Bed, pictureFormat } from './bed';
import { loadExample, withFields } from './load';

const COLUMNS = [
	'pair',
	'model',
	'garment',
	'status',
	'request_id',
	'preview',
	'drive_url',
	'cost',
	'reason',
];

const FOLDERS = {
	models: '1StandInFolder-WithTheModels_0001',
	garments: '1StandInFolder-WithTheGarments_01',
	results: '1StandInFolder-ForTheResults_0001',
};

const ENDED = { limitMs: 20_000, everyMs: 50 };

/** Tests of drive-folders.json. */
export function driveTests(up: () => Bed): void {
	const FILE = 'drive-folders.json';

	describe(FILE, () => {
		let workflow: HostWorkflow;

		const submits = () => up().sandbox.fal.submits();

		const addModel = async (name: string, number: number) =>
			up().outside.google.addFile(
				`${name}.jpg`,
				'image/jpeg',
				FOLDERS.models,
				await samplePerson(number),
			);
		const addGarment = async (name: string, number: number) =>
			up().outside.google.addFile(
				`${name}.png`,
				'image/png',
				FOLDERS.garments,
				await sampleGarment(number),
			);

		/** One run, as the schedule starts it; what it has bought, and the sheet after it. */
		async function run() {
			const { google } = up().outside;
			const before = submits().length;
			const id = await up().rest.runManually(workflow, 'Every 15 Minutes');
			const execution = await up().rest.waitForExecution(id);
			expect(execution.error?.message).toBeUndefined();
			return { bought: submits().length - before, rows: google.sheet.records() };
		}

		const saved = () =>
			up().outside.google.files.filter(({ parents }) => parents.includes(FOLDERS.results));

		const allEnded = async () =>
			await until('the jobs', ENDED, async () => {
				return submits().every(({ completedAt }) => completedAt !== undefined) || undefined;
			});

		beforeEach(async () => {
			const { google } = up().outside;
			google.sheet.fill(COLUMNS, []);
			google.files.length = 0;
			const folder = (id: string) => `https://drive.google.com/drive/folders/${id}`;
			workflow = await up().install(
				withFields(loadExample(FILE), 'Settings', {
					models_folder_url: folder(FOLDERS.models),
					garments_folder_url: folder(FOLDERS.garments),
					results_folder_url: folder(FOLDERS.results),
					sheet_url: google.sheetUrl,
					sheet_name: google.sheet.title,
				}),
			);
			await addModel('anna', 0);
			await addModel('ben', 1);
			await addGarment('tee', 0);
		});

		it('buys each pair once, fetches it later, and takes new photos as new pairs', async () => {
			const first = await run();
			expect(first.bought).toBe(2);
			expect(first.rows.map(({ model, garment, status }) => [model, garment, status])).toEqual([
				['anna', 'tee', 'submitted'],
				['ben', 'tee', 'submitted'],
			]);

			await allEnded();
			await addGarment('sweater', 3);
			up().outside.google.addFile('notes.txt', 'text/plain', FOLDERS.garments, Buffer.from('-'));
			const second = await run();
			expect(second.bought).toBe(2);
			expect(second.rows.map(({ garment, status }) => [garment, status])).toEqual([
				['tee', 'done'],
				['tee', 'done'],
				['sweater', 'submitted'],
				['sweater', 'submitted'],
			]);

			await allEnded();
			const third = await run();
			expect(third.bought).toBe(0);
			expect(third.rows.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
			expect(saved().map(({ name }) => name)).toEqual([
				'anna in tee.png',
				'ben in tee.png',
				'anna in sweater.png',
				'ben in sweater.png',
			]);
			for (const [index, file] of saved().entries()) {
				const row = third.rows[index];
				expect((await sharp(file.bytes).metadata()).format).toBe('png');
				expect(row).toMatchObject({ drive_url: file.webViewLink, reason: '' });
				const address = /^=IMAGE\("(.+)"\)$/.exec(String(row?.preview))?.[1] ?? '';
				expect(await pictureFormat(address)).toBe('png');
				expect(Number(row?.cost)).toBeGreaterThan(0);
			}

			expect((await run()).bought).toBe(0);
			expect(saved()).toHaveLength(4);
		});

		it('leaves a job that is not finished to the next run', async () => {
			const { faults } = up().sandbox;
			await run();
			const status = { status: 'IN_PROGRESS', logs: [] };
			const answer = { status: 202, body: status };
			faults.add({ on: /^GET .+\/status/, fault: { kind: 'answer', answer }, times: 2 });
			const unfinished = await run();
			faults.clear();
			expect(unfinished.bought).toBe(0);
			expect(unfinished.rows.map((row) => row.status)).toEqual(['submitted', 'submitted']);
			expect(saved()).toEqual([]);
			await allEnded();
			const { bought, rows } = await run();
			expect(bought).toBe(0);
			expect(rows.map((row) => row.status)).toEqual(['done', 'done']);
			expect(saved()).toHaveLength(2);
		});

		it('gives up a job only when fal says that it has ended', async () => {
			const { faults, fal } = up().sandbox;
			const detail = [{ loc: ['body'], msg: 'Not this one.', type: 'content_policy_violation' }];
			const refused = { kind: 'model', answer: { status: 422, body: { detail } } } as const;
			const first = submits().length;
			fal.options.outcome = () => (submits().length === first + 1 ? refused : undefined);
			await run();
			fal.options.outcome = undefined;
			await allEnded();
			faults.add({
				on: /^GET .+\/status/,
				fault: { kind: 'answer', answer: { status: 401 } },
				times: 2,
			});
			const troubled = await run();
			faults.clear();
			expect(troubled.rows).toMatchObject([
				{ status: 'submitted', reason: expect.stringMatching(/key of the credential/) },
				{ status: 'submitted' },
			]);
			const { bought, rows } = await run();
			expect(bought).toBe(0);
			expect(rows.map(({ status }) => status).sort()).toEqual(['done', 'failed']);
			expect(rows.find(({ status }) => status === 'failed')?.reason).toMatch(/Not this one/);
			expect(saved()).toHaveLength(1);
		});

		it('fetches a picture again that Drive did not take', async () => {
			const { google } = up().outside;
			await run();
			await allEnded();
			google.refuseFile = 'ben in tee.png';
			const refused = await run();
			google.refuseFile = undefined;
			expect(refused.rows).toMatchObject([
				{ model: 'anna', status: 'done' },
				{ model: 'ben', status: 'submitted', reason: expect.stringMatching(/^Not saved to Drive/) },
			]);
			const { bought, rows } = await run();
			expect(bought).toBe(0);
			expect(rows).toMatchObject([
				{ model: 'anna', status: 'done' },
				{ model: 'ben', status: 'done', reason: '' },
			]);
			expect(saved()).toHaveLength(2);
		});

		it('does not buy a pair that was cut off between its line and its purchase', async () => {
			const { google } = up().outside;
			const [anna, , tee] = google.files;
			google.sheet.fill(COLUMNS, [{ pair: `${anna?.id} ${tee?.id}`, status: 'claimed' }]);
			const { bought, rows } = await run();
			expect(bought).toBe(1);
			expect(rows).toMatchObject([{ status: 'claimed' }, { model: 'ben', status: 'submitted' }]);
			await allEnded();
		});

		it('says which photo is none', async () => {
			up().outside.google.addFile('torn.png', 'image/png', FOLDERS.garments, Buffer.from('torn'));
			const { bought, rows } = await run();
			expect(bought).toBe(2);
			const torn = rows.filter(({ garment }) => garment === 'torn');
			expect(torn).toHaveLength(2);
			for (const { status, reason } of torn) {
				expect(status).toBe('failed');
				expect(reason).toMatch(/^'?Garment Image'? is not a picture/);
			}
			await allEnded();
		});
	});
}
