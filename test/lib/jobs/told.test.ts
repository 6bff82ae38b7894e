import type { IDataObject } from 'n8n-workflow';

import { forgetTold, SharedBook, SharedCall } from '../../../lib/jobs/told';
import { objectOf } from '../../../lib/json';

beforeEach(forgetTold);

/** A book on what n8n has stored, as after it was read from its database. */
const bookOn = (saved: IDataObject, circle = 'c') => new SharedBook('w', circle, saved);

test('what a call is about to start is left to the next look, and told by it if the call fails', () => {
	const book = bookOn({});
	const settle = book.begin('prompt 1');
	expect(bookOn({}).begin('prompt 1')).toBeUndefined();
	expect(bookOn({}).find('prompt 1')).toBe('later');
	settle?.(false);
	expect(bookOn({}).find('prompt 1')).toBe(true);
	expect(bookOn({}).begin('prompt 1')).toBeUndefined();
});

test('what a call has started is left out by looks and calls, and over a restart', () => {
	const saved: IDataObject = {};
	const book = bookOn(saved);
	const settle = book.begin('prompt 1');
	book.write(['prompt 1']);
	settle?.(true);
	expect(bookOn({}).find('prompt 1')).toBe(false);
	expect(bookOn({}).begin('prompt 1')).toBeUndefined();
	forgetTold();
	expect(bookOn(saved).find('prompt 1')).toBe(false);
	expect(bookOn(saved).begin('prompt 1')).toBeUndefined();
	expect(bookOn(saved, 'another').begin('prompt 1')).toBeDefined();
});

test('a look finds again what it has found, until n8n has stored that', () => {
	const saved: IDataObject = {};
	const book = bookOn(saved);
	expect(book.find('prompt 1')).toBe(true);
	book.write();
	expect(book.find('prompt 1')).toBe(true);
	forgetTold();
	expect(bookOn(saved).find('prompt 1')).toBe(true);
	expect(bookOn(saved).begin('prompt 1')).toBeUndefined();
});

test('no more is written down than n8n can well store, the newest', () => {
	const saved: IDataObject = {};
	for (let id = 1; id <= 2_500; id += 1) bookOn(saved).find(`prompt ${id}`);
	bookOn(saved).write();
	const { looked } = objectOf(saved.virtualTryOnTold);
	expect(looked).toHaveLength(2_000);
	expect(looked).toContain('c prompt 2500');
});

test('a call that fails, or makes nothing, leaves the thing to the look', async () => {
	const call = new SharedCall(bookOn({}));
	const failing = call.tell('prompt 1', async () => await Promise.reject(new Error('no answer')));
	await expect(failing).rejects.toThrow('no answer');
	expect(await call.tell('prompt 2', async () => await Promise.resolve([]))).toEqual([]);
	expect([bookOn({}).find('prompt 1'), bookOn({}).find('prompt 2')]).toEqual([true, true]);
	const alone = new SharedCall(undefined);
	expect(await alone.tell('prompt 1', async () => await Promise.resolve([1]))).toEqual([1]);
});
