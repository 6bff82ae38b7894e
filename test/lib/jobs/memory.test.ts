import type { IDataObject } from 'n8n-workflow';

import { SubmitMemory } from '../../../lib/jobs/memory';

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
});
