import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { call } from '../session';
import { type Bed, pictureFormat } from './bed';
import { BROWSER, type Entry, formUrl, nextPage, photo, submitForm } from './form';
import { loadExample } from './load';

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
