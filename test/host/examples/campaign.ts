import { samplePerson } from '../../../sandbox/pictures';
import { asRecord } from '../guards';
import { call } from '../session';
import { until } from '../wait';
import type { HostWorkflow, WorkflowJson } from '../workflow';
import { type Bed, pictureFormat } from './bed';
import { BROWSER, formUrl, photo, submitForm } from './form';
import { loadExample, withParameters } from './load';

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
	const BLOCK = 'ohwx woman in a red coat\nnum_images=2\nw=832\nh=1216';

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
			example = withParameters(loadExample(FILE), 'Publish', {
				url: `${up().outside.shop.url}/api/campaigns`,
			});
			workflow = await up().publish(example);
		});

		/** Fills in the form and waits for what Slack gets. */
		async function campaign(name: string, photos: File[]) {
			const { slack } = up().outside;
			const before = slack.messages.length;
			const entries = [name, 'woman', photos, BLOCK];
			await submitForm(formUrl(up().host, example), entries);
			const message = await until('a message in Slack', NOTICE, async () => slack.messages[before]);
			const [id = ''] = await up().rest.executionIds(workflow);
			return { message, id };
		}

		it('publishes what was approved, and trains a person once', async () => {
			const { astria } = up().sandbox;
			const { shop } = up().outside;
			const delivered = shop.deliveries.length;
			const { message, id } = await campaign('Anna', good.slice(0, 3));
			expect(message.text).toContain('*Anna*');
			const addresses = message.text.match(/https?:\S+/g) ?? [];
			expect(addresses).toHaveLength(2);
			for (const address of addresses) expect(await pictureFormat(address)).toBeDefined();

			await up().rest.waitForExecution(id, { status: 'waiting' });
			expect(shop.deliveries).toHaveLength(delivered);
			await call(message.buttons.Publish ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(id)).status).toBe('success');
			expect(shop.deliveries.slice(delivered)).toMatchObject([
				{ path: '/api/campaigns', body: { name: 'Anna', images: addresses } },
			]);

			const [tune, ...others] = astria.tunes().filter(({ fields }) => fields.title === 'Anna');
			expect(others).toEqual([]);
			expect(tune).toMatchObject({ fields: { name: 'woman', model_type: 'lora' } });
			expect(tune?.images).toHaveLength(3);
			const prompt = astria.prompts().at(-1);
			expect(prompt?.fields.text).toBe(`<lora:${tune?.id}:1> ohwx woman in a red coat`);
			expect(prompt?.fields).toMatchObject({ num_images: 2, w: 832, h: 1216 });

			const creations = astria.creations().length;
			const again = await campaign('Anna', good.slice(0, 3));
			expect(astria.tunes().filter(({ fields }) => fields.title === 'Anna')).toHaveLength(1);
			// The prompt alone.
			expect(astria.creations()).toHaveLength(creations + 1);
			await up().rest.waitForExecution(again.id, { status: 'waiting' });
			await call(again.message.buttons['Do not publish'] ?? '', { headers: BROWSER });
			expect((await up().rest.waitForExecution(again.id)).status).toBe('success');
			expect(shop.deliveries).toHaveLength(delivered + 1);
		});

		it('trains nothing on photos that are not good enough', async () => {
			const { astria } = up().sandbox;
			const before = astria.creations().length;
			const [fine, poor] = [good[0], bad[0]];
			if (!fine || !poor) throw new Error('Every drawn person is as good as the other');
			const { message, id } = await campaign('Ben', [fine, poor]);
			const reasons = message.text.split('\n').filter((line) => line.startsWith('photo-'));
			expect(reasons).toEqual([expect.stringMatching(`^${poor.name}: .+`)]);
			expect(message.text).toContain('*Ben*');
			expect(message.text).toContain('Nothing was trained');
			const execution = await up().rest.waitForExecution(id);
			expect(execution.status).toBe('success');
			expect(Object.keys(execution.runs)).not.toContain('Create or Reuse Tune');
			expect(astria.creations()).toHaveLength(before);
		});
	});
}
