import fc from 'fast-check';

import { answerError, readFault, retryHinted } from '../../../lib/fal/errors';

const answer = (status: number, body: string, headers: Record<string, string> = {}) => ({
	status,
	headers,
	body: Buffer.from(body),
});

test('any body of any status becomes a message that ends a sentence', () => {
	const body = fc.oneof(
		fc.string(),
		fc.json(),
		fc.json().map((text) => `{"detail":${text}}`),
	);
	fc.assert(
		fc.property(fc.integer({ min: 300, max: 599 }), body, (status, text) => {
			const error = answerError(answer(status, text), 'result');
			expect(error.message.length).toBeGreaterThan(0);
			expect(error.message).toMatch(/[.!?]$/);
			expect(error.details.statusCode).toBe(status);
		}),
		{ numRuns: 2_000 },
	);
});

test("the user's input that fal echoes stays out of the message", () => {
	fc.assert(
		fc.property(fc.string({ minLength: 8 }), (secret) => {
			const body = {
				detail: [
					{ loc: ['body', 'seed'], msg: 'Wrong', type: 'value_error', input: `<${secret}>` },
				],
			};
			const error = answerError(answer(422, JSON.stringify(body)), 'result');
			expect(JSON.stringify([error.message, error.details])).not.toContain(`<${secret}>`);
		}),
	);
});

test.each([
	[
		'a list',
		{ detail: [{ loc: ['body', 'seed'], msg: 'too small', type: 'x' }, { msg: 'and wrong' }] },
		'seed: too small; and wrong',
		'x',
		'seed',
	],
	['text', { detail: 'No such thing' }, 'No such thing', undefined, undefined],
	[
		'text with a code',
		{ detail: 'Gone away', error_type: 'runner_disconnected' },
		'Gone away',
		'runner_disconnected',
		undefined,
	],
	['a status', { status: 'NOT_FOUND' }, 'NOT_FOUND', undefined, undefined],
	['nothing', null, '', undefined, undefined],
	['a list', [1, 2], '', undefined, undefined],
])('%s is read', (_name, body, words, errorType, field) => {
	expect(readFault(body)).toMatchObject({
		words,
		...(errorType && { errorType }),
		...(field && { field }),
	});
});

test.each([
	[{ 'retry-after': '3' }, true],
	[{ 'x-fal-retryable': 'true' }, true],
	[{ 'x-fal-retryable': 'false' }, false],
	[{ 'x-fal-needs-retry': '1' }, true],
	[{}, false],
])('%j hints at a retry: %s', (headers, hinted) => {
	expect(retryHinted(headers)).toBe(hinted);
});

test.each(['__proto__', 'constructor', 'toString'])(
	'a code that every object has a property of has no cure: %s',
	(errorType) => {
		const { details } = answerError(
			answer(422, JSON.stringify({ detail: 'Odd', error_type: errorType })),
			'result',
		);
		expect(details).toMatchObject({ errorType, serviceMessage: 'Odd' });
		expect(details).not.toHaveProperty('cure');
	},
);
