import { AstriaClient } from '../../../../lib/astria/api/client';
import { findPrompts, type LostPrompt } from '../../../../lib/astria/prompts/driver';
import { TestClock } from '../../clock';
import { fakeDoor } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

type Shown = Record<string, unknown>;

/** The prompt that is looked for, with what differs. */
const shown = (id: number, more: Shown = {}): Shown => ({
	id,
	tune_id: 7,
	text: 'a photo',
	created_at: new Date(NOW).toISOString(),
	images: [],
	...more,
});

const LOST: LostPrompt = {
	request: {
		target: { kind: 'tune', tuneId: 7 },
		values: { text: 'a photo' },
		files: {},
		distinct: true,
	},
	sentAt: NOW,
};

const ORIGINAL = shown(3, { text: 'a drawing', video_prompt: 'she turns' });

const DUPLICATE: LostPrompt = {
	...LOST,
	request: { ...LOST.request, target: { kind: 'duplicate', promptId: 3 }, values: {} },
};

/** What may be a lost prompt, of those that Astria lists. */
async function findIn(list: Shown[], lost: Partial<LostPrompt> = {}) {
	const door = fakeDoor(({ url }) => {
		const { pathname } = new URL(url);
		return { json: pathname === '/prompts/3' ? ORIGINAL : list };
	});
	const clock = new TestClock(NOW);
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	const { signal } = new AbortController();
	const found = await findPrompts(client, { clock, signal }, { ...LOST, ...lost });
	return { ids: found.map(({ id }) => id), calls: door.calls, signal };
}

test('a lost prompt is looked for among the newest of its tune, and several are told oldest first', async () => {
	const { ids, calls, signal } = await findIn([shown(12), shown(11)], { workspace: 'all' });
	expect(ids).toEqual([11, 12]);
	expect(calls).toMatchObject([
		{
			url: expect.stringMatching(/\/prompts\?.*tune_id=7/),
			headers: { 'X-Workspace-Id': 'all' },
			signal,
		},
	]);
});

test.each<[string, Shown, Partial<LostPrompt>]>([
	['another text', { text: 'a drawing' }, {}],
	['no text', { text: null }, {}],
	['an older twin', { created_at: new Date(NOW - 1_001).toISOString() }, {}],
	['another seed than the node gave it', { seed: 8 }, { seed: 7 }],
	['no seed where the node gave it one', {}, { seed: 7 }],
	[
		'another seed than the user set',
		{ seed: 8 },
		{ request: { ...LOST.request, values: { text: 'a photo', seed: 7 } } },
	],
	[
		'another video prompt',
		{ video_prompt: 'she runs' },
		{ request: { ...LOST.request, values: { text: 'a photo', video_prompt: 'she turns' } } },
	],
])('%s is not it', async (_name, more, lost) => {
	expect((await findIn([shown(11, more)], lost)).ids).toEqual([]);
});

test.each<[string, Shown, Partial<LostPrompt>]>([
	[
		'one whose time is cut off at the second',
		{ created_at: new Date(NOW - 999).toISOString() },
		{},
	],
	['one that does not tell its time', { created_at: null }, {}],
	['one with the seed that the node gave it', { seed: '7' }, { seed: 7 }],
	['one whose seed Astria has chosen', { seed: 8 }, {}],
	['one with a video that was not asked for', { video_prompt: 'she runs' }, {}],
])('%s may be it', async (_name, more, lost) => {
	expect((await findIn([shown(11, more)], lost)).ids).toEqual([11]);
});

test('a duplicate looks like its original where nothing else was asked for, and is not the original', async () => {
	const twin = shown(12, { text: 'a drawing', video_prompt: 'she turns' });
	const { ids, calls } = await findIn([twin, shown(11), ORIGINAL], DUPLICATE);
	expect(ids).toEqual([12]);
	expect(calls[1]?.url).toMatch(/tune_id=7/);
});

test('a duplicate on another tune, with another text, is looked for there', async () => {
	const values = { text: 'a photo', tune_id: 8 };
	const request = { ...DUPLICATE.request, values };
	const { ids, calls } = await findIn(
		[shown(12, { tune_id: 8, video_prompt: 'she turns' }), shown(11, { text: 'a drawing' })],
		{ request },
	);
	expect(ids).toEqual([12]);
	expect(calls[1]?.url).toMatch(/tune_id=8/);
});
