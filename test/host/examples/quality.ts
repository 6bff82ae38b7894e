import type { Reply, Talk } from '../../../sandbox/openai/talk';
import { asList, asRecord } from '../guards';
import { until } from '../wait';
import type { HostWorkflow, WorkflowJson } from '../workflow';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, withFields, withParameters } from './load';

const said = (text: string): Reply => ({ kind: 'text', text });
const YES = said('{"ok": true, "why": "The same shirt."}');
const NO = said('```json\n{ "ok" : false, "why": "The collar is another one." }\n```');

/** fal's list of what was bought, and an answer that keeps it to itself. */
const HISTORY = /^GET \/v1\/models\/requests/;
const REFUSED = { kind: 'answer', answer: { status: 403 } } as const;

/** Of a job that is not finished when n8n is killed. */
const LONG_MS = 20_000;

const BOUGHT = { limitMs: 40_000, everyMs: 50 };

/** Tests of airtable-with-quality-check.json. */
export function qualityTests(up: () => Bed): void {
	const FILE = 'airtable-with-quality-check.json';
	const MAIL_TO = 'marketing@example.com';

	describe(FILE, () => {
		let example: WorkflowJson;
		let workflow: HostWorkflow;
		let photos: { Person: object[]; Garment: object[] };

		/** Stores it; time is short in tests. */
		const install = async (settleSeconds: number) =>
			await up().install(withParameters(example, 'Let Others Claim', { amount: settleSeconds }));

		/** What the model says of each product: its first answer, then its second. */
		const opinions: Record<string, Reply[]> = {};
		const talks: Talk[] = [];

		beforeAll(async () => {
			const { airtable } = up().outside;
			photos = {
				Person: [{ id: 'attPerson', url: await personUrl(up(), 0) }],
				Garment: [{ id: 'attGarment', url: await garmentUrl(up(), 0) }],
			};
			example = withFields(loadExample(FILE), 'Settings', {
				table_url: airtable.tableUrl,
				mail_to: MAIL_TO,
			});
			workflow = await install(1);
		});

		beforeEach(() => {
			talks.length = 0;
			up().outside.openai.play((talk) => {
				talks.push(talk);
				const text = talk.messages.at(-1)?.text ?? '';
				const sku = Object.keys(opinions).find((name) => text.includes(`${name}.`)) ?? '';
				return opinions[sku]?.shift() ?? said('I cannot tell.');
			});
		});

		afterEach(() => {
			up().sandbox.faults.clear();
			up().sandbox.fal.options.locked = false;
		});

		async function run() {
			const { gmail } = up().outside;
			const { fal } = up().sandbox;
			const [before, mailed] = [fal.submits().length, gmail.mails.length];
			const id = await up().rest.runManually(workflow, 'Every Hour');
			const execution = await up().rest.waitForExecution(id);
			expect(execution.error?.message).toBeUndefined();
			const submits = fal.submits().slice(before);
			return {
				seeds: submits.map(({ input }) => asRecord(input).seed),
				mails: gmail.mails.slice(mailed),
			};
		}

		const pictureOf = (sku: string) => {
			const [attachment] = asList(up().outside.airtable.row(sku).Picture);
			return String(asRecord(attachment).url);
		};

		it('makes once more what the model does not like, and mails before and after', async () => {
			const { airtable } = up().outside;
			Object.assign(opinions, { 'A-1': [YES], 'A-2': [NO, YES], 'A-3': [NO, NO] });
			airtable.fill([
				{ SKU: 'A-1', ...photos, Category: 'tops' },
				{ SKU: 'A-2', ...photos },
				{ SKU: 'A-3', ...photos },
				{ SKU: 'A-4', ...photos, Status: 'Running' },
				{ ...photos },
				// Somebody is filling these in.
				{ SKU: 'A-5', Person: photos.Person },
				{ SKU: 'A-6', Garment: photos.Garment },
			]);
			const { seeds, mails } = await run();
			expect(seeds).toEqual([42, 42, 42, 43, 43]);
			expect(airtable.row('A-1')).toMatchObject({ Status: 'Done', Reason: 'The same shirt.' });
			expect(airtable.row('A-2')).toMatchObject({ Status: 'Done', Reason: 'The same shirt.' });
			expect(airtable.row('A-3')).toMatchObject({
				Status: 'Check',
				Reason: 'The collar is another one.',
			});
			expect(airtable.row('A-4')).toMatchObject({ Status: 'Running' });
			for (const sku of ['A-5', 'A-6']) expect(airtable.row(sku).Status).toBeUndefined();
			const [one, two] = [Number(airtable.row('A-1').Cost), Number(airtable.row('A-2').Cost)];
			expect(one).toBeGreaterThan(0);
			expect(two).toBeCloseTo(2 * one);

			expect(mails).toMatchObject([{ to: MAIL_TO, subject: '3 products tried on' }]);
			const html = mails[0]?.html ?? '';
			expect(html).toContain(`Together ${(5 * one).toFixed(3)} USD`);
			for (const sku of ['A-1', 'A-2', 'A-3']) {
				expect(await pictureFormat(pictureOf(sku))).toBe('png');
				expect(html).toContain(`<img src="${pictureOf(sku)}" alt="After"`);
				expect(html).toContain(`<b>${sku}</b>`);
			}
			const before = String(asRecord(photos.Person[0]).url);
			expect(html.split(`<img src="${before}" alt="Before"`)).toHaveLength(4);

			const garment = String(asRecord(photos.Garment[0]).url);
			expect(talks).toHaveLength(5);
			for (const { pictures } of talks) {
				expect(pictures).toEqual([garment, expect.stringMatching(/\.png$/)]);
			}
			const last = talks.filter(({ messages }) => messages[0]?.text.includes('A-2.')).at(-1);
			expect(last?.pictures[1]).toBe(pictureOf('A-2'));

			const again = await run();
			expect(again).toEqual({ seeds: [], mails: [] });
		});

		it('buys nothing more when the model cannot be asked, or says nothing clear', async () => {
			const { airtable } = up().outside;
			Object.assign(opinions, { 'B-1': [said('Maybe.')] });
			airtable.fill([{ SKU: 'B-1', ...photos }]);
			const unclear = await run();
			expect(unclear.seeds).toEqual([42]);
			expect(airtable.row('B-1')).toMatchObject({
				Status: 'Check',
				Reason: 'Not checked: the model gave no clear answer',
			});
			expect(unclear.mails).toHaveLength(1);

			up().outside.openai.refuse('You exceeded your current quota.');
			airtable.fill([{ SKU: 'B-2', ...photos }]);
			const refused = await run();
			up().outside.openai.refuse(undefined);
			expect(refused.seeds).toEqual([42]);
			expect(airtable.row('B-2')).toMatchObject({
				Status: 'Check',
				Reason: expect.stringMatching(/^Not checked: .+/),
			});
			expect(await pictureFormat(pictureOf('B-2'))).toBe('png');
		});

		it('buys nothing twice when n8n was killed in the middle, and says what to do', async () => {
			const { fal } = up().sandbox;
			const { airtable } = up().outside;
			Object.assign(opinions, { 'D-1': [YES], 'D-2': [YES] });
			airtable.fill(['D-1', 'D-2'].map((SKU) => ({ SKU, ...photos })));
			const before = fal.submits().length;
			const { jobMs } = fal.options;
			fal.options.jobMs = LONG_MS;
			await up().rest.runManually(workflow, 'Every Hour');
			await until('two jobs', BOUGHT, async () => fal.submits().length === before + 2 || undefined);
			await up().crash();
			fal.options.jobMs = jobMs;

			// Another run may still be at work on them.
			expect(await run()).toEqual({ seeds: [], mails: [] });
			expect(airtable.row('D-1')).toMatchObject({ Status: 'Running' });
			airtable.age();
			expect(await run()).toEqual({ seeds: [], mails: [] });
			for (const sku of ['D-1', 'D-2']) {
				expect(airtable.row(sku)).toMatchObject({
					Status: 'Check',
					Reason: expect.stringMatching(/^n8n was stopped .* look at your requests on fal\.ai/is),
				});
			}
			expect(await run()).toEqual({ seeds: [], mails: [] });

			// What the reason says: the picture of D-1 was there, that of D-2 is wanted anew.
			for (const { fields } of airtable.records) {
				if (fields.SKU === 'D-2') Object.assign(fields, { Status: '', Reason: '' });
			}
			expect((await run()).seeds).toEqual([42]);
			expect(airtable.row('D-2')).toMatchObject({ Status: 'Done' });
			expect(await pictureFormat(pictureOf('D-2'))).toBe('png');
			expect(airtable.row('D-1')).toMatchObject({ Status: 'Check' });
			expect(fal.submits()).toHaveLength(before + 3);
		});

		it('takes products again that a locked account did not buy, and mails of it once', async () => {
			const { airtable } = up().outside;
			const { fal } = up().sandbox;
			const skus = ['E-1', 'E-2', 'E-3'];
			for (const sku of skus) opinions[sku] = [YES];
			airtable.fill(skus.map((SKU) => ({ SKU, ...photos })));
			fal.options.locked = 'Exhausted balance.';
			const first = await run();
			const second = await run();
			fal.options.locked = false;
			expect([...first.seeds, ...second.seeds]).toEqual([]);
			for (const sku of skus) {
				expect(airtable.row(sku).Status).toBeUndefined();
				expect(airtable.row(sku).Reason).toMatch(/locked the account/);
			}
			expect(first.mails).toMatchObject([{ subject: 'No product tried on, 3 without a picture' }]);
			expect(first.mails[0]?.html).toContain('Not bought, tried again');
			expect(second.mails).toEqual([]);
			const third = await run();
			expect(third.seeds).toEqual([42, 42, 42]);
			expect(third.mails).toMatchObject([{ subject: '3 products tried on' }]);
			for (const sku of skus) {
				expect(airtable.row(sku)).toMatchObject({ Status: 'Done', Reason: 'The same shirt.' });
			}
		});

		it('buys no product twice when runs overlap', async () => {
			const { airtable } = up().outside;
			const { fal } = up().sandbox;
			const skus = ['G-1', 'G-2', 'G-3'];
			for (const sku of skus) opinions[sku] = [YES];
			airtable.fill(skus.map((SKU) => ({ SKU, ...photos })));
			const before = fal.submits().length;
			const overlapping = await install(3);
			const start = async () => await up().rest.runManually(overlapping, 'Every Hour');
			const together = await Promise.all([start(), start()]);
			await until(
				'a claim',
				BOUGHT,
				async () => airtable.row('G-1').Status === 'Running' || undefined,
			);
			const late = await start();
			for (const id of [...together, late]) {
				expect((await up().rest.waitForExecution(id)).error?.message).toBeUndefined();
			}
			expect(fal.submits()).toHaveLength(before + skus.length);
			for (const sku of skus) expect(airtable.row(sku)).toMatchObject({ Status: 'Done' });
		});

		it('buys nothing in a table without the field of the runs, and says so', async () => {
			const { airtable } = up().outside;
			const { fal } = up().sandbox;
			airtable.fill([{ SKU: 'H-1', ...photos }]);
			airtable.missingField = 'Run';
			const before = fal.submits().length;
			const id = await up().rest.runManually(workflow, 'Every Hour');
			const { error } = await up().rest.waitForExecution(id);
			airtable.missingField = undefined;
			expect(JSON.stringify(error)).toContain('Run');
			expect(fal.submits()).toHaveLength(before);
			expect(airtable.row('H-1').Status).toBeUndefined();
		});

		it('asks for a look when it is unknown whether a product was bought', async () => {
			const { airtable } = up().outside;
			const { faults, fal } = up().sandbox;
			airtable.fill([{ SKU: 'F-1', ...photos }]);
			const before = fal.submits().length;
			faults.add({ on: /^POST .*tryon/, fault: { kind: 'resetAfter' } });
			faults.add({ on: HISTORY, fault: REFUSED, times: 9 });
			await run();
			faults.clear();
			expect(airtable.row('F-1')).toMatchObject({
				Status: 'Check',
				Reason: expect.stringMatching(/unknown whether fal took it/),
			});
			expect(await run()).toEqual({ seeds: [], mails: [] });
			expect(fal.submits()).toHaveLength(before + 1);
		});

		it('says why a product has no picture', async () => {
			const { airtable } = up().outside;
			Object.assign(opinions, { 'C-2': [YES] });
			const nothing = [{ url: `${up().sandbox.media.url}/files/none.png` }];
			airtable.fill([
				{ SKU: 'C-1', ...photos, Garment: nothing },
				{ SKU: 'C-2 <b>&', ...photos },
			]);
			const { mails } = await run();
			expect(airtable.row('C-1')).toMatchObject({ Status: 'Failed', Picture: [] });
			expect(airtable.row('C-1').Reason).toMatch(/fal could not fetch the picture/);
			expect(mails[0]?.html).toContain('<b>C-2 &lt;b>&amp;</b>');
		});
	});
}
