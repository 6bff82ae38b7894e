import type { FaultKind } from '../../sandbox/types';
import { call } from './http';
import { LETTERS, startLetters } from './letters';
import type { Letters } from './letters';

let letters: Letters;
let url: string;

beforeEach(async () => {
	letters = await startLetters();
	url = letters.server.url;
});

afterEach(async () => {
	await letters.server.close();
});

it('records every call whole, those that meet a fault or no route too', async () => {
	letters.faults.add({ on: /letters/, fault: { kind: 'reset' } });
	const before = Date.now();
	await call(`${url}/letters?a=1`, { method: 'POST', body: 'xyz', headers: { A: 'b' } });
	await call(`${url}/nowhere`);
	expect(letters.calls).toHaveLength(2);
	const [first] = letters.calls;
	expect(first).toMatchObject({ service: 'fal', method: 'POST', path: '/letters' });
	expect(first?.query.get('a')).toBe('1');
	expect(first?.headers.a).toBe('b');
	expect(first?.body.toString()).toBe('xyz');
	expect(first?.at).toBeGreaterThanOrEqual(before);
});

describe('faults', () => {
	const meet = (fault: FaultKind, path = '/letters') => {
		letters.faults.add({ on: /^GET \//, fault });
		return call(url + path);
	};

	it('answer: the service never sees the call', async () => {
		const seen = await meet({ kind: 'answer', answer: { status: 503, body: { busy: true } } });
		expect([seen.status, seen.text]).toEqual([503, '{"busy":true}']);
		expect(letters.handled).toEqual([]);
	});

	it('reset: the connection dies and the service never sees the call', async () => {
		const seen = await meet({ kind: 'reset' });
		expect([seen.status, seen.error]).toEqual([undefined, 'ECONNRESET']);
		expect(letters.handled).toEqual([]);
	});

	it('answerAfter: the work is done, the answer is another', async () => {
		const seen = await meet({ kind: 'answerAfter', answer: { status: 504 } });
		expect(seen.status).toBe(504);
		expect(letters.handled).toEqual(['/letters']);
	});

	it('resetAfter: the work is done, the connection dies', async () => {
		const seen = await meet({ kind: 'resetAfter' });
		expect([seen.status, seen.error]).toEqual([undefined, 'ECONNRESET']);
		expect(letters.handled).toEqual(['/letters']);
	});

	it('cutOff: the right head and half of the body', async () => {
		const seen = await meet({ kind: 'cutOff' });
		expect(seen).toMatchObject({ status: 200, text: 'abcde', error: 'ECONNRESET' });
		expect(seen.headers['content-length']).toBe('10');
	});

	it('cutOff of a stream: half of the first event', async () => {
		const seen = await meet({ kind: 'cutOff' }, '/events');
		expect(seen).toMatchObject({ status: 200, error: 'ECONNRESET' });
		expect('data: {"letter":"a"}\n\n'.startsWith(seen.text)).toBe(true);
		expect(seen.text.length).toBe(11);
	});

	it('cutOff of an answer without a body: nothing at all', async () => {
		expect(await meet({ kind: 'cutOff' }, '/empty')).toMatchObject({ error: 'ECONNRESET' });
	});

	it('delay: the right answer, late', async () => {
		const before = performance.now();
		const seen = await meet({ kind: 'delay', ms: 150 });
		// Timers may fire a millisecond early.
		expect(performance.now() - before).toBeGreaterThanOrEqual(149);
		expect([seen.status, seen.text]).toEqual([200, LETTERS]);
	});

	it('meets as many calls as told, after as many as told, and only the right ones', async () => {
		const answer = { status: 429 };
		letters.faults.add({
			on: /^GET \/letters\?n=/g,
			fault: { kind: 'answer', answer },
			times: 2,
			after: 1,
		});
		const statuses: Array<number | undefined> = [];
		for (const path of [
			'/letters',
			'/letters?n=1',
			'/letters?n=2',
			'/letters?n=3',
			'/letters?n=4',
		]) {
			statuses.push((await call(url + path)).status);
		}
		expect(statuses).toEqual([200, 200, 429, 429, 200]);
	});

	it('are met one after the other, and can be forgotten', async () => {
		letters.faults.add({ on: /letters/, fault: { kind: 'answer', answer: { status: 502 } } });
		letters.faults.add({
			on: /letters/,
			fault: { kind: 'answer', answer: { status: 503 } },
			times: 5,
		});
		expect((await call(`${url}/letters`)).status).toBe(502);
		expect((await call(`${url}/letters`)).status).toBe(503);
		letters.faults.clear();
		expect((await call(`${url}/letters`)).status).toBe(200);
	});
});
