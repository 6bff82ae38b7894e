import type { AstriaOptions, FailureSign } from '../../sandbox/astria/index';
import { startKit } from './astria-kit';
import type { Entity, Kit } from './astria-kit';

let kit: Kit;

async function start(options: AstriaOptions): Promise<void> {
	kit = await startKit(options);
}

afterEach(() => kit.sandbox.close());

const ADDRESS: unknown = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/);

test.each([
	['addresses', {}, ADDRESS],
	['objects', { imageShape: 'object' as const }, { url: ADDRESS }],
])('pictures are %s, wherever a prompt is shown', async (_, options, shape) => {
	await start(options);
	const callback = 'https://cb.example/p';
	const tune = await kit.trained({ branch: 'fast' });
	const prompt = await kit.generated(tune.id, { num_images: 2, callback });
	const { body: list } = await kit.ask({ path: '/prompts' });
	const images = [shape, shape];
	expect(prompt).toMatchObject({ images, content_types: ['image/jpeg', 'image/jpeg'] });
	expect(list).toMatchObject([{ images }]);
	expect(kit.astria.callbacks()).toMatchObject([{ body: { prompt: { images } } }]);
});

describe.each([
	['as documented', {}, [200, 200, 200], '{"message":"Prompt successfully deleted"}'],
	['with nothing at all', { deleteAnswer: 'empty' as const }, [204, 204, 204], ''],
])('a DELETE answers %s', (_, options, statuses, text) => {
	test('and has deleted', async () => {
		await start(options);
		const [tune, prompt] = [await kit.tune(), await kit.prompt(690204)];
		const remove = async (path: string) => await kit.ask({ method: 'DELETE', path });
		const like = await remove(`/prompts/${prompt.id}/likes`);
		const [first, second] = [
			await remove(`/prompts/${prompt.id}`),
			await remove(`/tunes/${tune.id}`),
		];
		expect([like.status, first.status, second.status]).toEqual(statuses);
		expect([like.text, first.text, second.text]).toEqual(['', text, '']);
		expect([kit.astria.tunes(), kit.astria.prompts()]).toEqual([[], []]);
		expect((await remove(`/tunes/${tune.id}`)).status).toBe(404);
	});
});

describe('a training that failed', () => {
	const SIGNS: FailureSign[] = ['failed_at', 'fail_message', 'user_error', 'error', 'status'];
	const TIME: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
	const WORDS = 'Training failed: no face was found in the pictures';

	async function failed(): Promise<{ before: Entity; after: Entity }> {
		const before = await kit.tune({ title: 'This fails' });
		await kit.astria.settle(before.id);
		return { before, after: await kit.entity({ path: `/tunes/${before.id}` }) };
	}

	/** What an entity has of all the signs. */
	function signsOf(entity: Entity): Record<string, unknown> {
		const present = SIGNS.filter((sign) => Object.hasOwn(entity, sign));
		return Object.fromEntries(present.map((sign) => [sign, entity[sign]]));
	}

	test('says when and why, unless told otherwise', async () => {
		await start({});
		const { before, after } = await failed();
		expect(signsOf(before)).toEqual({ failed_at: null, fail_message: null });
		expect(signsOf(after)).toEqual({ failed_at: TIME, fail_message: WORDS });
	});

	test.each<[FailureSign, unknown]>([
		['failed_at', TIME],
		['fail_message', WORDS],
		['user_error', WORDS],
		['error', WORDS],
		['status', 'failed'],
	])('may say so by %s alone', async (sign, value) => {
		await start({ failureSigns: [sign] });
		const { before, after } = await failed();
		expect(signsOf(before)).toEqual({ [sign]: null });
		expect(signsOf(after)).toEqual({ [sign]: value });
		expect(after.trained_at).toBeNull();
		const { body } = await kit.ask({ path: '/tunes' });
		expect(body).toMatchObject([{ [sign]: value }]);
	});

	test('may not say so at all', async () => {
		await start({ failureSigns: [] });
		const { after } = await failed();
		expect(signsOf(after)).toEqual({});
		expect(after).toMatchObject({ trained_at: null, started_training_at: TIME });
	});
});

test('a prompt that failed says when, one that did not has room for it', async () => {
	await start({});
	const [good, bad] = [
		await kit.generated(690204, { text: 'noimages' }),
		await kit.generated(690204, { text: 'an error' }),
	];
	expect([good.failed_at, bad.failed_at]).toEqual([null, bad.trained_at]);
});
