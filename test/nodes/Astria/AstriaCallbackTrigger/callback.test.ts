import fc from 'fast-check';

import { readFile } from '../../../engine/engine';
import { speedUp, until } from '../../../engine/clock';
import { jsonOf } from '../../../engine/items';
import type { LiveTrigger } from '../../../engine/webhook';
import { PARTNER } from '../AstriaPrompt/bed';
import { type Bed, makeBed, SECRET } from '../AstriaTrigger/bed';

const ALL = ['promptFailed', 'promptFinished', 'tuneFailed', 'tuneTrained'];

let bed: Bed;
let trigger: LiveTrigger;
/** Address that Astria is handed. */
let callback: string;

beforeEach(async () => {
	bed = await makeBed();
	trigger = await bed.called({ events: ALL });
	callback = `${trigger.url}?secret=${SECRET}`;
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.close();
});

async function post(body: unknown, url = callback) {
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body),
	});
	return { status: answer.status, text: await answer.text() };
}

const called = async (times: number) =>
	await until(() => trigger.calls.filter(({ status }) => status > 0).length >= times);

async function finished(fields = {}): Promise<number> {
	const id = await bed.made(PARTNER, { text: 'photo', ...fields });
	await bed.end(id);
	return id;
}

const asked = () => bed.calls().length;

test.each(['wrapped', 'bare'] as const)(
	'Astria tells of a tune and a prompt, %s',
	async (shape) => {
		bed.sandbox.astria.options.callbackBody = shape;
		const tuneId = await bed.training({ callback });
		const promptId = await bed.made(PARTNER, { text: 'photo', callback });
		await bed.end(tuneId, promptId);
		await called(2);
		expect(trigger.calls.map(({ status }) => status)).toEqual([200, 200]);
		expect(trigger.starts.flatMap((items) => jsonOf(items))).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ event: 'tuneTrained', tuneId }),
				expect.objectContaining({ event: 'promptFinished', promptId, imageIndex: 0 }),
			]),
		);
	},
);

test('the pictures come along when they are wanted', async () => {
	const downloading = await bed.called({ download: true });
	const id = await finished();
	await post({ prompt: { id } }, `${downloading.url}?secret=${SECRET}`);
	expect((await readFile(downloading.starts[0]?.[0])).length).toBeGreaterThan(0);
});

test('the prompts of a pack run start it together, a failed one too', async () => {
	const ids = [await finished(), await finished({ text: 'an error' })];
	await post(ids.map((id) => ({ id, tune_id: PARTNER, text: 'photo' })));
	await post({ prompts: [{ prompt: { id: await finished() } }] });
	expect(trigger.starts.map((items) => jsonOf(items).map(({ event }) => event))).toEqual([
		['promptFinished', 'promptFailed'],
		['promptFinished'],
	]);
});

describe('is refused, without a call of Astria:', () => {
	test.each([
		['no secret', () => trigger.url],
		['a wrong one', () => `${trigger.url}?secret=another`],
		['the beginning of it', () => `${trigger.url}?secret=${SECRET.slice(0, -1)}`],
		['an empty one', () => `${trigger.url}?secret=`],
		['two of them', () => `${callback}&secret=${SECRET}`],
	])('%s', async (_, url) => {
		const id = await finished();
		const before = asked();
		expect((await post({ prompt: { id } }, url())).status).toBe(401);
		expect(trigger.starts).toEqual([]);
		expect(asked()).toBe(before);
	});

	test('any call while the secret is empty', async () => {
		const open = await bed.called({ secret: ' ' });
		const id = await finished();
		for (const secret of ['', '%20', 'undefined']) {
			expect((await post({ prompt: { id } }, `${open.url}?secret=${secret}`)).status).toBe(401);
		}
		expect(open.starts).toEqual([]);
	});

	test.each([
		[{}],
		[[]],
		['text'],
		[7],
		[{ prompt: { id: '1' } }],
		[{ prompt: { id: '../users' } }],
		[{ tune: { id: -1 } }],
		[{ tune: null }],
		[{ prompts: [null, { id: 1.5 }] }],
	])('%j', async (body) => {
		const before = asked();
		expect((await post(body)).status).toBe(401);
		expect(asked()).toBe(before);
	});
});

test('no body starts the workflow that names nothing of the account', async () => {
	await finished();
	const id = fc.oneof(fc.integer({ min: 900_000_000, max: 999_999_999 }), fc.jsonValue());
	const named = fc.record({ id, tune_id: fc.jsonValue(), images: fc.jsonValue() });
	const body = fc.oneof(
		fc.jsonValue(),
		named,
		fc.array(named, { maxLength: 5 }),
		fc.record({ prompt: named }),
		fc.record({ tune: named }),
		fc.record({
			prompts: fc.array(fc.oneof(named, fc.record({ prompt: named })), { maxLength: 5 }),
		}),
	);
	await fc.assert(
		fc.asyncProperty(body, async (wild) => {
			const { status, text } = await post(wild);
			expect(status).toBe(401);
			expect(text).not.toContain(bed.sandbox.astria.key);
		}),
		{ numRuns: 200 },
	);
	expect(trigger.starts).toEqual([]);
});

test('a prompt of another account is refused', async () => {
	expect(await post({ prompt: { id: 987654321, images: ['https://evil.example/1.jpg'] } })).toEqual(
		{
			status: 401,
			text: expect.stringContaining('no prompt 987654321'),
		},
	);
	expect(trigger.starts).toEqual([]);
});

test('what a forged call says is not believed', async () => {
	speedUp(50);
	const running = await bed.made(PARTNER, { text: 'photo' });
	const images = ['https://evil.example/1.jpg'];
	const body = { prompt: { id: running, images, trained_at: '2026-11-26T00:00:00Z' } };
	expect((await post(body)).status).toBe(503);
	expect(trigger.starts).toEqual([]);
	const done = await finished();
	await post({ prompt: { id: done, images } });
	const [told] = jsonOf(trigger.starts[0]);
	expect(told?.imageUrl).toMatch(bed.sandbox.media.url);
});

test('a call that comes a moment before the end is shown starts it all the same', async () => {
	const id = await bed.made(PARTNER, { text: 'photo' });
	const answer = post({ prompt: { id } });
	await until(() => asked() > 1);
	await bed.end(id);
	expect((await answer).status).toBe(200);
	expect(trigger.starts).toHaveLength(1);
});

test('the same call again starts nothing, also when it overlaps', async () => {
	const id = await finished();
	const answers = await Promise.all([1, 2, 3].map(async () => await post({ prompt: { id } })));
	expect(answers.map(({ status }) => status).sort()).toEqual([200, 503, 503]);
	expect((await post({ prompt: { id } })).status).toBe(200);
	expect(trigger.starts).toHaveLength(1);
});

test('a failed read leaves it to the next call', async () => {
	const id = await finished();
	const answer = { status: 422, body: { error: 'strange' } };
	bed.sandbox.faults.add({ on: /GET \/prompts\/\d/, fault: { kind: 'answer', answer } });
	expect((await post({ prompt: { id } })).status).toBe(503);
	expect((await post({ prompt: { id } })).status).toBe(200);
	expect(trigger.starts).toHaveLength(1);
});

test('one whose execution n8n could not store is left to the next call', async () => {
	const [id, other] = [await finished(), await finished()];
	trigger.unstored = 1;
	expect((await post([{ prompt: { id } }, { prompt: { id: other } }])).status).toBe(500);
	expect(trigger.starts).toEqual([]);
	expect((await post({ prompt: { id } })).status).toBe(200);
	expect((await post({ prompt: { id: other } })).status).toBe(200);
	expect(trigger.starts).toHaveLength(2);
	expect((await post({ prompt: { id } })).status).toBe(200);
	expect(trigger.starts).toHaveLength(2);
});

test('one that could not be read is told in the log, with what to do: Astria does not call again', async () => {
	const id = await finished();
	const answer = { status: 422, body: { error: 'strange' } };
	bed.sandbox.faults.add({ on: /GET \/prompts\/\d/, fault: { kind: 'answer', answer } });
	await post({ prompt: { id } });
	expect(trigger.log).toEqual([
		expect.stringMatching(
			`^A call about prompt ${id} has not started the workflow: .*strange.* Fetch it with Get by its id\\.$`,
		),
	]);
});

test('of a list with one that cannot be read, the others start it', async () => {
	const id = await finished();
	expect(
		(
			await post([
				{ id: 987654321, tune_id: 1 },
				{ id, tune_id: 1 },
			])
		).status,
	).toBe(200);
	expect(jsonOf(trigger.starts[0])).toEqual([expect.objectContaining({ promptId: id })]);
});

test('of a list, each that has not started the workflow is told in the log, and left to a later call', async () => {
	const [good, strange, other] = [await finished(), await finished(), await finished()];
	const answer = { status: 422, body: { error: 'strange' } };
	for (const id of [strange, other]) {
		const on = new RegExp(`GET /prompts/${id}$`);
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer } });
	}
	const body = [good, strange, other].map((id) => ({ id, tune_id: 1 }));
	expect((await post([...body, { id: 987654321, tune_id: 1 }])).status).toBe(200);
	expect(jsonOf(trigger.starts[0])).toEqual([expect.objectContaining({ promptId: good })]);
	for (const id of [strange, other]) {
		expect(trigger.log).toContainEqual(
			expect.stringMatching(
				`^A call about prompt ${id} has not started the workflow: .*strange.* Fetch it with Get by its id\\.$`,
			),
		);
	}
	expect(trigger.log).toContainEqual(
		'A call about prompt 987654321 has not started the workflow: The account has no prompt 987654321.',
	);
	expect(trigger.log).toHaveLength(3);
	expect((await post({ prompt: { id: strange } })).status).toBe(200);
	expect(jsonOf(trigger.starts[1])).toEqual([expect.objectContaining({ promptId: strange })]);
});

test('filters and events hold here too', async () => {
	const picky = await bed.called({ events: ['promptFinished'], filters: { text: 'dress' } });
	const url = `${picky.url}?secret=${SECRET}`;
	await post({ prompt: { id: await finished() } }, url);
	await post({ prompt: { id: await finished({ text: 'an error, a dress' }) } }, url);
	await post({ prompt: { id: await finished({ text: 'a Dress' }) } }, url);
	expect(picky.starts.map((items) => items[0]?.json.text)).toEqual(['a Dress']);
});

describe('a browser that opens the address', () => {
	test('shows the editor the newest thing of the kind at once, also without the secret', async () => {
		await finished();
		const newest = await finished();
		const listening = await bed.called({ events: ['promptFinished'] }, 'manual');
		expect((await fetch(listening.url)).status).toBe(200);
		expect(jsonOf(listening.starts[0])).toMatchObject([
			{ event: 'promptFinished', promptId: newest },
		]);
		const ofTunes = await bed.called({ events: ['tuneTrained'] }, 'manual');
		await fetch(ofTunes.url);
		expect(jsonOf(ofTunes.starts[0])).toMatchObject([{ event: 'tuneTrained', sample: true }]);
	});

	test('starts nothing while nobody listens', async () => {
		const before = asked();
		for (const url of [trigger.url, callback]) expect((await fetch(url)).status).toBe(405);
		expect(trigger.starts).toEqual([]);
		expect(asked()).toBe(before);
	});
});
