import { samplePerson } from '../../../sandbox/pictures';
import { asRecord } from '../guards';
import { call } from '../session';
import { until } from '../wait';
import type { HostWorkflow, WorkflowJson } from '../workflow';
import { type Bed, pictureFormat } from './bed';
import { BROWSER, formUrl, photo, submitForm } from './form';
import { loadExample, withParameters, withWebhookId } from './load';

const NOTICE = { limitMs: 40_000, everyMs: 100 };
/** How many drawn people Astria is shown, to know what it thinks of each. */
const PEOPLE = 12;

/** What spoils a training, as the stand-in Astria's answers name it. */
const FLAGS = [
	'blurry',
	'funny_face',
	'includes_multiple_people',
	'low_quality',
	'low_resolution',
	'wearing_hat',
	'wearing_sunglasses',
];

/** Tests of campaign-with-astria.json. */
export function campaignTests(up: () => Bed): void {
	const FILE = 'campaign-with-astria.json';
	const BLOCK = '{person} in a red coat\nnum_images=2\nw=832\nh=1216';
	const NEW = 'No, learn from the photos';
	const KNOWN = 'Yes, use this person again';

	describe(FILE, () => {
		let example: WorkflowJson;
		let workflow: HostWorkflow;
		const good: File[] = [];
		const bad: File[] = [];

		async function isGood(file: File): Promise<boolean> {
			const { astria } = up().sandbox;
			const body = new FormData();
			body.set('name', 'woman');
			body.set('file', file);
			const answer = await fetch(`${astria.url}/images/inspect`, {
				method: 'POST',
				headers: { authorization: `Bearer ${astria.key}`, ...BROWSER },
				body,
			});
			const seen = asRecord(await answer.json());
			expect(seen.name).toBe('woman');
			return FLAGS.every((flag) => seen[flag] !== true);
		}

		beforeAll(async () => {
			for (let number = 0; number < PEOPLE; number += 1) {
				const file = photo(await samplePerson(number), `photo-${number}.jpg`, 'image/jpeg');
				((await isGood(file)) ? good : bad).push(file);
			}
			expect(good.length).toBeGreaterThanOrEqual(5);
			const set = withParameters(loadExample(FILE), 'Publish', {
				url: `${up().outside.shop.url}/api/campaigns`,
			});
			example = withParameters(set, 'Wait 10 Minutes', { amount: 1, unit: 'seconds' });
			workflow = await up().publish(example);
		});

		interface Form {
			person: string;
			campaign?: string;
			trained?: string;
			kind?: string;
			photos?: File[];
			prompt?: string;
		}

		async function fillIn(
			{ person, campaign = 'Spring', trained = NEW, ...more }: Form,
			to: WorkflowJson = example,
		) {
			const { kind = 'woman', photos = [], prompt = BLOCK } = more;
			const entries = [person, campaign, trained, kind, photos, prompt];
			await submitForm(formUrl(up().host, to), entries);
		}

		/** Fills in the form and waits for what Slack gets. */
		async function campaign(form: Form) {
			const { slack } = up().outside;
			const before = slack.messages.length;
			await fillIn(form);
			const message = await until('a message in Slack', NOTICE, async () => slack.messages[before]);
			const [id = ''] = await up().rest.executionIds(workflow);
			return { message, id };
		}

		async function decide({ message, id }: Awaited<ReturnType<typeof campaign>>, button: string) {
			await up().rest.waitForExecution(id, { status: 'waiting' });
			await call(message.buttons[button] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
		}

		const tunesOf = (person: string) =>
			up()
				.sandbox.astria.tunes()
				.filter(({ fields }) => fields.title === person);

		it('publishes what was approved, and trains a person once', async () => {
			const { astria } = up().sandbox;
			const { shop } = up().outside;
			const delivered = shop.deliveries.length;
			const first = await campaign({ person: 'Anna', photos: good.slice(0, 4) });
			expect(first.message.text).toContain('*Anna*, *Spring*');
			const addresses = first.message.text.match(/https?:\S+/g) ?? [];
			expect(addresses).toHaveLength(2);
			for (const address of addresses) expect(await pictureFormat(address)).toBeDefined();

			expect(shop.deliveries).toHaveLength(delivered);
			await decide(first, 'Publish');
			expect(shop.deliveries.slice(delivered)).toMatchObject([
				{
					path: '/api/campaigns',
					body: { person: 'Anna', campaign: 'Spring', images: addresses },
				},
			]);

			const [tune, ...others] = tunesOf('Anna');
			expect(others).toEqual([]);
			expect(tune).toMatchObject({ fields: { name: 'woman', model_type: 'lora' } });
			expect(tune?.images).toHaveLength(4);
			const prompt = astria.prompts().at(-1);
			expect(prompt?.fields.text).toBe(`<lora:${tune?.id}:1> ohwx woman in a red coat`);
			expect(prompt?.fields).toMatchObject({ num_images: 2, w: 832, h: 1216 });

			const creations = astria.creations().length;
			const again = await campaign({
				person: ' anna',
				campaign: 'Autumn',
				trained: KNOWN,
				// As she was trained, whatever the form says.
				kind: 'man',
				prompt: 'portrait of ohwx man, smiling\nnum_images=1',
			});
			expect(tunesOf('Anna')).toHaveLength(1);
			// The prompt alone.
			expect(astria.creations()).toHaveLength(creations + 1);
			expect(astria.prompts().at(-1)?.fields.text).toBe(
				`<lora:${tune?.id}:1> portrait of ohwx woman, smiling`,
			);
			await decide(again, 'Do not publish');
			expect(shop.deliveries).toHaveLength(delivered + 1);
		});

		it.each([
			['a second Anna', { person: 'Anna', photos: 4 }, 'There is a *Anna* already'],
			[
				'somebody unknown',
				{ person: 'Carla', trained: KNOWN, photos: 0 },
				'Astria deletes a person 30 days after the training: fill in the form again',
			],
			[
				'no photos',
				{ person: 'Dora', photos: 0 },
				'needs at least 4 photos, best up to 16, and there are 0',
			],
			[
				'too few photos',
				{ person: 'Dora', photos: 3 },
				'needs at least 4 photos, best up to 16, and there are 3',
			],
		])('asks again for %s, and buys nothing', async (_, { photos, ...form }, words) => {
			const { astria } = up().sandbox;
			const before = astria.creations().length;
			const { message, id } = await campaign({ ...form, photos: good.slice(0, photos) });
			expect(message.text).toContain(words);
			expect(message.text).toContain('Nothing was bought');
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(astria.creations()).toHaveLength(before);
		});

		it('gives two people of one name, sent at the same time, a face of their own each', async () => {
			const { astria } = up().sandbox;
			const { slack } = up().outside;
			const [told, prompts] = [slack.messages.length, astria.prompts().length];
			// So long that both forms are read before either person is trained.
			const late = { kind: 'delay', ms: 4000 } as const;
			up().sandbox.faults.add({ on: /^POST .*\/images\/inspect/, fault: late, times: 9 });
			await fillIn({ person: 'Gina', photos: good.slice(0, 4) });
			await fillIn({ person: 'Gina', photos: good.slice(0, 5) });
			await until('both messages', NOTICE, async () => {
				const ready = slack.messages.slice(told).filter(({ text }) => text.includes('are ready'));
				return ready.length === 2 || undefined;
			});
			up().sandbox.faults.clear();
			const tunes = tunesOf('Gina');
			expect(tunes.map(({ images }) => images.length).sort()).toEqual([4, 5]);
			const texts = astria
				.prompts()
				.slice(prompts)
				.map(({ fields }) => fields.text);
			expect(texts.sort()).toEqual(
				tunes.map(({ id }) => `<lora:${id}:1> ohwx woman in a red coat`).sort(),
			);

			// Who of the two is meant?
			const before = astria.creations().length;
			const { message } = await campaign({ person: 'Gina', trained: KNOWN });
			expect(message.text).toContain('2 people of the name *Gina*');
			for (const { id } of tunes) expect(message.text).toContain(String(id));
			expect(message.text).toContain('Nothing was bought');
			expect(astria.creations()).toHaveLength(before);
		});

		it('says when a training has failed', async () => {
			const { astria } = up().sandbox;
			const before = astria.prompts().length;
			// The word makes the stand-in Astria fail.
			const form = { person: 'Frida fails', photos: good.slice(0, 4) };
			const { message, id } = await campaign(form);
			expect(message.text).toMatch(/\*Frida fails\*.*: the training is not done.*: failed \(tune/);
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(astria.prompts()).toHaveLength(before);
		});

		it('is suspended while Astria trains, and loses nobody when it is stopped', async () => {
			const { rest } = up();
			const patient = await up().publish(
				withWebhookId(loadExample(FILE), 'New Campaign', 'a-form-that-waits'),
			);
			const form = { person: 'Eva', photos: good.slice(0, 4) };
			await fillIn(form, withWebhookId(example, 'New Campaign', 'a-form-that-waits'));
			const id = await until('an execution', NOTICE, async () => {
				const [newest] = await rest.executionIds(patient);
				return newest;
			});
			const { runs, waitTill } = await rest.waitForExecution(id, { status: 'waiting' });
			expect(Object.keys(runs)).toContain('Create Tune');
			expect(Date.parse(waitTill ?? '') - Date.now()).toBeGreaterThan(8 * 60_000);
			await rest.stopExecution(id);
			await rest.deactivate(patient);

			const again = await campaign({ person: 'Eva', trained: KNOWN });
			expect(again.message.text).toContain('*Eva*, *Spring* are ready');
			expect(tunesOf('Eva')).toHaveLength(1);
			await decide(again, 'Do not publish');
		});

		it('trains nothing on photos that are not good enough', async () => {
			const { astria } = up().sandbox;
			const before = astria.creations().length;
			const [poor] = bad;
			if (!poor) throw new Error('Every drawn person is good');
			const photos = [...good.slice(0, 3), poor];
			const { message, id } = await campaign({ person: 'Ben', photos });
			const reasons = message.text.split('\n').filter((line) => line.startsWith('photo-'));
			expect(reasons).toEqual([expect.stringMatching(`^${poor.name}: .+`)]);
			expect(message.text).toContain('*Ben*');
			expect(message.text).toContain('Nothing was trained');
			const execution = await up().rest.waitForExecution(id);
			expect(execution.status).toBe('success');
			expect(Object.keys(execution.runs)).not.toContain('Create Tune');
			expect(astria.creations()).toHaveLength(before);
		});
	});
}
