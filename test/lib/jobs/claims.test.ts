import { StoppedError } from '../../../lib/errors';
import { Claims } from '../../../lib/jobs/memory';

test('of more ids than are remembered, the oldest is forgotten', () => {
	const given = new Claims<number>(2);
	for (const id of [1, 2, 2, 3]) given.take(id);
	expect([1, 2, 3].map((id) => given.has(id))).toEqual([false, true, true]);
});

describe('calls that are under way', () => {
	/** One that ends when it is told to. */
	function pending(given: Claims<number>, key: string) {
		let end: (error?: Error) => void = () => {};
		const sent = given.during(
			key,
			async () =>
				await new Promise<void>((resolve, reject) => {
					end = (error) => (error ? reject(error) : resolve());
				}),
		);
		return { sent, end };
	}

	test('are waited for where they ask for the same, however they end', async () => {
		const given = new Claims<number>();
		const calls = [pending(given, 'a shirt'), pending(given, 'a shirt')];
		void pending(given, 'a shoe');
		let over = false;
		const settled = given.settled('a shirt', undefined).then(() => (over = true));
		calls[0]?.end();
		await calls[0]?.sent;
		expect(over).toBe(false);
		calls[1]?.end(new Error('broken'));
		await expect(calls[1]?.sent).rejects.toThrow('broken');
		await settled;
		expect(over).toBe(true);
		await given.settled('a shirt', undefined);
	});

	test('are waited for no longer after Stop', async () => {
		const given = new Claims<number>();
		void pending(given, 'a shirt');
		const stop = new AbortController();
		const settled = given.settled('a shirt', stop.signal);
		stop.abort();
		await expect(settled).rejects.toThrow(StoppedError);
	});
});
