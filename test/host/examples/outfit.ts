import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { asRecord } from '../guards';
import { call } from '../session';
import { until } from '../wait';
import { type Bed, pictureFormat } from './bed';
import { type Entry, formUrl, nextPage, photo, submitForm } from './form';
import { loadExample } from './load';

/** Numbers of drawn garments. */
const TEE = 0;
const TROUSERS = 2;

/** Of a job that is not finished when n8n is killed. */
const LONG_MS = 20_000;

const BOUGHT = { limitMs: 40_000, everyMs: 50 };

/** Tests of outfit-top-and-bottoms.json. */
export function outfitTests(up: () => Bed): void {
	const FILE = 'outfit-top-and-bottoms.json';
	const NO_PICTURE = photo(Buffer.from('no picture'), 'notes.png', 'image/png');

	describe(FILE, () => {
		let form: string;

		beforeAll(async () => {
			const example = loadExample(FILE);
			form = formUrl(up().host, example);
			await up().publish(example);
		});

		/** Fills in the form; gives the page that comes then, and what was bought for it. */
		async function tryOn(entries: Entry[]) {
			const before = up().sandbox.fal.submits().length;
			const page = await nextPage(await submitForm(form, entries));
			const submits = up().sandbox.fal.submits().slice(before);
			const address = /<img src=(?:"|&quot;)(.+?)(?:"|&quot;)/.exec(page)?.[1] ?? '';
			return { page, address, inputs: submits.map(({ input }) => asRecord(input)) };
		}

		const person = async (number: number) => [
			photo(await samplePerson(number), 'anna.jpg', 'image/jpeg'),
		];
		const garment = async (number: number) => [
			photo(await sampleGarment(number), 'garment.png', 'image/png'),
		];

		it.each([0, 1])('puts the bottoms on the picture of the top (person %i)', async (number) => {
			const entries = [await person(number), await garment(TEE), await garment(TROUSERS)];
			const { page, address, inputs } = await tryOn(entries);
			expect(page).toContain('Here it is');
			expect(inputs.map(({ category }) => category)).toEqual(['tops', 'bottoms']);
			const dressed = String(inputs[1]?.model_image);
			expect(await pictureFormat(dressed)).toBe('png');
			expect(dressed).not.toBe(inputs[0]?.model_image);
			expect(await pictureFormat(address)).toBe('png');
			expect(address).not.toBe(dressed);
		});

		it('shows the top when the bottoms are no picture', async () => {
			const { page, address, inputs } = await tryOn([
				await person(0),
				await garment(TEE),
				[NO_PICTURE],
			]);
			expect(page).toContain('Only the top could be put on');
			expect(page).toMatch(/Garment Image.{0,20} is not a picture/);
			expect(inputs.map(({ category }) => category)).toEqual(['tops']);
			expect(await pictureFormat(address)).toBe('png');
		});

		it('is made by filling in the form again when n8n was killed in the middle', async () => {
			const { fal } = up().sandbox;
			const before = fal.submits().length;
			const bought = () =>
				fal
					.submits()
					.slice(before)
					.map(({ input }) => asRecord(input).category);
			const { jobMs } = fal.options;
			fal.options.jobMs = LONG_MS;
			const entries = [await person(0), await garment(TEE), await garment(TROUSERS)];
			await submitForm(form, entries);
			await until('the top', BOUGHT, async () => bought().length === 1 || undefined);
			await up().crash();
			fal.options.jobMs = jobMs;
			// Nothing is bought by itself: who wants the outfit asks again, and pays again.
			await until('the form', BOUGHT, async () => (await call(form, {})).status > 0 || undefined);
			expect(bought()).toEqual(['tops']);
			const { page, address } = await tryOn(entries);
			expect(page).toContain('Here it is');
			expect(await pictureFormat(address)).toBe('png');
			expect(bought()).toEqual(['tops', 'tops', 'bottoms']);
		});

		it('buys nothing when the top is no picture', async () => {
			const { page, inputs } = await tryOn([
				await person(0),
				[NO_PICTURE],
				await garment(TROUSERS),
			]);
			expect(page).toContain('There is no picture');
			expect(inputs).toEqual([]);
		});
	});
}
