import fc from 'fast-check';

import {
	answerError,
	AstriaAnswerError,
	isGone,
	readFault,
} from '../../../../lib/astria/api/errors';
import { copyOf, TryOnError, wholeMessage } from '../../../../lib/errors';

const answer = (status: number, headers: Record<string, string> = {}) => ({ status, headers });

test('any body of any status becomes a message that ends a sentence', () => {
	const body = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(undefined));
	fc.assert(
		fc.property(fc.integer({ min: 300, max: 599 }), body, (status, given) => {
			const error = answerError(answer(status), given, 'result');
			expect(error.message).toMatch(/[.!?…]$/);
			expect(error.message.length).toBeLessThan(1_500);
			expect(error.details.statusCode).toBe(status);
		}),
		{ numRuns: 2_000 },
	);
});

test('whatever a field is said to have, its name and the words are told', () => {
	const name = fc.stringMatching(/^[a-z_]{2,20}$/).filter((text) => !RESERVED.has(text));
	const words = fc
		.stringMatching(/^[a-z][a-z ]{3,30}[a-z]$/)
		.map((text) => text.replace(/ +/g, ' '));
	fc.assert(
		fc.property(name, fc.array(words, { minLength: 1, maxLength: 3 }), (field, texts) => {
			const fault = readFault({ [field]: texts });
			expect(fault.field).toBe(field);
			for (const text of texts) expect(fault.words).toContain(`${field} ${text}`);
		}),
	);
});

const RESERVED = new Set(['status', 'code', 'error', 'errors', 'base', 'message', 'detail']);

test.each<[string, unknown, string, string | undefined]>([
	['plain text', 'HTTP Token: Access denied.', 'HTTP Token: Access denied.', undefined],
	[
		"Rails' list",
		{ cfg_scale: ['must be less than 5'], negative_prompt: ['is not supported for Flux'] },
		'cfg_scale must be less than 5; negative_prompt is not supported for Flux',
		'cfg_scale',
	],
	['an error', { error: 'Prompt is not using it' }, 'Prompt is not using it', undefined],
	['a status beside an error', { status: 404, error: 'Not Found' }, 'Not Found', undefined],
	[
		'a link',
		{ base: ['Not enough balance. <a href="/users/edit#billing">Top up</a>'] },
		'Not enough balance. Top up',
		undefined,
	],
	['errors by field', { errors: { title: ["can't be blank"] } }, "title can't be blank", 'title'],
	['a web page', '<!DOCTYPE html><html><body>Bad gateway</body></html>', '', undefined],
	['tokens of a prompt', { text: ['<lora:1:1> is unknown'] }, 'text <lora:1:1> is unknown', 'text'],
	['nothing', undefined, '', undefined],
	['null', null, '', undefined],
	['a number', 7, '', undefined],
])('%s is read', (_name, body, words, field) => {
	expect(readFault(body)).toEqual({ words, ...(field !== undefined && { field }) });
});

test.each<[number, unknown, RegExp, boolean]>([
	[400, { error: 'offset too large, use before_id' }, /^Astria says: offset too large/, false],
	[401, 'HTTP Token: Access denied.', /does not accept the key .* sd_/, false],
	[402, '', /wants to be paid/, false],
	[403, 'error code: 1010', /firewall .* 1010/, false],
	[403, { error: 'Forbidden' }, /does not allow this .* Forbidden/, false],
	[404, { status: 404, error: 'Not Found' }, /does not have this/, false],
	[413, '', /too large/, false],
	[422, { base: ['not enough balance'] }, /balance .* used up.* Top up/, false],
	[422, { image_urls: ['could not download https://x'] }, /could not fetch a picture/, false],
	[422, { title: ["can't be blank"] }, /^Astria says: title can't be blank\.$/, false],
	[426, { error: 'upgrade' }, /Update this community node/, false],
	[429, '', /too many calls/, true],
	[500, '', /^Astria says: status 500\.$/, true],
	[504, 'upstream timeout', /longer than 30 s/, true],
])('status %i is told in words', (status, body, words, retryable) => {
	const error = answerError(answer(status), body, 'result');
	expect(wholeMessage(error)).toMatch(words);
	expect(error.details).toMatchObject({ retryable, charged: 'no' });
});

test('what was certainly not taken has cost nothing', () => {
	const busy = answer(503, { 'retry-after': '1' });
	expect(answerError(busy, '', 'submit').details.charged).toBe('no');
	expect(answerError(answer(503), '', 'submit').details.charged).toBe('unknown');
});

test('only a purchase that ended in a 5xx may have cost something', () => {
	expect(answerError(answer(500), '', 'submit').details.charged).toBe('unknown');
	expect(answerError(answer(422), '', 'submit').details.charged).toBe('no');
	expect(answerError(answer(500), '', 'wait').details.charged).toBe('no');
});

test('a copy can be told more without the first one knowing', () => {
	const error = answerError(answer(404, { 'x-a': 'b' }), '', 'wait');
	const copy = copyOf(error).add({ requestId: '7' });
	expect(copy).toBeInstanceOf(AstriaAnswerError);
	expect(isGone(copy)).toBe(true);
	expect(error.details.requestId).toBeUndefined();
	const other = new TryOnError('x', error.details);
	expect(copyOf(other).message).toBe('x');
	expect(isGone(other)).toBe(false);
});
