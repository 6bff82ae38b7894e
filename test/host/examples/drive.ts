import sharp from 'sharp';

import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { asRecord } from '../guards';
import { until } from '../wait';
import type { HostWorkflow, WorkflowJson } from '../workflow';
import type { Bed } from './bed';
import { loadExample, withFields, withParameters } from './load';

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
	'run',
];

const FOLDERS = {
	models: '1StandInFolder-WithTheModels_0001',
	garments: '1StandInFolder-WithTheGarments_01',
	results: '1StandInFolder-ForTheResults_0001',
};

/** fal's list of what was bought, and an answer that keeps it to itself. */
const HISTORY = /^GET \/v1\/models\/requests/;
const REFUSED = { kind: 'answer', answer: { status: 403 } } as const;

const ENDED = { limitMs: 20_000, everyMs: 50 };

/** Tests of drive-folders.json. */
export function driveTests(up: () => Bed): void {
	const FILE = 'drive-folders.json';

	describe(FILE, () => {
		let example: WorkflowJson;
		let workflow: HostWorkflow;
		/** How many photos were read from Drive. */
		let downloads = 0;

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

		/** Stores it; time is short in tests. */
		const install = async (settleSeconds: number) =>
			await up().install(withParameters(example, 'Let Others Claim', { amount: settleSeconds }));

		const saved = () =>
			up().outside.google.files.filter(({ parents }) => parents.includes(FOLDERS.results));

		const allEnded = async () =>
			await until('the jobs', ENDED, async () => {
				return submits().every(({ completedAt }) => completedAt !== undefined) || undefined;
			});

		beforeEach(async () => {
			const { google } = up().outside;
			downloads = 0;
			google.onDownload = () => {
				downloads += 1;
			};
			google.sheet.fill(COLUMNS, []);
			google.files.length = 0;
			const folder = (id: string) => `https://drive.google.com/drive/folders/${id}`;
			example = withFields(loadExample(FILE), 'Settings', {
				models_folder_url: folder(FOLDERS.models),
				garments_folder_url: folder(FOLDERS.garments),
				results_folder_url: folder(FOLDERS.results),
				sheet_url: google.sheetUrl,
				sheet_name: google.sheet.title,
			});
			workflow = await install(1);
			await addModel('anna', 0);
			await addModel('ben', 1);
			await addGarment('tee', 0);
		});

		afterEach(() => {
			up().sandbox.faults.clear();
			up().sandbox.fal.options.locked = false;
			up().outside.google.onDownload = undefined;
		});

		it('buys each pair once, fetches it later, and takes new photos as new pairs', async () => {
			const { google } = up().outside;
			const first = await run();
			expect(first.bought).toBe(2);
			expect(first.rows.map(({ model, garment, status }) => [model, garment, status])).toEqual([
				['anna', 'tee', 'submitted'],
				['ben', 'tee', 'submitted'],
			]);

			await allEnded();
			await addGarment('sweater', 3);
			google.addFile('notes.txt', 'text/plain', FOLDERS.garments, Buffer.from('-'));
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
				const thumbnail = `https://drive.google.com/thumbnail?id=${file.id}&sz=w600`;
				expect(row?.preview).toBe(`=IMAGE("${thumbnail}")`);
				expect(google.sheet.formulas()).toContain(row?.preview);
				expect(Number(row?.cost)).toBeGreaterThan(0);
			}

			const before = downloads;
			expect((await run()).bought).toBe(0);
			expect(saved()).toHaveLength(4);
			// Nothing new, and no photo is read.
			expect(downloads).toBe(before);
			// Two models and two garments, each once for the pairs that it is in.
			expect(downloads).toBe(3 + 3);
		});

		it('takes a status as a person types it', async () => {
			const { google } = up().outside;
			const { rows } = await run();
			await allEnded();
			const typed = [' Submitted ', 'SUBMITTED'];
			google.sheet.fill(
				COLUMNS,
				rows.map((row, index) => ({ ...row, status: typed[index] ?? '' })),
			);
			const again = await run();
			expect(again.bought).toBe(0);
			expect(again.rows.map(({ status }) => status)).toEqual(['done', 'done']);
		});

		it('lets go of a pair whose photo Drive does not hand out, and buys the others', async () => {
			const { google } = up().outside;
			const [anna, ben] = google.files;
			google.refuseDownload = anna?.id;
			const first = await run();
			expect(first.bought).toBe(1);
			const reason = 'The photo of the model was not read from Drive. The next run tries again.';
			expect(first.rows).toMatchObject([
				{ model: 'anna', status: '', reason },
				{ model: 'ben', status: 'submitted' },
			]);
			// Nobody gets another one's photo.
			const sent = await fetch(String(asRecord(submits().at(-1)?.input).model_image));
			expect(Buffer.from(await sent.arrayBuffer()).equals(ben?.bytes ?? Buffer.of())).toBe(true);
			google.refuseDownload = undefined;
			const second = await run();
			expect(second.bought).toBe(1);
			expect(second.rows).toMatchObject([
				{ model: 'anna', status: 'submitted', reason: '' },
				{ model: 'ben' },
			]);
			expect(second.rows).toHaveLength(2);
			await allEnded();
		});

		it('lets go of all pairs when Drive hands out nothing', async () => {
			const { google } = up().outside;
			google.refuseDownload = 'all';
			const { bought, rows } = await run();
			google.refuseDownload = undefined;
			expect(bought).toBe(0);
			expect(rows).toMatchObject([
				{ status: '', reason: expect.stringMatching(/was not read from Drive/) },
				{ status: '', reason: expect.stringMatching(/was not read from Drive/) },
			]);
			expect((await run()).bought).toBe(2);
			await allEnded();
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

		it('submits in the next run what a locked account did not take', async () => {
			const { fal } = up().sandbox;
			fal.options.locked = 'Exhausted balance.';
			for (const _ of [1, 2]) {
				const { bought, rows } = await run();
				expect(bought).toBe(0);
				expect(rows).toMatchObject([
					{ model: 'anna', status: '', reason: expect.stringMatching(/locked the account/) },
					{ model: 'ben', status: '', reason: expect.stringMatching(/locked the account/) },
				]);
				expect(rows).toHaveLength(2);
			}
			fal.options.locked = false;
			const { bought, rows } = await run();
			expect(bought).toBe(2);
			expect(rows).toMatchObject([
				{ model: 'anna', status: 'submitted', reason: '' },
				{ model: 'ben', status: 'submitted', reason: '' },
			]);
			expect(rows).toHaveLength(2);
			await allEnded();
			expect((await run()).rows.map(({ status }) => status)).toEqual(['done', 'done']);
		});

		it('asks a person to look when it is unknown whether a pair was bought', async () => {
			const { faults } = up().sandbox;
			faults.add({ on: /^POST .*tryon/, fault: { kind: 'resetAfter' } });
			faults.add({ on: HISTORY, fault: REFUSED, times: 9 });
			const first = await run();
			faults.clear();
			expect(first.bought).toBe(2);
			expect(first.rows.map(({ status }) => status).sort()).toEqual(['check', 'submitted']);
			const unknown = first.rows.find(({ status }) => status === 'check');
			expect(unknown?.reason).toMatch(/unknown whether fal took it.*fal\.ai\/dashboard\/requests/s);
			await allEnded();
			const { bought, rows } = await run();
			expect(bought).toBe(0);
			expect(rows.map(({ status }) => status).sort()).toEqual(['check', 'done']);

			// What the note says: look at fal.ai, and put the ID in.
			const lost = submits()
				.slice(-2)
				.find(({ requestId }) => rows.every((row) => row.request_id !== requestId));
			const found = { status: 'submitted', request_id: lost?.requestId ?? '' };
			up().outside.google.sheet.fill(
				COLUMNS,
				rows.map((row) => (row.status === 'check' ? { ...row, ...found } : row)),
			);
			const last = await run();
			expect(last.bought).toBe(0);
			expect(last.rows.map(({ status }) => status)).toEqual(['done', 'done']);
			expect(saved()).toHaveLength(2);
		});

		it('buys nothing in a sheet without the column of the runs, and says so', async () => {
			const { google } = up().outside;
			google.sheet.fill(
				COLUMNS.filter((name) => name !== 'run'),
				[],
			);
			const before = submits().length;
			const id = await up().rest.runManually(workflow, 'Every 15 Minutes');
			const { error } = await up().rest.waitForExecution(id);
			expect(error?.message).toMatch(/column/i);
			expect(submits()).toHaveLength(before);
		});

		it('buys no pair twice when runs overlap', async () => {
			const before = submits().length;
			workflow = await install(3);
			const start = async () => await up().rest.runManually(workflow, 'Every 15 Minutes');
			const together = await Promise.all([start(), start()]);
			await until('a claim', ENDED, async () => {
				return up().outside.google.sheet.records().length > 0 || undefined;
			});
			const late = await start();
			for (const id of [...together, late]) {
				const { error } = await up().rest.waitForExecution(id);
				expect(error?.message).toBeUndefined();
			}
			expect(submits()).toHaveLength(before + 2);
			await allEnded();
			const { bought, rows } = await run();
			expect(bought).toBe(0);
			expect(rows.map(({ model, status }) => [model, status])).toEqual([
				['anna', 'done'],
				['ben', 'done'],
			]);
		});

		it('buys nothing that another run has taken while this one looked at the folders', async () => {
			const { google } = up().outside;
			const before = submits().length;
			const [{ id: anna = '' } = {}, { id: ben = '' } = {}, { id: tee = '' } = {}] = google.files;
			const taken = { status: 'submitted', request_id: 'of-another-run', run: 'another' };
			google.onList = () =>
				google.sheet.fill(COLUMNS, [
					{ pair: `${anna} ${tee}`, model: 'anna', garment: 'tee', ...taken },
				]);
			await run();
			google.onList = undefined;
			expect(submits()).toHaveLength(before + 1);
			expect(google.sheet.records()).toMatchObject([
				{ pair: `${anna} ${tee}`, ...taken },
				{ pair: `${ben} ${tee}`, status: 'submitted' },
			]);
			await allEnded();
		});

		it('buys nothing twice when n8n was killed in the middle, twice in a row', async () => {
			const { faults } = up().sandbox;
			const before = submits().length;
			await addGarment('sweater', 3);
			// The answers never come: n8n is killed while it waits for them.
			faults.add({ on: /^POST .*tryon/, fault: { kind: 'hangAfter' }, times: 99 });
			await up().rest.runManually(workflow, 'Every 15 Minutes');
			await until('a purchase', ENDED, async () => submits().length > before || undefined);
			await up().crash();
			faults.clear();
			const bought = submits().length;
			for (const _ of [1, 2]) {
				const again = await run();
				expect(again.bought).toBe(0);
				expect(again.rows.map(({ status }) => status)).toEqual(Array(4).fill('claimed'));
			}
			expect(submits()).toHaveLength(bought);
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
