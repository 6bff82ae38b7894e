import type { IDataObject } from 'n8n-workflow';

import { TryOnError } from '../../../lib/errors';
import { rememberedError, SubmitMemory } from '../../../lib/jobs/memory';

/** A try of a node in an execution, with the context as n8n has stored it. */
function tryOf(context: IDataObject, execution: string, run = 0, call?: string): SubmitMemory {
	const stored: IDataObject = JSON.parse(JSON.stringify(context));
	Object.assign(context, stored);
	return new SubmitMemory(context, { execution, run, call });
}

function boughtOnce(): IDataObject {
	const context: IDataObject = {};
	const memory = tryOf(context, 'failed');
	memory.rememberJob(0, 'a shirt', { id: 'job-1' });
	memory.end([]);
	return context;
}

const JOB = { what: { kind: 'job', job: { id: 'job-1' } } };

test('a job of the failed execution is picked up by who asks for the same, once', () => {
	const memory = tryOf(boughtOnce(), 'retried');
	expect(memory.recall(0)).toBeUndefined();
	expect(memory.claim(0, 'trousers')).toBeUndefined();
	expect(memory.claim(0, 'a shirt')).toMatchObject(JOB);
	expect(memory.claim(1, 'a shirt')).toBeUndefined();
});

test('it waits for its row through the tries of Retry On Fail', () => {
	const context = boughtOnce();
	// Another row is refused before this one is looked at.
	tryOf(context, 'retried').end([]);
	expect(tryOf(context, 'retried').claim(0, 'a shirt')).toMatchObject(JOB);
});

test("it waits through several of the editor's Retries", () => {
	const context = boughtOnce();
	tryOf(context, 'retried').end([]);
	expect(tryOf(context, 'retried again').claim(0, 'a shirt')).toMatchObject(JOB);
});

test('it is found when n8n was ended in the middle of the batch', () => {
	const context: IDataObject = {};
	tryOf(context, 'killed').rememberJob(0, 'a shirt', { id: 'job-1' });
	expect(tryOf(context, 'retried').claim(0, 'a shirt')).toMatchObject(JOB);
});

test('another round of a loop does not get it', () => {
	expect(tryOf(boughtOnce(), 'retried', 1).claim(0, 'a shirt')).toBeUndefined();
});

test('it is the row of who has claimed it, through all tries', () => {
	const context = boughtOnce();
	const memory = tryOf(context, 'retried');
	expect(memory.claim(3, 'a shirt')).toMatchObject(JOB);
	memory.end([]);
	const next = tryOf(context, 'retried');
	expect(next.recall(0)).toBeUndefined();
	expect(next.recall(3)).toMatchObject(JOB);
});

test('what failed in an execution may be bought again when it is run anew', () => {
	const context: IDataObject = {};
	const failure = new TryOnError('?', { stage: 'submit', retryable: false, charged: 'unknown' });
	const memory = tryOf(context, 'failed');
	memory.rememberError(0, 'a shirt', failure);
	memory.end([]);
	const { what } = tryOf(context, 'failed').recall(0) ?? {};
	if (what?.kind !== 'error') throw new Error('It was not remembered');
	expect(rememberedError(what)).toEqual(failure);
	// Each row adds its own to it.
	rememberedError(what).add({ requestId: 'of one row' });
	expect(rememberedError(what).details.requestId).toBeUndefined();
	expect(tryOf(context, 'retried').claim(0, 'a shirt')).toBeUndefined();
});

test('what was picked up or remembered can be forgotten', () => {
	const context = boughtOnce();
	const memory = tryOf(context, 'failed');
	memory.recall(0);
	memory.rememberJob(1, 'a hat', { id: 'job-2' });
	for (const row of [7, 0, 1]) memory.forget(row);
	for (const row of [0, 1]) expect(tryOf(context, 'failed').recall(row)).toBeUndefined();
});

test('what is remembered of a row takes the place of what was', () => {
	const context = boughtOnce();
	const memory = tryOf(context, 'failed');
	memory.recall(0);
	memory.rememberJob(0, 'a shirt', { id: 'job-2' });
	expect(tryOf(context, 'failed').recall(0)).toMatchObject({ what: { job: { id: 'job-2' } } });
});

test('what n8n has stored is found by every version of this package', () => {
	const entry = { row: 0, fingerprint: 'a shirt', inUse: false, what: JOB.what };
	const store = { execution: '1', run: 0, entries: [entry], earlier: [] };
	expect(tryOf({ submittedJobs: store }, '1').recall(0)).toMatchObject(JOB);
	const context: IDataObject = {};
	tryOf(context, '1').rememberJob(0, 'a shirt', { id: 'job-1' });
	expect(context).toEqual({ submittedJobs: { ...store, entries: [{ ...entry, inUse: true }] } });
});

test.each([null, 7, 'text', [], {}, { entries: [] }, { earlier: [] }])(
	'a context that holds %j holds no job',
	(stored) => {
		const memory = tryOf({ submittedJobs: stored }, '1');
		expect(memory.recall(0)).toBeUndefined();
		expect(memory.claim(0, 'a shirt')).toBeUndefined();
	},
);

describe("as an agent's tool, whose run index says nothing", () => {
	const CALL = 'call 1';

	function boughtByCall(): IDataObject {
		const context: IDataObject = {};
		const memory = tryOf(context, '1', 0, CALL);
		memory.rememberJob(0, 'a shirt', { id: 'job-1' });
		memory.end([]);
		return context;
	}

	test('the next try of a call has what the last one has bought, whatever it asks for', () => {
		expect(tryOf(boughtByCall(), '1', 1, CALL).recall(0)).toMatchObject(JOB);
	});

	test('another call does not, unless it asks for the same', () => {
		const memory = tryOf(boughtByCall(), '1', 1, 'call 2');
		expect(memory.recall(0)).toBeUndefined();
		expect(memory.claim(0, 'trousers')).toBeUndefined();
		expect(memory.claim(0, 'a shirt')).toMatchObject(JOB);
	});

	test('who has picked up a job has it on its next try too', () => {
		const context = boughtByCall();
		const memory = tryOf(context, '1', 1, 'call 2');
		memory.claim(0, 'a shirt');
		memory.end([]);
		expect(tryOf(context, '1', 2, 'call 2').recall(0)).toMatchObject(JOB);
		expect(tryOf(context, '1', 2, CALL).recall(0)).toBeUndefined();
	});

	test('what was handed out belongs to nobody', () => {
		const context: IDataObject = {};
		const memory = tryOf(context, '1', 0, CALL);
		memory.rememberJob(0, 'a shirt', { id: 'job-1' });
		memory.end([0]);
		expect(tryOf(context, '1', 0, 'call 2').claim(0, 'a shirt')).toBeUndefined();
	});

	test('two calls at once for the same are two purchases', () => {
		const memory = tryOf({}, '1', 0, CALL);
		memory.rememberJob(0, 'a shirt', { id: 'job-1' });
		expect(memory.claim(1, 'a shirt')).toBeUndefined();
		memory.end([]);
		expect(memory.claim(1, 'a shirt')).toMatchObject(JOB);
		expect(memory.claim(2, 'a shirt')).toBeUndefined();
	});

	test('what its own try has is nobody else’s meanwhile', () => {
		const memory = tryOf(boughtByCall(), '1', 1, CALL);
		expect(memory.recall(0)).toMatchObject(JOB);
		expect(memory.claim(1, 'a shirt')).toBeUndefined();
	});

	test('what was not handed out waits for the next call', () => {
		const context: IDataObject = {};
		const memory = tryOf(context, '1', 0, CALL);
		memory.rememberJob(0, 'a shirt', { id: 'job-1' });
		memory.rememberJob(1, 'a hat', { id: 'job-2' });
		memory.end([1]);
		expect(tryOf(context, '1', 1, 'call 2').claim(0, 'a shirt')).toMatchObject(JOB);
		expect(tryOf(context, '1', 1, 'call 2').claim(0, 'a hat')).toBeUndefined();
	});

	test('what was picked up is handed out once', () => {
		const context = boughtByCall();
		const memory = tryOf(context, '1', 1, 'call 2');
		memory.claim(5, 'a shirt');
		memory.end([5]);
		expect(tryOf(context, '1', 2, 'call 3').claim(0, 'a shirt')).toBeUndefined();
	});
});
