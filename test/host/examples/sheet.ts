import sharp from 'sharp';

import { asRecord } from '../guards';
import { until } from '../wait';
import type { HostWorkflow } from '../workflow';
import { type Bed, garmentUrl, personUrl } from './bed';
import { loadExample, withFields, withParameters } from './load';

const COLUMNS = [
	'sku',
	'model_photo',
	'garment_photo',
	'category',
	'status',
	'picture_1',
	'picture_2',
	'picture_3',
	'picture_4',
	'drive_url',
	'request_id',
	'cost',
	'reason',
	'run',
];

const SOON = { limitMs: 40_000, everyMs: 20 };
/** Of a hundred rows, on a machine that has other things to do. */
const RUN_LIMIT_MS = 240_000;
const LONG_AGO = '2026-01-01T00:00:00.000Z';
/** Of one picture, as the stand-in fal bills it. */
const PRICE = 0.075;

/** A job whose machine went away: it has ended, and fal bills nothing for it. */
const LOST = {
	kind: 'request',
	status: 503,
	errorType: 'runner_disconnected',
	message: 'The runner went away',
} as const;

/** fal's list of what was bought, and an answer that keeps it to itself. */
const HISTORY = /^GET \/v1\/models\/requests/;
const REFUSED = { kind: 'answer', answer: { status: 403 } } as const;

type Row = Record<string, string | number | boolean>;

/** Tests of scheduled-from-a-sheet.json. */
export function sheetTests(up: () => Bed): void {
	const FILE = 'scheduled-from-a-sheet.json';

	/** A sheet with these rows, and the example as a person sets it; time is short in tests. */
	async function setUp(
		rows: readonly Row[],
		{ settings = {}, settleSeconds = 1, columns = COLUMNS } = {},
	) {
		const { google } = up().outside;
		google.sheet.fill(columns, rows);
		google.files.length = 0;
		const set = withFields(loadExample(FILE), 'Settings', {
			sheet_url: google.sheetUrl,
			sheet_name: google.sheet.title,
			drive_folder_url: google.folderUrl,
			...settings,
		});
		const example = withParameters(set, 'Let Others Claim', { amount: settleSeconds });
		const workflow = await up().install(example);
		const { slack } = up().outside;
		const [firstSubmit, firstMessage] = [up().sandbox.fal.submits().length, slack.messages.length];
		return {
			example,
			workflow,
			submits: () => up().sandbox.fal.submits().slice(firstSubmit),
			messages: () => slack.messages.slice(firstMessage).map(({ text }) => text),
		};
	}

	const start = async (workflow: HostWorkflow) =>
		await up().rest.runManually(workflow, 'Every 10 Minutes');

	async function end(id: string) {
		const execution = await up().rest.waitForExecution(id, { limitMs: RUN_LIMIT_MS });
		expect(execution.error?.message).toBeUndefined();
		return execution;
	}

	const run = async (workflow: HostWorkflow) => void (await end(await start(workflow)));

	/** Until no run of a workflow is left, nor one that tells of a failure. */
	async function ended(workflow: HostWorkflow): Promise<void> {
		const { rest } = up();
		let known: string[] = [];
		await until('all runs to end', { ...SOON, everyMs: 500 }, async () => {
			const ids = await rest.executionIds(workflow);
			for (const id of ids) await rest.waitForExecution(id);
			const isQuiet = ids.length === known.length;
			known = ids;
			return isQuiet ? true : undefined;
		});
	}

	const rowOf = (sku: string | number) =>
		up()
			.outside.google.sheet.records()
			.find((row) => row.sku === sku);

	const statuses = (): Record<string, unknown> =>
		Object.fromEntries(
			up()
				.outside.google.sheet.records()
				.map(({ sku, status }): [string, unknown] => [String(sku), status]),
		);

	/** Changes rows as a person does, or time. */
	function change(edit: (row: Row) => Row) {
		const { sheet } = up().outside.google;
		sheet.fill(COLUMNS, sheet.records().map(edit));
	}

	const letClaimsExpire = () =>
		change((row) => ({
			...row,
			run: String(row.run).replace(/since .+/, `since ${LONG_AGO}`),
		}));

	const seen = async (sku: string, status: string) =>
		await until(`${sku} to be ${status}`, SOON, async () =>
			rowOf(sku)?.status === status ? true : undefined,
		);

	/** Until the stand-in has finished every job. */
	const finished = async () => await new Promise((resolve) => setTimeout(resolve, 1500));

	async function photos(number = 0) {
		return {
			model_photo: await personUrl(up(), number),
			garment_photo: await garmentUrl(up(), number),
		};
	}

	/** Every done row has the picture of its own job, on Drive and in its cells. */
	async function expectDone(skus: readonly string[], pictures = 1) {
		const { google } = up().outside;
		const submits = up().sandbox.fal.submits();
		for (const sku of skus) {
			const row = rowOf(sku);
			expect(row).toMatchObject({ sku, status: 'done', reason: '' });
			const submit = submits.find(({ requestId }) => requestId === row?.request_id);
			expect(asRecord(submit?.input).garment_image).toBe(row?.garment_photo);
			const files = google.files.filter(({ name }) => name.startsWith(`${sku}-`));
			expect(files.map(({ name }) => name)).toEqual(
				Array.from({ length: pictures }, (_, index) => `${sku}-${index + 1}.png`),
			);
			expect(row?.drive_url).toBe(files.map(({ webViewLink }) => webViewLink).join('\n'));
			for (const [index, { id, parents, bytes }] of files.entries()) {
				expect(parents).toEqual([google.folderId]);
				expect((await sharp(bytes).metadata()).format).toBe('png');
				const formula = `=IMAGE("https://drive.google.com/thumbnail?id=${id}&sz=w600")`;
				expect(row?.[`picture_${index + 1}`]).toBe(formula);
				expect(google.sheet.formulas()).toContain(formula);
			}
			expect(row?.cost).toBeCloseTo(PRICE * pictures, 5);
		}
	}

	describe(FILE, () => {
		it('buys in one run, fetches in the next, and then has nothing to do', async () => {
			const old = { sku: 'B', ...(await photos()), status: 'done', picture_1: 'kept', run: '1' };
			const { workflow, submits, messages } = await setUp([
				{ sku: 'A', ...(await photos(0)), category: 'Tops ' },
				old,
				{ sku: 'C', ...(await photos()), category: 'hat' },
				{ sku: 'D-Größe 7', ...(await photos(1)) },
				{ sku: '', ...(await photos()) },
			]);
			await run(workflow);
			expect(statuses()).toEqual({
				A: 'running',
				B: 'done',
				C: 'failed',
				'D-Größe 7': 'running',
				'': '',
			});
			expect(submits()).toHaveLength(2);
			for (const sku of ['A', 'D-Größe 7']) expect(rowOf(sku)?.request_id).toMatch(/\w{8}-/);
			expect(rowOf('C')).toMatchObject({ request_id: '', picture_1: '' });
			expect(rowOf('C')?.reason).toMatch(/^'Category' is "hat".* not charged\.$/s);
			expect(messages()).toEqual([expect.stringMatching(/C \(failed\): 'Category' is "hat"/)]);
			expect(messages()[0]).toContain('Bought, pictures follow: A, D-Größe 7');

			await finished();
			await run(workflow);
			await expectDone(['A', 'D-Größe 7']);
			expect(rowOf('B')).toMatchObject(old);
			expect(messages().slice(1)).toEqual([
				expect.stringContaining('Done: A, D-Größe 7. Cost: 0.15 USD'),
			]);

			await run(workflow);
			expect(submits()).toHaveLength(2);
			expect(messages()).toHaveLength(2);
			expect(up().outside.google.files).toHaveLength(2);
		});

		it('gives three samples three files', async () => {
			const { workflow } = await setUp([{ sku: 'A', ...(await photos()) }], {
				settings: { pictures_per_row: 3 },
			});
			await run(workflow);
			await finished();
			await run(workflow);
			await expectDone(['A'], 3);
			expect(up().outside.google.files).toHaveLength(3);
		});

		it('finds its rows again when others are put between them', async () => {
			const { google } = up().outside;
			const { workflow, submits } = await setUp([
				{ sku: 'A', ...(await photos(0)) },
				{ sku: 'B', ...(await photos(1)) },
			]);
			const taken = await photos(2);
			const insert = (sku: string) => google.sheet.insert(2, { sku, ...taken });
			const buying = await start(workflow);
			await seen('A', 'claimed');
			insert('X');
			await seen('A', 'buying');
			insert('Y');
			await end(buying);
			await finished();
			const fetching = await start(workflow);
			await seen('X', 'claimed');
			insert('Z');
			await end(fetching);
			await expectDone(['A', 'B']);
			expect(statuses()).toMatchObject({ X: 'running', Y: 'running', Z: '' });
			await finished();
			await run(workflow);
			await finished();
			await run(workflow);
			await expectDone(['A', 'B', 'X', 'Y', 'Z']);
			expect(submits()).toHaveLength(5);
		});

		it('puts right what came to another row, since one was put in just before it was written', async () => {
			const { google } = up().outside;
			const { workflow, submits } = await setUp([
				{ sku: 'A', ...(await photos(0)) },
				{ sku: 'B', ...(await photos(1)) },
			]);
			const taken = await photos(2);
			google.onWrite = () => {
				if (rowOf('A')?.status !== 'buying') return;
				google.onWrite = undefined;
				google.sheet.insert(2, { sku: 'X', ...taken });
			};
			await run(workflow);
			const idOf = (sku: string) =>
				submits().find(({ input }) => asRecord(input).garment_image === rowOf(sku)?.garment_photo)
					?.requestId;
			expect(rowOf('X')).toMatchObject({ status: 'running', request_id: idOf('A') });
			expect(rowOf('A')).toMatchObject({ status: 'running', request_id: idOf('B') });
			expect(rowOf('B')).toMatchObject({ status: 'buying', request_id: '' });

			await finished();
			await run(workflow);
			await expectDone(['A', 'B']);
			expect(rowOf('X')).toMatchObject({
				status: 'check',
				request_id: '',
				reason: expect.stringMatching(/^Rows were moved .* the row of A,/),
			});
			change((row) => (row.sku === 'X' ? { ...row, status: '', reason: '' } : row));
			await run(workflow);
			await finished();
			await run(workflow);
			await expectDone(['X']);
			expect(submits()).toHaveLength(3);
		});

		it('buys nothing twice when runs overlap', async () => {
			const rows = await Promise.all(
				['A', 'B', 'C'].map(async (sku, index) => ({ sku, ...(await photos(index)) })),
			);
			const { workflow, submits } = await setUp(rows, { settleSeconds: 3 });
			const together = await Promise.all([start(workflow), start(workflow)]);
			await seen('A', 'buying');
			const late = await start(workflow);
			for (const id of [...together, late]) await end(id);
			expect(submits()).toHaveLength(3);
			await finished();
			for (const id of await Promise.all([start(workflow), start(workflow)])) await end(id);
			await expectDone(['A', 'B', 'C']);
			expect(up().outside.google.files).toHaveLength(3);
			expect(submits()).toHaveLength(3);
		});

		it('goes on where a stopped run was, and buys nothing twice', async () => {
			const { sandbox, rest } = up();
			const rows = await Promise.all(
				Array.from({ length: 12 }, async (_, index) => ({
					sku: `S-${index + 1}`,
					...(await photos(index % 3)),
				})),
			);
			const { workflow, submits, messages } = await setUp(rows);
			const claiming = await start(workflow);
			await seen('S-1', 'claimed');
			await rest.stopExecution(claiming);
			await run(workflow);
			expect(submits()).toEqual([]);
			expect(statuses()).toMatchObject({ 'S-1': 'claimed', 'S-12': 'claimed' });

			letClaimsExpire();
			// The second ten: the answer to one of the two purchases never comes.
			sandbox.faults.add({ on: /^POST .*tryon/, fault: { kind: 'hangAfter' }, after: 10 });
			const buying = await start(workflow);
			await seen('S-12', 'buying');
			await until('the last purchase', SOON, async () =>
				submits().length === 12 ? true : undefined,
			);
			await rest.stopExecution(buying);
			sandbox.faults.clear();
			await finished();
			await run(workflow);
			await expectDone(rows.slice(0, 10).map(({ sku }) => sku));
			expect(statuses()).toMatchObject({ 'S-11': 'buying', 'S-12': 'buying' });

			letClaimsExpire();
			const told = messages().length;
			await run(workflow);
			await run(workflow);
			expect(statuses()).toMatchObject({ 'S-11': 'check', 'S-12': 'check' });
			expect(messages().slice(told)).toEqual([
				expect.stringContaining('S-11 (check): n8n was stopped'),
			]);

			// What the reason says: look at fal.ai, and put the ID in.
			change((row) => {
				if (row.status !== 'check') return row;
				const mine = submits().find(
					({ requestId, input }) =>
						asRecord(input).garment_image === row.garment_photo &&
						!rows.some(({ sku }) => rowOf(sku)?.request_id === requestId),
				);
				return { ...row, status: 'running', request_id: mine?.requestId ?? '' };
			});
			await run(workflow);
			await expectDone(['S-11', 'S-12']);
			expect(submits()).toHaveLength(12);
		});

		it('lets go of its rows when the account is locked, and says so once', async () => {
			const { sandbox } = up();
			const { workflow, submits, messages } = await setUp([
				{ sku: 'A', ...(await photos(0)) },
				{ sku: 'B', ...(await photos(1)) },
			]);
			sandbox.fal.options.locked = 'Exhausted balance.';
			await run(workflow);
			await run(workflow);
			sandbox.fal.options.locked = false;
			for (const sku of ['A', 'B']) {
				expect(rowOf(sku)).toMatchObject({ status: '', request_id: '' });
				expect(rowOf(sku)?.reason).toMatch(/locked the account.* not charged\.$/s);
			}
			expect(messages()).toEqual([
				expect.stringMatching(/A \(not bought, tried again\): .*locked the account/),
			]);
			expect(submits()).toEqual([]);
			await run(workflow);
			await finished();
			await run(workflow);
			await expectDone(['A', 'B']);
		});

		it('asks a person to look when it is unknown whether a row was bought', async () => {
			const { sandbox } = up();
			const { workflow, submits, messages } = await setUp([{ sku: 'A', ...(await photos()) }]);
			sandbox.faults.add({ on: /^POST .*tryon/, fault: { kind: 'resetAfter' } });
			sandbox.faults.add({ on: HISTORY, fault: REFUSED, times: 9 });
			await run(workflow);
			sandbox.faults.clear();
			expect(rowOf('A')).toMatchObject({
				status: 'check',
				reason: expect.stringMatching(/unknown whether fal took it/),
			});
			expect(messages()).toEqual([expect.stringContaining('A (check): ')]);
			await finished();
			await run(workflow);
			expect(rowOf('A')).toMatchObject({ status: 'check' });
			expect(submits()).toHaveLength(1);

			const [submit] = submits();
			change((row) => ({ ...row, status: 'running', request_id: submit?.requestId ?? '' }));
			await run(workflow);
			await expectDone(['A']);
			expect(submits()).toHaveLength(1);
		});

		it('calls a row done only when Drive has its pictures', async () => {
			const { google } = up().outside;
			const { workflow, submits, messages } = await setUp([
				{ sku: 'A', ...(await photos(0)) },
				{ sku: 'B', ...(await photos(1)) },
			]);
			await run(workflow);
			await finished();
			google.refuseFile = 'A-1.png';
			await run(workflow);
			google.refuseFile = undefined;
			expect(rowOf('A')).toMatchObject({ status: 'running', drive_url: '', picture_1: '' });
			expect(rowOf('A')?.reason).toMatch(/^Not saved to Drive, tried again in the next run: /);
			await expectDone(['B']);
			expect(messages().at(-1)).toContain('A (running): Not saved to Drive');
			await run(workflow);
			await expectDone(['A', 'B']);
			expect(submits()).toHaveLength(2);
		});

		it('buys anew what fal has lost, and gives up nothing for trouble on the way', async () => {
			const { sandbox } = up();
			const rows = await Promise.all(
				['lost', 'unseen', 'refused'].map(async (sku, index) => ({
					sku,
					...(await photos(index)),
				})),
			);
			const [lost, , refused] = rows;
			const { workflow, submits } = await setUp(rows);
			const detail = [{ loc: ['body'], msg: 'Not this one.', type: 'content_policy_violation' }];
			sandbox.fal.options.outcome = ({ input }) => {
				const garment = asRecord(input).garment_image;
				if (garment === lost?.garment_photo) return LOST;
				if (garment !== refused?.garment_photo) return undefined;
				return { kind: 'model', answer: { status: 422, body: { detail } } };
			};
			await run(workflow);
			await finished();
			sandbox.fal.options.outcome = undefined;
			const unseen = String(rowOf('unseen')?.request_id);
			const notFound = { kind: 'answer', answer: { status: 404 } } as const;
			sandbox.faults.add({ on: new RegExp(`^GET .*${unseen}`), fault: notFound, times: 99 });
			await run(workflow);
			sandbox.faults.clear();
			expect(statuses()).toEqual({ lost: '', unseen: 'running', refused: 'failed' });
			for (const { sku } of rows) expect(rowOf(sku)?.reason).toMatch(/fal/);
			await run(workflow);
			await finished();
			await run(workflow);
			await expectDone(['lost', 'unseen']);
			expect(submits()).toHaveLength(4);
		});

		it('buys nothing for a sku that is there twice, and finds numbers as the sheet shows them', async () => {
			const { google } = up().outside;
			const { workflow, submits, messages } = await setUp([
				{ sku: 'A', ...(await photos(0)) },
				{ sku: 'A ', ...(await photos(1)) },
				{ sku: 7, ...(await photos(2)) },
			]);
			google.sheet.showDigits('sku', 3);
			await run(workflow);
			await finished();
			await run(workflow);
			expect(rowOf('A')).toMatchObject({
				status: '',
				reason: expect.stringContaining('2 rows: 2, 3'),
			});
			expect(rowOf(7)).toMatchObject({ status: 'done' });
			expect(google.files.map(({ name }) => name)).toEqual(['007-1.png']);
			expect(submits()).toHaveLength(1);
			expect(messages()).toEqual([
				expect.stringContaining('A (not bought, tried again): Nothing is bought for this sku'),
				expect.stringContaining('Done: 007.'),
			]);
		});

		it('takes a hundred rows as people have them', async () => {
			const shapes: Array<(url: string) => { photo: string; ends: string; reason?: RegExp }> = [
				(url) => ({ photo: url, ends: 'done' }),
				(url) => ({ photo: ` ${url}\n`, ends: 'done' }),
				(url) => ({
					photo: JSON.stringify([{ id: 'att1', url, filename: 'a.jpg' }]),
					ends: 'done',
				}),
				(url) => ({ photo: JSON.stringify({ id: 7, src: url, alt: null }), ends: 'done' }),
				(url) => ({ photo: `anna maría.jpg (${url})`, ends: 'done' }),
				(url) => ({ photo: `${url}?name=Größe Ä.jpg`, ends: 'done' }),
				// These are sent as the file's own address; the stand-in fal does not leave this machine.
				() => ({
					photo: 'https://drive.google.com/file/d/1aB/view?usp=sharing',
					ends: 'failed',
					reason: /download/i,
				}),
				() => ({
					photo: 'https://www.dropbox.com/scl/fi/a/anna.jpg?rlkey=k&dl=0',
					ends: 'failed',
					reason: /download/i,
				}),
				() => ({ photo: '//cdn.example.com/anna grün.jpg', ends: 'failed', reason: /download/i }),
				() => ({ photo: '', ends: 'failed', reason: /^'Model Image' .* not charged\.$/s }),
				() => ({ photo: 'anna.jpg', ends: 'failed', reason: /^'Model Image' .* not charged\.$/s }),
				() => ({
					photo: 'https://drive.google.com/drive/folders/1aB',
					ends: 'failed',
					reason: /^'Model Image' .* not charged\.$/s,
				}),
			];
			const categories = ['', 'Tops', ' ONE-PIECES ', 'bottoms', 'auto'];
			const REFUSED = 3;
			const own = await Promise.all([0, 1, 2].map(photos));
			const asked = Array.from({ length: 84 }, (_, index) => {
				const { model_photo = '', garment_photo = '' } = own[index % own.length] ?? {};
				const shape = shapes[index % shapes.length]?.(model_photo);
				if (!shape) throw new Error('No shape');
				const category = categories[index % categories.length] ?? '';
				return { sku: `Größe-${index}`, garment_photo, category, ...shape };
			});
			const rows: Row[] = asked.flatMap(({ sku, photo, garment_photo, category }, index): Row[] => [
				{ sku, model_photo: photo, garment_photo, category },
				...(index % 7 === 0 ? [{ sku: '' }] : []),
			]);
			rows.push(
				...Array.from({ length: 4 }, (_, index) => ({ sku: `old-${index}`, status: 'done' })),
			);
			expect(rows).toHaveLength(100);

			const { workflow, submits, messages } = await setUp(rows, {
				settings: { rows_per_run: 100 },
			});
			await run(workflow);
			const bought = (asked.length / shapes.length) * (shapes.length - REFUSED);
			expect(submits()).toHaveLength(bought);
			await finished();
			await run(workflow);
			await run(workflow);
			expect(submits()).toHaveLength(bought);
			for (const { sku, ends, reason } of asked) {
				expect(rowOf(sku)).toMatchObject({ sku, status: ends });
				if (reason) expect(rowOf(sku)?.reason).toMatch(reason);
			}
			await expectDone(asked.filter(({ ends }) => ends === 'done').map(({ sku }) => sku));
			const sent = submits().map(({ input }) => String(asRecord(input).model_image));
			expect(sent).toContain('https://drive.google.com/uc?export=download&id=1aB');
			expect(sent).toContain('https://cdn.example.com/anna%20gr%C3%BCn.jpg');
			expect(messages()).toHaveLength(2);
			expect(messages()[0]).toContain('… and 1 more');
			expect(messages()[1]).toContain('Cost: 3.15 USD');
		});

		it('says in the chat that a scheduled run has failed, and bought nothing without its claims', async () => {
			const columns = COLUMNS.filter((name) => name !== 'run');
			const { example, submits, messages } = await setUp([{ sku: 'A', ...(await photos()) }], {
				columns,
			});
			const rule = { interval: [{ field: 'seconds', secondsInterval: 1 }] };
			const often = await up().publish(withParameters(example, 'Every 10 Minutes', { rule }));
			const [message] = await until('a message', SOON, async () =>
				messages().length > 0 ? messages() : undefined,
			);
			await up().rest.deactivate(often);
			await ended(often);
			expect(message).toContain("a run has failed at *Summary*: The sheet has no column 'run'");
			expect(submits()).toEqual([]);
		});
	});
}
