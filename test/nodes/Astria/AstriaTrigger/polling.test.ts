import type { INodeExecutionData } from 'n8n-workflow';

import { objectOf } from '../../../../lib/json';
import { forgetOwners } from '../../../../lib/astria/events/owner';
import { forgetLooks } from '../../../../nodes/Astria/AstriaTrigger/helpers/poll';
import { isRecord } from '../../../../sandbox/json';
import type { SandboxAnswer } from '../../../../sandbox/types';
import { systemClock } from '../../../../lib/time';
import { readFile } from '../../../engine/engine';
import { jsonOf, picked } from '../../../engine/items';
import { PARTNER } from '../AstriaPrompt/bed';
import { type Bed, makeBed } from './bed';

const ALL = ['promptFailed', 'promptFinished', 'tuneFailed', 'tuneTrained'];
const LISTS = /GET \/(prompts|tunes)$/;

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.close();
});

const events = (items: INodeExecutionData[]) =>
	jsonOf(items).map(({ event, promptId, tuneId }) => [event, promptId ?? tuneId]);

/** An answer that does not list one. */
const without = (id: number) => (answer: SandboxAnswer) => ({
	...answer,
	body: Array.isArray(answer.body)
		? answer.body.filter((entry) => !isRecord(entry) || entry.id !== id)
		: answer.body,
});

const prompts = async (count: number, fields = {}) => {
	const ids: number[] = [];
	for (let n = 0; n < count; n += 1)
		ids.push(await bed.made(PARTNER, { text: `photo ${n}`, ...fields }));
	return ids;
};

test('what ends between two looks starts the workflow, with the pictures', async () => {
	const trigger = bed.polled({ download: true, events: ALL });
	expect(await trigger.activate()).toEqual([]);
	const tuneId = await bed.training();
	const [promptId = 0] = await prompts(1, { num_images: 2 });
	expect(await trigger.look()).toEqual([]);
	await bed.end(tuneId, promptId);
	const items = await trigger.look();
	expect(jsonOf(items)).toEqual([
		expect.objectContaining({ event: 'promptFinished', promptId, imageIndex: 0, imageCount: 2 }),
		expect.objectContaining({ event: 'promptFinished', promptId, imageIndex: 1, imageCount: 2 }),
		expect.objectContaining({ event: 'tuneTrained', tuneId, title: 'Jane', trained: true }),
	]);
	expect((await readFile(items[0])).length).toBeGreaterThan(0);
	expect(await trigger.look()).toEqual([]);
});

test('what had ended before the first look is of no interest, what had not is waited for', async () => {
	const [old = 0, open = 0] = await prompts(2);
	await bed.end(old);
	const trigger = bed.polled();
	await trigger.activate();
	await bed.end(open);
	expect(events(await trigger.look())).toEqual([['promptFinished', open]]);
});

test('what ends between the activation and the next look is told, though n8n stores no activation', async () => {
	const trigger = bed.polled();
	await trigger.activate();
	expect(trigger.stored()).toEqual({});
	const [made = 0] = await prompts(1);
	await bed.end(made);
	expect(events(await trigger.look())).toEqual([['promptFinished', made]]);
});

test('a hundred and fifty that end between two looks, in any order, are told once each', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.look();
	const ids = await prompts(150);
	await trigger.look();
	const mixed = [...ids].sort((one, other) => ((one * 7919) % 151) - ((other * 7919) % 151));
	await bed.end(...mixed.slice(0, 110));
	const told = events(await trigger.look()).map(([, id]) => id);
	expect(told).toEqual(mixed.slice(0, 110).sort((one, other) => one - other));
	await bed.end(...mixed.slice(110));
	const rest = events(await trigger.look()).map(([, id]) => id);
	expect(rest).toEqual(mixed.slice(110).sort((one, other) => one - other));
	expect(await trigger.look()).toEqual([]);
});

test('looks that begin while another one takes long tell nothing twice', async () => {
	const trigger = bed.polled({ events: ALL });
	await trigger.look();
	const [made = 0] = await prompts(1);
	await bed.end(made);
	const together = await Promise.all([trigger.look(), trigger.look(), trigger.look()]);
	expect(events(together.flat())).toEqual([['promptFinished', made]]);
	expect(await trigger.look()).toEqual([]);
});

test('a look that can read nothing of a list fails, and loses and repeats nothing', async () => {
	const trigger = bed.polled({ events: ALL });
	await trigger.look();
	const ids = await prompts(30);
	const tuneId = await bed.training();
	await bed.end(...ids, tuneId);
	const before = trigger.stored();
	for (const on of [/GET \/prompts\?/, /GET \/tunes\?/]) {
		bed.sandbox.faults.add({ on, fault: { kind: 'reset' } });
		await expect(trigger.look()).rejects.toThrow(/Astria|127\.0\.0\.1/);
		expect(trigger.stored()).toEqual(before);
	}
	expect(await trigger.look()).toHaveLength(31);
	expect(await trigger.look()).toEqual([]);
});

test('a look that fails in the middle tells what it has found, and the next one goes on', async () => {
	const trigger = bed.polled({ events: ALL });
	await trigger.look();
	const ids = await prompts(30);
	await bed.end(...ids);
	bed.sandbox.faults.add({ on: /GET \/prompts\?.*before_id/, fault: { kind: 'reset' } });
	const first = events(await trigger.look()).map(([, id]) => id);
	expect(first).toEqual(ids.slice(10));
	expect(trigger.log).toEqual([
		expect.stringMatching(
			`^Not all prompts could be looked at: .* The next look goes on below ${ids[10]}\\.$`,
		),
	]);
	const [late = 0] = await prompts(1);
	await bed.end(late);
	const second = events(await trigger.look()).map(([, id]) => id);
	expect(second).toEqual([...ids.slice(0, 10), late]);
	expect(await trigger.look()).toEqual([]);
});

test('a list that takes longer than a look may is gone through all the same', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	trigger.budgetMs = 2_000;
	await trigger.look();
	const ids = await prompts(500);
	await bed.end(...ids);
	bed.sandbox.faults.add({
		on: /GET \/prompts\?/,
		fault: { kind: 'delay', ms: 250 },
		times: 1_000,
	});
	const told: unknown[] = [];
	for (let look = 0; look < 6; look += 1) told.push(...events(await trigger.look()));
	expect(told).toHaveLength(500);
	expect(new Set(told.map(String)).size).toBe(500);
	expect(trigger.log[0]).toMatch(/took longer than \d+ s\. The next look goes on below \d+\.$/);
}, 60_000);

test('of all that is running at the first look none is missed', async () => {
	const training = await bed.training();
	for (let n = 0; n < 120; n += 1) {
		await bed.training({ title: `ref ${n}`, model_type: 'faceid', base_tune_id: PARTNER });
	}
	const ids = await prompts(130);
	const trigger = bed.polled({ events: ['promptFinished', 'tuneTrained'] });
	await trigger.look();
	await bed.end(training, ...ids);
	const told = events(await trigger.look());
	expect(told).toContainEqual(['tuneTrained', training]);
	expect(told.filter(([event]) => event === 'promptFinished').map(([, id]) => id)).toEqual(ids);
});

test('a renamed trigger goes on where it was', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.activate();
	const ids = await prompts(30);
	await bed.end(...ids);
	expect(await trigger.look()).toHaveLength(30);
	const [quiet = 0, between = 0] = await prompts(2);
	expect(await trigger.look()).toEqual([]);
	await bed.end(between);
	trigger.rename('When a prompt is done');
	expect(events(await trigger.activate())).toEqual([['promptFinished', between]]);
	await bed.end(quiet);
	expect(events(await trigger.look())).toEqual([['promptFinished', quiet]]);
	expect(await trigger.look()).toEqual([]);
});

test('a look whose outcome n8n has dropped is done again', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.activate();
	const [made = 0] = await prompts(1);
	await bed.end(made);
	expect(events(await trigger.lookInVain())).toEqual([['promptFinished', made]]);
	expect(events(await trigger.look())).toEqual([['promptFinished', made]]);
	expect(await trigger.look()).toEqual([]);
});

test('after a filter has changed, what was running before is told only if it is wanted', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.look();
	const [other = 0] = await prompts(1, { text: 'another' });
	const [wanted = 0] = await prompts(1, { text: 'SKU-1' });
	await trigger.look();
	trigger.change({ filters: { text: 'SKU-1' } });
	await bed.end(other, wanted);
	expect(events(await trigger.look())).toEqual([['promptFinished', wanted]]);
});

describe("when the credential is another account's than at the last look", () => {
	test('by its address, nothing of its history is told, and what runs there is', async () => {
		const demo = bed.polled({ events: ['promptFinished'] });
		await demo.look();
		await bed.end(...(await prompts(1)));
		expect(await demo.look()).toHaveLength(1);
		await bed.close();
		bed = await makeBed();
		const [running = 0, ...old] = await prompts(150);
		await bed.end(...old);
		const real = bed.polled({ events: ['promptFinished'] }, 'trigger', demo.stored());
		expect(await real.look()).toEqual([]);
		expect(real.log).toEqual([
			"The prompts are another account's than at the last look: what had ended before this one is not told.",
		]);
		await bed.end(running);
		expect(events(await real.look())).toEqual([['promptFinished', running]]);
		expect(real.log).toHaveLength(1);
	});

	test('by what Astria says, too, though address and credential are the same', async () => {
		const trigger = bed.polled({ events: ['promptFinished'] });
		await trigger.look();
		await bed.end(...(await prompts(1)));
		// A start of n8n, after which the credential holds another account's key.
		forgetLooks();
		forgetOwners();
		const answer = { status: 200, body: { id: 4711, name: 'Another' } };
		bed.sandbox.faults.add({ on: /GET \/users/, fault: { kind: 'answer', answer } });
		expect(await trigger.look()).toEqual([]);
		expect(trigger.log).toHaveLength(1);
		expect(await trigger.look()).toEqual([]);
		expect(trigger.log).toHaveLength(1);
	});

	test('it begins anew once, also where n8n has not stored that before it publishes again', async () => {
		const first = bed.polled({ events: ['promptFinished'] });
		await first.look();
		await bed.end(...(await prompts(1)));
		await first.look();
		forgetOwners();
		const answer = { status: 200, body: { id: 4711, name: 'Another' } };
		bed.sandbox.faults.add({ on: /GET \/users/, fault: { kind: 'answer', answer } });
		expect(await first.activate()).toEqual([]);
		const [made = 0] = await prompts(1);
		await bed.end(made);
		expect(events(await first.activate())).toEqual([['promptFinished', made]]);
		expect(first.log).toHaveLength(1);
	});

	test('a new list that begins anew is not silent', async () => {
		const first = bed.polled({ events: ['promptFinished'] });
		await first.look();
		await bed.end(...(await prompts(20)));
		expect(await first.look()).toHaveLength(20);
		await bed.close();
		bed = await makeBed();
		const again = bed.polled({ events: ['promptFinished'] }, 'trigger', first.stored());
		await again.look();
		await bed.end(...(await prompts(5)));
		expect(await again.look()).toHaveLength(5);
	});
});

test('a trail that does not say whose it is goes on, and gets a mark that tells no key', async () => {
	const first = bed.polled({ events: ['promptFinished'] });
	await first.look();
	const { prompts: trail } = first.stored();
	const { owner, ...unmarked } = objectOf(trail);
	expect(owner).toMatch(/^[\da-f]{16}$/);
	const [made = 0] = await prompts(1);
	await bed.end(made);
	const stored = { prompts: { ...unmarked, open: [] } };
	const trigger = bed.polled({ events: ['promptFinished'] }, 'trigger', stored);
	expect(events(await trigger.look())).toEqual([['promptFinished', made]]);
	expect(trigger.stored().prompts).toMatchObject({ owner });
	expect(bed.calls(/GET \/users/)).toHaveLength(1);
});

test('where a gateway tells of no account, the credential stands for it', async () => {
	const answer = { status: 404, body: { status: 404, error: 'Not Found' } };
	bed.sandbox.faults.add({ on: /GET \/users/, fault: { kind: 'answer', answer } });
	const trigger = bed.polled({ events: ['promptFinished'] });
	expect(await trigger.look()).toEqual([]);
	const [made = 0] = await prompts(1);
	await bed.end(made);
	expect(events(await trigger.look())).toEqual([['promptFinished', made]]);
});

test.each([500, 403])(
	'while Astria answers %i to whose key it is, no look is made',
	async (status) => {
		const trigger = bed.polled({ events: ['promptFinished'] });
		const answer = { status, body: {} };
		bed.sandbox.faults.add({ on: /GET \/users/, fault: { kind: 'answer', answer } });
		await expect(trigger.look()).rejects.toThrow(/Astria/);
		expect(bed.calls(LISTS)).toEqual([]);
		expect(await trigger.look()).toEqual([]);
	},
);

test('one 404 of a moment forgets nothing', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.look();
	const [open = 0] = await prompts(1);
	await trigger.look();
	bed.sandbox.faults.add({
		on: new RegExp(`GET /prompts/${open}$`),
		fault: { kind: 'answer', answer: { status: 404, body: { status: 404, error: 'Not Found' } } },
	});
	await trigger.look();
	await bed.end(open);
	expect(events(await trigger.look())).toEqual([['promptFinished', open]]);
});

test('what there is no time for is told at the next look', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.look();
	const ids = await prompts(5);
	await bed.end(...ids);
	const { now } = systemClock;
	let calls = 0;
	jest.spyOn(systemClock, 'now').mockImplementation(() => now() + (calls += 1) * 15_000);
	const first = events(await trigger.look());
	expect(first.length).toBeLessThan(5);
	jest.restoreAllMocks();
	const second = events(await trigger.look());
	expect([...first, ...second].map(([, id]) => id).sort()).toEqual(ids);
	expect(await trigger.look()).toEqual([]);
});

test('one that Astria does not tell of is told in the log, and keeps none of the others', async () => {
	const trigger = bed.polled({ events: ['promptFinished'] });
	await trigger.look();
	const [gone = 0, strange = 0, ended = 0] = await prompts(3);
	await trigger.look();
	const answer = { status: 403, body: { error: 'strange' } };
	const on = new RegExp(`GET /prompts/${strange}$`);
	const hidden = { kind: 'change', change: without(strange) } as const;
	bed.sandbox.faults.add({ on: /GET \/prompts\?/, fault: hidden, times: 2 });
	bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer } });
	await bed.call('DELETE', `/prompts/${gone}`);
	await bed.end(strange, ended);
	expect(events(await trigger.look())).toEqual([['promptFinished', ended]]);
	expect(trigger.log).toEqual([
		expect.stringMatching(
			/^Not all prompts could be looked at: .*strange.* The next look goes on\.$/,
		),
	]);
	expect(trigger.stored().prompts).toMatchObject({ open: [strange, gone] });
	expect(events(await trigger.look())).toEqual([['promptFinished', strange]]);
	expect(trigger.log).toHaveLength(1);
});

test.each([
	[undefined, 90],
	[40_000, 12],
])(
	'of %p ms a look at one kind takes %p s at most, keeps what it has found, and leaves time for the other',
	async (budgetMs, seconds) => {
		const trigger = bed.polled({ events: ALL });
		trigger.budgetMs = budgetMs;
		await trigger.look();
		const tuneId = await bed.training();
		const [ended = 0, slow = 0, gone = 0, last = 0] = await prompts(4);
		await trigger.look();
		for (const id of [slow, gone]) await bed.call('DELETE', `/prompts/${id}`);
		await bed.end(ended, tuneId);
		const { sleep } = systemClock;
		jest
			.spyOn(systemClock, 'sleep')
			.mockImplementation(async (ms, signal) => await sleep(Math.min(ms, 500), signal));
		bed.sandbox.faults.add({ on: new RegExp(`GET /prompts/${slow}$`), fault: { kind: 'hang' } });
		expect(events(await trigger.look())).toEqual([
			['promptFinished', ended],
			['tuneTrained', tuneId],
		]);
		expect(trigger.stored()).toMatchObject({
			prompts: { open: [last, gone, slow] },
			tunes: { open: [] },
		});
		expect(trigger.log).toEqual([
			`Not all prompts could be looked at: Astria's answers took longer than ${seconds} s. The next look goes on.`,
		]);
		expect(await trigger.look()).toEqual([]);
		expect(trigger.stored()).toMatchObject({ prompts: { open: [last, gone, slow] } });
	},
);

test('a picture that stalls holds no look: its address is told in time', async () => {
	const trigger = bed.polled({ download: true, events: ['promptFinished'] });
	trigger.budgetMs = 2_000;
	await trigger.look();
	const ids = await prompts(1);
	await bed.end(...ids);
	bed.sandbox.faults.add({ on: /GET \/files\//, fault: { kind: 'hang' }, times: 10 });
	const begun = Date.now();
	const items = await trigger.look();
	expect(Date.now() - begun).toBeLessThan(3_000);
	expect(jsonOf(items)).toEqual([
		expect.objectContaining({
			imageUrl: expect.stringMatching('^http'),
			downloadError: 'The picture could not be downloaded in the time that n8n gives a look.',
		}),
	]);
	expect(items[0]?.binary).toBeUndefined();
	expect(await trigger.look()).toEqual([]);
}, 20_000);

test('failures start it when they are asked for, in the words of Astria', async () => {
	const both = bed.polled({ events: ALL });
	const neither = bed.polled();
	await both.look();
	await neither.look();
	const tuneId = await bed.training({ title: 'fails' });
	const [promptId = 0] = await prompts(1, { text: 'an error' });
	await bed.end(tuneId, promptId);
	expect(jsonOf(await both.look())).toEqual([
		expect.objectContaining({
			event: 'promptFailed',
			promptId,
			status: 'FAILED',
			error: expect.stringMatching(/^Astria says: .+/),
		}),
		expect.objectContaining({
			event: 'tuneFailed',
			tuneId,
			status: 'failed',
			error: 'Astria says: Training failed: no face was found in the pictures',
		}),
	]);
	expect(await neither.look()).toEqual([]);
});

describe('filters', () => {
	test.each([
		['a tune', { tuneId: picked(PARTNER) }, 1],
		['a text in any case', { text: 'PHOTO 0' }, 1],
		['another text', { text: 'dress' }, 0],
		['another tune', { tuneId: picked(1) }, 0],
	])('by %s', async (_, filters, count) => {
		const trigger = bed.polled({ filters });
		await trigger.look();
		await bed.end(...(await prompts(1)));
		expect(await trigger.look()).toHaveLength(count);
	});

	test.each([
		['not told', {}, 0],
		['told when they are asked for', { all_workspaces: true }, 1],
	])("prompts of another workspace than the credential's are %s", async (_, filters, count) => {
		const trigger = bed.polled({ filters });
		await trigger.look();
		const [made = 0] = await prompts(1, { workspace_id: 41 });
		await trigger.look();
		await bed.end(made);
		expect(await trigger.look()).toHaveLength(count);
	});

	test.each([
		['not told', {}, 0],
		['told when they are asked for', { faceIds: true }, 1],
	])('FaceIDs, which dressing a person makes by the dozen, are %s', async (_, filters, count) => {
		const trigger = bed.polled({ filters });
		await trigger.look();
		await bed.training({ model_type: 'faceid', base_tune_id: PARTNER, branch: undefined });
		expect(await trigger.look()).toHaveLength(count);
	});
});

test.each([[' promptfinished '], ['Prompt Finished, Tune Trained'], [['PROMPT FINISHED', '']]])(
	'events that an expression names %p are known',
	async (given) => {
		const trigger = bed.polled({ events: given });
		await trigger.look();
		const [made = 0] = await prompts(1);
		await bed.end(made);
		expect(events(await trigger.look())).toEqual([['promptFinished', made]]);
	},
);

test.each([
	[['promptDone'], /'Events' is "promptDone", .* Use one of: Prompt Failed, Prompt Finished,/],
	[[], /'Events' is empty/],
	['={{ "" }}', /'Events' is empty/],
])('events %p are refused, instead of never starting anything', async (given, message) => {
	await expect(bed.polled({ events: given }).look()).rejects.toThrow(message);
});

test('what was deleted before it ended is forgotten at the third look', async () => {
	const trigger = bed.polled();
	await trigger.look();
	const [gone = 0, kept = 0] = await prompts(2);
	await trigger.look();
	await bed.call('DELETE', `/prompts/${gone}`);
	await bed.end(kept);
	expect(events(await trigger.look())).toEqual([['promptFinished', kept]]);
	for (const open of [[gone], []]) {
		expect(trigger.stored().prompts).toMatchObject({ open: [gone] });
		expect(await trigger.look()).toEqual([]);
		expect(trigger.stored().prompts).toMatchObject({ open });
	}
});

test('a list of which no event is asked for is not read, and begins anew when one is', async () => {
	const onlyTunes = bed.polled({ events: ['tuneTrained'] });
	await onlyTunes.look();
	await onlyTunes.look();
	expect(bed.calls(LISTS).map(({ path }) => path)).toEqual(['/tunes', '/tunes']);
	expect(onlyTunes.stored()).not.toHaveProperty('prompts');
});

test('a quiet look takes one call for each list', async () => {
	const trigger = bed.polled();
	await prompts(2);
	await trigger.look();
	const before = bed.calls().length;
	await trigger.look();
	// The two that have not ended are found on the first page.
	expect(bed.calls().length - before).toBeLessThanOrEqual(3);
});

describe('in the editor', () => {
	test('the newest thing of the kind is shown, and nothing is stored', async () => {
		const ids = await prompts(3);
		await bed.end(...ids);
		const trigger = bed.polled({}, 'manual');
		expect(events(await trigger.look())).toEqual([['promptFinished', ids[2]]]);
		expect(events(await trigger.look())).toEqual([['promptFinished', ids[2]]]);
		expect(trigger.stored()).toEqual({});
	});

	test('an account without any shows a sample, which says that it is one', async () => {
		const items = await bed.polled({ events: ['tuneTrained'] }, 'manual').look();
		expect(jsonOf(items)).toEqual([
			expect.objectContaining({ event: 'tuneTrained', sample: true, title: 'SKU-1' }),
		]);
	});
});

test('a wrong key is told in plain words, without the key', async () => {
	const { key } = bed.sandbox.astria;
	const answer = { status: 401, body: 'HTTP Token: Access denied.' };
	bed.sandbox.faults.add({ on: /prompts/, fault: { kind: 'answer', answer } });
	const failure = await bed
		.polled()
		.look()
		.catch((error: unknown) => error);
	expect(String(failure)).toMatch(/does not accept the key/);
	expect(JSON.stringify(failure)).not.toContain(key);
});
