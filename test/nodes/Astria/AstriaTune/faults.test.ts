import type { FaultKind } from '../../../../sandbox/types';
import { speedUp, until } from '../../../engine/clock';
import { RETRY, storeFile } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: 100 } });
	speedUp(200);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const status = (code: number, body: unknown = 'upstream', headers = {}): FaultKind => ({
	kind: 'answer',
	answer: { status: code, headers, body },
});

const CREATE = /^POST \/tunes/;
const LIST = /^GET \/tunes\?/;
const GET = /^GET \/tunes\/\d+/;

const LOST: Array<[string, FaultKind]> = [
	['504', { kind: 'answerAfter', answer: { status: 504, body: 'timeout' } }],
	['500', { kind: 'answerAfter', answer: { status: 500, body: { error: 'oops' } } }],
	['502 of a proxy', { kind: 'answerAfter', answer: { status: 502, body: '<html>Bad gateway' } }],
	['a reset', { kind: 'resetAfter' }],
	['a body cut off', { kind: 'cutOff' }],
	[
		'a web page',
		{
			kind: 'answerAfter',
			answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
		},
	],
	['null', { kind: 'answerAfter', answer: { status: 201, body: 'null' } }],
];

/** The same faults, but the service never sees the call. */
const NEVER_TAKEN: Array<[string, FaultKind]> = [
	['504', status(504, 'timeout')],
	['500', status(500, { error: 'oops' })],
	['a reset', { kind: 'reset' }],
];

describe.each(LOST)('a create whose answer is lost to %s', (_name, fault) => {
	test('makes one tune, which is found by its title', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault });
		const { outputs, error } = await bed.run([{ title: 'Jane' }]);
		expect(error).toBeUndefined();
		const made = bed.sandbox.astria.tunes();
		expect(made).toHaveLength(1);
		expect(bed.calls(/^POST/)).toHaveLength(1);
		expect(outputs[0]?.[0]?.json).toMatchObject({
			tuneId: made[0]?.id,
			reused: false,
			recovered: true,
		});
	});
});

test('a create with files whose answer is lost is found by a title of several lines', async () => {
	bed.sandbox.faults.add({ on: CREATE, fault: { kind: 'resetAfter' }, times: 1 });
	const file = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
	const { outputs } = await bed.run([{ json: { title: 'Anna\nMüller' }, binary: { data: file } }], {
		images_source: 'binary',
		images_binary: 'data',
	});
	expect(outputs[0]?.[0]?.json).toMatchObject({ title: 'Anna Müller', recovered: true });
});

describe.each(NEVER_TAKEN)('a create that is lost to %s on its way', (_name, fault) => {
	test('is not sent again, and the charge is unknown', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault });
		const { outputs } = await bed.run([{ title: 'Jane' }], {}, { onError: 'continueErrorOutput' });
		expect(outputs[0]).toHaveLength(0);
		expect(errorsOf(outputs[1])[0]).toMatch(
			/^Item 1: The request was sent, but its answer was lost.*does not show the tune "Jane".*may have been charged/,
		);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			charged: 'unknown',
			stage: 'submit',
			retryable: false,
		});
		expect(bed.calls(/^POST/)).toHaveLength(1);
		expect(bed.calls(/^GET \/tunes/).length).toBeGreaterThan(1);
	});

	test('is not taken for an older tune with the same title', async () => {
		await bed.run([{ title: 'Jane' }]);
		const [older] = bed.sandbox.astria.tunes();
		if (older) older.createdAt = new Date(Date.now() - 600_000);
		bed.sandbox.faults.add({ on: CREATE, fault });
		const { outputs } = await bed.run(
			[{ title: 'Jane' }],
			{},
			{ onError: 'continueRegularOutput' },
		);
		expect(errorsOf(outputs[0])[0]).toMatch(/its answer was lost/);
	});

	test('is not bought again by Retry On Fail', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault });
		const { error } = await bed.run([{ title: 'Jane' }], {}, RETRY);
		expect(error?.message).toMatch(/its answer was lost/);
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});
});

test('rows with the same title each keep their own tune when an answer is lost', async () => {
	bed.sandbox.faults.add({ on: CREATE, fault: LOST[0]?.[1] ?? status(504), after: 1 });
	const { outputs, error } = await bed.run([{}, {}, {}].map(() => ({ title: 'Jane' })));
	expect(error).toBeUndefined();
	const ids = jsonOf(outputs[0]).map(({ tuneId }) => tuneId);
	expect(new Set(ids).size).toBe(3);
	expect(bed.calls(/^POST/)).toHaveLength(3);
});

test.each<[string, FaultKind]>([
	['429', status(429, '')],
	['429 with Retry-After', status(429, '', { 'retry-after': '1' })],
	['503 with Retry-After', status(503, '', { 'retry-after': '1' })],
])('a create answered %s is sent again', async (_name, fault) => {
	bed.sandbox.faults.add({ on: CREATE, fault, times: 2 });
	const { error } = await bed.run([{ title: 'Jane' }]);
	expect(error).toBeUndefined();
	expect(bed.sandbox.astria.creations()).toHaveLength(1);
	expect(bed.calls(/^POST/)).toHaveLength(3);
});

describe('a refusal is told in Astria’s words, and costs nothing', () => {
	test.each<[string, Parameters, RegExp, Record<string, unknown>]>([
		[
			'a Rails hash',
			{ base_tune_id: picked('123') },
			/Astria says: base_tune must exist/,
			{ field: 'Base Tune' },
		],
		[
			'a picture out of reach',
			{ images: '={{ $json.gone }}' },
			/could not fetch a picture.*could not download http.*log-in/,
			{ field: 'Images' },
		],
	])('%s', async (_name, parameters, words, details) => {
		const gone = `${bed.sandbox.media.url}/files/b/none`;
		const { outputs } = await bed.run([{ title: 'J', gone }], parameters, {
			onError: 'continueErrorOutput',
		});
		expect(errorsOf(outputs[1])[0]).toMatch(words);
		expect(errorsOf(outputs[1])[0]).toMatch(/not charged/);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			statusCode: 422,
			charged: 'no',
			...details,
		});
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});

	test('no balance', async () => {
		bed.sandbox.astria.options.account.usd_balance_mc = 10;
		const { error } = await bed.run([{ title: 'J' }]);
		expect(error?.message).toMatch(/^Item 1: The balance of the Astria account is used up.*Top up/);
		expect(error?.message).not.toContain('<a');
	});

	test('the firewall', async () => {
		bed.sandbox.faults.add({ on: CREATE, fault: status(403, 'error code: 1010') });
		const { error } = await bed.run([{ title: 'J' }]);
		expect(error?.message).toMatch(/firewall in front of Astria.*1010/);
	});
});

describe('while waiting', () => {
	test.each<[string, RegExp, FaultKind, number]>([
		['500', GET, status(500), 2],
		['429', GET, status(429), 2],
		['429 with Retry-After', GET, status(429, '', { 'retry-after': '2' }), 1],
		['a reset', GET, { kind: 'reset' }, 2],
		['a web page', GET, status(200, '<html>'), 1],
		['a body cut off', GET, { kind: 'cutOff' }, 1],
		['404 for a moment', GET, status(404, { status: 404, error: 'Not Found' }), 2],
	])('%s costs no row', async (_name, on, fault, times) => {
		bed.sandbox.faults.add({ on, fault, times });
		const { outputs, error } = await bed.run([{ title: 'Jane' }], { model_type: 'lora' });
		expect(error).toBeUndefined();
		expect(outputs[0]?.[0]?.json).toMatchObject({ trained: true });
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});

	test('faults of the list cost no row either', async () => {
		for (const fault of [status(500), status(429), { kind: 'reset' } as const]) {
			bed.sandbox.faults.add({ on: LIST, fault });
		}
		const rows = ['A', 'B', 'C'].map((title) => ({ title }));
		const { outputs, error } = await bed.run(rows, { model_type: 'lora' });
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(['A', 'B', 'C']);
	});

	test('a training that fails is an error row that Retry On Fail does not buy again', async () => {
		const { error } = await bed.run([{ title: 'fails' }], { model_type: 'lora' }, RETRY);
		expect(error?.message).toMatch(
			/^Item 1: Tune \d+: The training failed. Astria says: Training failed: no face/,
		);
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});

	test('Max Wait ends it with the id, and the next try picks the tune up', async () => {
		const parameters = { model_type: 'lora', options: { maxWait: 20 } };
		const settings = { ...RETRY, maxTries: 2 };
		const { error } = await bed.run([{ title: 'stuck' }], parameters, settings);
		const [made] = bed.sandbox.astria.tunes();
		expect(error?.message).toMatch(
			new RegExp(`had not started training after 20 s.* Tune ${made?.id} goes on\\.$`),
		);
		expect(error?.description).toMatch(/^Fetch it with Get\..*was charged/);
		expect(bed.calls(/^POST/)).toHaveLength(1);
	});

	test('Max Wait of a training that was given back does not say that it was charged', async () => {
		bed.sandbox.astria.options.failureSigns = [];
		const { outputs } = await bed.run(
			[{ title: 'fails' }],
			{ model_type: 'lora', options: { maxWait: 120 } },
			{ onError: 'continueErrorOutput' },
		);
		expect(errorsOf(outputs[1])[0]).toMatch(/no cost for it, as for a training that has failed\./);
		expect(errorsOf(outputs[1])[0]).toMatch(/may have been charged/);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
	});

	test('Stop ends it, and tells nobody to cancel anything', async () => {
		const started = bed.start([{ title: 'stuck' }], { model_type: 'lora' });
		await until(() => bed.sandbox.astria.tunes().length > 0);
		const before = Date.now();
		started.stop();
		await started.finished;
		expect(Date.now() - before).toBeLessThan(2_000);
		expect(bed.calls(/^(DELETE|PATCH)/)).toHaveLength(0);
	});
});

test('under Stop Workflow a failed row names the tunes that were paid for', async () => {
	const rows = [{ title: 'stuck' }, { title: 'fails' }];
	const { error } = await bed.run(rows, { model_type: 'lora' });
	const paid = bed.sandbox.astria.tunes().find(({ fields }) => fields.title === 'stuck');
	expect(error?.message).toMatch(
		new RegExp(
			`^Item 2: Tune \\d+: The training failed.*Other rows of this run.*: item 1 \\(${paid?.id}, charged\\)\\.`,
		),
	);
});

test('error rows go to the error output, the others stay in their order', async () => {
	const rows = ['A', 'B fails', 'C', ''].map((title) => ({ title }));
	const { outputs, error } = await bed.run(
		rows,
		{ model_type: 'lora' },
		{ onError: 'continueErrorOutput' },
	);
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(['A', 'C']);
	expect(errorsOf(outputs[1])).toEqual([
		expect.stringMatching(/^Item 2: Tune/),
		expect.stringMatching(/^Item 4: 'Title' is empty/),
	]);
	expect(bed.calls(/^POST/)).toHaveLength(3);
});

test.each([
	['at once', 0],
	['one by one', 120],
])('a lost answer of a pack’s run finds its prompts, which appear %s', async (_, lateMs) => {
	bed.sandbox.astria.options.packPromptsAfterMs = lateMs;
	const { outputs: made } = await bed.run([{ title: 'Jane' }]);
	const tunes = { tunes: [{ tuneId: picked(String(made[0]?.[0]?.json.tuneId)) }] };
	bed.sandbox.faults.add({
		on: /^POST \/p\//,
		fault: { kind: 'answerAfter', answer: { status: 504, body: '' } },
	});
	const { outputs, error } = await bed.run([{}], {
		resource: 'pack',
		operation: 'createTune',
		packId: picked('260'),
		mode: 'reuse',
		tunes,
	});
	expect(error).toBeUndefined();
	const ids = bed.sandbox.astria.prompts().map(({ id }) => id);
	expect(ids.length).toBeGreaterThan(0);
	const { promptIds, recovered } = outputs[0]?.[0]?.json ?? {};
	expect(recovered).toBe(true);
	expect(Array.isArray(promptIds) ? [...promptIds].sort() : []).toEqual(ids.sort());
	expect(bed.calls(/^POST \/p\//)).toHaveLength(1);
});

test('a pack’s run that never came through is not repeated', async () => {
	bed.sandbox.faults.add({ on: /^POST \/p\//, fault: status(504) });
	const { outputs } = await bed.run(
		[{ title: 'Jane' }],
		{ resource: 'pack', operation: 'createTune', packId: picked('260'), name: 'cat' },
		{ onError: 'continueRegularOutput' },
	);
	expect(outputs[0]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
	expect(bed.calls(/^POST/)).toHaveLength(1);
});
