import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { asRecord } from '../guards';
import { call } from '../session';
import { until } from '../wait';
import { type Bed, pictureFormat } from './bed';
import { BROWSER, type Entry, formUrl, nextPage, photo, submitForm } from './form';
import { loadExample } from './load';

/** Of a prompt that is not finished when n8n is killed. */
const LONG_MS = 30_000;

const BOUGHT = { limitMs: 40_000, everyMs: 100 };

/** Tests of dress-a-person.json. */
export function dressTests(up: () => Bed): void {
	const FILE = 'dress-a-person.json';

	describe(FILE, () => {
		let form: string;

		beforeAll(async () => {
			const example = loadExample(FILE);
			form = formUrl(up().host, example);
			await up().publish(example);
		});

		/** The page that the visitor is shown in the end. */
		const lastPage = async (entries: Entry[]) => await nextPage(await submitForm(form, entries));

		it('shows the dressed person', async () => {
			const { astria } = up().sandbox;
			const before = astria.prompts().length;
			const page = await lastPage([
				[photo(await samplePerson(0), 'anna.jpg', 'image/jpeg')],
				'woman',
				[photo(await sampleGarment(0), 'coat.png', 'image/png')],
				'coat',
				'clean white studio background',
			]);
			const address = /<img src=(?:"|&quot;)(.+?)(?:"|&quot;)/.exec(page)?.[1] ?? '';
			expect(await pictureFormat(address)).toBeDefined();
			const [prompt, ...others] = astria.prompts().slice(before);
			expect(others).toEqual([]);
			expect(prompt?.fields.text).toMatch(
				/<faceid:\d+:1> woman wearing <faceid:\d+:1> coat, clean white studio background/,
			);
		});

		it('is made by filling in the form again when n8n was killed in the middle, twice in a row', async () => {
			const { astria } = up().sandbox;
			const [before, registered] = [astria.prompts().length, astria.tunes().length];
			const entries: Entry[] = [
				[photo(await samplePerson(1), 'ben.jpg', 'image/jpeg')],
				'man',
				[photo(await sampleGarment(1), 'shirt.png', 'image/png')],
				'shirt',
				'',
			];
			const bought = () => astria.prompts().length - before;
			const { generationMs } = astria.options;
			for (const cut of [1, 2]) {
				astria.options.generationMs = LONG_MS;
				const answer = await submitForm(form, entries);
				await until('the prompt', BOUGHT, async () => bought() === cut || undefined);
				await up().crash();
				astria.options.generationMs = generationMs;
				// What the open page asks for: on that word it says 'Problem submitting response'.
				const status = new URL(String(asRecord(answer.body).formWaitingUrl));
				status.pathname += '/n8n-execution-status';
				await until('the end', BOUGHT, async () => {
					const state = (await call(status.href, { headers: BROWSER })).bytes.toString();
					return state === 'crashed' || undefined;
				});
				expect(bought()).toBe(cut);
			}
			expect(await lastPage(entries)).toContain('Here it is');
			expect(bought()).toBe(3);
			// Each photo was registered once.
			expect(astria.tunes()).toHaveLength(registered + 2);
		});

		it('lets no stranger in', async () => {
			expect((await call(form, { headers: BROWSER })).status).toBe(401);
			const { status } = await call(form, {
				method: 'POST',
				headers: BROWSER,
				body: new FormData(),
			});
			expect(status).toBe(401);
		});

		it('says why there is no picture', async () => {
			const { astria } = up().sandbox;
			const before = astria.creations().length;
			const page = await lastPage([
				[photo(Buffer.from('no picture'), 'anna.jpg', 'image/jpeg')],
				'woman',
				[photo(await sampleGarment(0), 'coat.png', 'image/png')],
				'coat',
				'',
			]);
			expect(page).toContain('There is no picture');
			expect(page).toMatch(/Person.{0,20} is not a picture/);
			expect(astria.creations()).toHaveLength(before);
		});
	});
}
