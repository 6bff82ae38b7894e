import { called, IN_AN_ARRAY, TIMED_OUT, TIMED_OUT_TAKEN } from '../../sandbox/faults';
import type { FaultKind } from '../../sandbox/types';
import { call } from './http';
import type { Seen } from './http';
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

function meet(fault: FaultKind, path = '/letters'): Promise<Seen> {
	letters.faults.add({ on: /^GET \//, fault });
	return call(url + path);
}

async function received(): Promise<void> {
	while (letters.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Makes a call that gets no end, and closes the server once this much of the body has come. */
async function closedAfter(fault: FaultKind, path: string, text: string): Promise<Seen> {
	letters.faults.add({ on: /^GET \//, fault });
	let got = '';
	const seen = call(url + path, {
		onData: (piece) => {
			got += piece;
			if (got.length >= text.length) void letters.server.close();
		},
	});
	if (text === '') {
		await received();
		await letters.server.close();
	}
	return await seen;
}

describe('a call that is never answered', () => {
	it.each<[string, FaultKind, string[]]>([
		['hang: the service never sees it', { kind: 'hang' }, []],
		['hangAfter: the work is done', { kind: 'hangAfter' }, ['/letters']],
	])('%s; closing ends it', async (_, fault, handled) => {
		const seen = await closedAfter(fault, '/letters', '');
		expect([seen.status, seen.error]).toEqual([undefined, 'ECONNRESET']);
		expect(letters.handled).toEqual(handled);
	});

	it('is over when its caller hangs up', async () => {
		letters.faults.add({ on: /letters/, fault: { kind: 'hang' } });
		const caller = new AbortController();
		const pending = fetch(`${url}/letters`, { signal: caller.signal });
		await received();
		caller.abort();
		await expect(pending).rejects.toThrow('aborted');
		expect((await call(`${url}/letters`)).text).toBe(LETTERS);
	});
});

describe('an answer that stops coming', () => {
	it('stall: the right head, half of the body, and no end', async () => {
		const seen = await closedAfter({ kind: 'stall' }, '/letters', 'abcde');
		expect(seen).toMatchObject({ status: 200, text: 'abcde', error: 'ECONNRESET' });
		expect(seen.headers['content-length']).toBe('10');
	});

	it('stall of an answer without a body: nothing at all', async () => {
		const seen = await closedAfter({ kind: 'stall' }, '/empty', '');
		expect([seen.status, seen.error]).toEqual([undefined, 'ECONNRESET']);
	});

	it.each([
		[1, 'data: {"letter":"a"}\n\n'],
		[2, 'data: {"letter":"a"}\n\ndata: {"letter":"b"}\n\n'],
	])('stall of a stream: %d events, then silence', async (events, text) => {
		const seen = await closedAfter({ kind: 'stall', events }, '/events', text);
		expect(seen.headers['content-type']).toBe('text/event-stream');
		expect(seen.text).toBe(text);
		// A stream has no length, so it is the closing alone that ends it.
		expect(seen.error).toBe('ECONNRESET');
	});

	it('stall of a stream before its first event: the head alone', async () => {
		letters.faults.add({ on: /events/, fault: { kind: 'stall', events: 0 } });
		const response = await fetch(`${url}/events`);
		const first = response.body?.getReader().read();
		await letters.server.close();
		await expect(first).rejects.toThrow();
	});
});

describe('an answer that is right, but', () => {
	it('drip: comes in pieces', async () => {
		letters.faults.add({ on: /letters/, fault: { kind: 'drip', pieces: 4, pauseMs: 20 } });
		const pieces: string[] = [];
		const before = performance.now();
		const seen = await call(`${url}/letters`, { onData: (text) => pieces.push(text) });
		// A busy machine may read two of them at once.
		expect(pieces.length).toBeGreaterThan(1);
		// Timers may fire a millisecond early.
		expect(performance.now() - before).toBeGreaterThanOrEqual(4 * 19);
		expect(seen).toMatchObject({ status: 200, text: LETTERS });
	});

	it('drip: ends with the sandbox', async () => {
		const fault: FaultKind = { kind: 'drip', pieces: 10, pauseMs: 30 };
		const seen = await closedAfter(fault, '/letters', 'ab');
		expect(seen.error).toBe('ECONNRESET');
		expect(LETTERS.startsWith(seen.text)).toBe(true);
		expect(seen.text.length).toBeLessThan(LETTERS.length);
	});

	it('huge: is as large as told, and still the right JSON', async () => {
		const bytes = 50 * 1024 * 1024;
		const seen = await meet({ kind: 'huge', bytes }, '/null');
		expect(seen.headers['content-length']).toBe(String(bytes));
		expect(seen.text.length).toBe(bytes);
		expect(JSON.parse(seen.text)).toBeNull();
	});

	it('huge: ends when its caller hangs up', async () => {
		letters.faults.add({ on: /letters/, fault: { kind: 'huge', bytes: 1024 ** 3 } });
		const response = await fetch(`${url}/letters`);
		await response.body?.cancel();
		expect((await call(`${url}/letters`)).text).toBe(LETTERS);
	});

	it('huge: is whole when it is larger than told', async () => {
		const seen = await meet({ kind: 'huge', bytes: 3 });
		expect([seen.headers['content-length'], seen.text]).toEqual(['10', LETTERS]);
	});

	it('an array of one, where an object is due', async () => {
		const seen = await meet(IN_AN_ARRAY, '/null');
		expect([seen.status, seen.text]).toEqual([200, '[null]']);
		expect(letters.handled).toEqual(['/null']);
	});

	it('called something else', async () => {
		const seen = await meet(called('text/html'), '/null');
		expect([seen.headers['content-type'], seen.text]).toEqual(['text/html', 'null']);
	});
});

it.each([302, 307])('redirect %d: to the same address of another origin', async (status) => {
	const to = 'http://localhost:9';
	const seen = await meet({ kind: 'redirect', to, status }, '/letters?n=1');
	expect([seen.status, seen.headers.location]).toEqual([status, `${to}/letters?n=1`]);
	expect(letters.handled).toEqual([]);
});

it.each<[string, FaultKind, string[]]>([
	['not taken', TIMED_OUT, []],
	['taken', TIMED_OUT_TAKEN, ['/letters']],
])('a gateway’s 504, %s', async (_, fault, handled) => {
	const seen = await meet(fault);
	expect([seen.status, seen.headers['content-type']]).toEqual([504, 'text/html']);
	expect(seen.text).toContain('504 Gateway Time-out');
	expect(letters.handled).toEqual(handled);
});
