import fc from 'fast-check';

import {
	astriaAnswerError,
	AstriaAnswerError,
	failureWords,
	hasFailed,
	isGone,
	isTurnedAway,
	readAstriaFault,
	says,
	unreadableAnswer,
} from '../../../../lib/astria/api/errors';
import { ConnectionError, copyOf, TryOnError } from '../../../../lib/errors';

const answer = (status: number, headers: Record<string, string> = {}) => ({ status, headers });

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
	expect(readAstriaFault(body)).toEqual({ words, ...(field !== undefined && { field }) });
});

interface Told {
	cure?: string;
	retryable?: true;
	ofAccount?: true;
}

const FIREWALL = {
	message: 'The firewall in front of Astria turned the call away. Astria says: error code: 1010.',
	cure: 'A proxy between n8n and Astria may be the reason.',
};

test.each<[number, unknown, string, Told]>([
	[400, { error: 'use before_id.' }, 'Astria says: use before_id.', {}],
	[
		401,
		'HTTP Token: Access denied.',
		'Astria does not accept the key of the credential. Astria says: HTTP Token: Access denied.',
		{
			cure: 'Copy the API key whole from your account at astria.ai: it begins with sd_.',
			ofAccount: true,
		},
	],
	[
		402,
		'',
		'Astria wants to be paid first.',
		{ cure: 'Look at astria.ai/users/edit.', ofAccount: true },
	],
	[403, 'error code: 1010', FIREWALL.message, { cure: FIREWALL.cure }],
	[
		403,
		{ error: 'Forbidden' },
		'Astria does not allow this with the key of the credential. Astria says: Forbidden.',
		{},
	],
	[
		403,
		'image 21010 is not yours',
		'Astria does not allow this with the key of the credential. Astria says: image 21010 is not yours.',
		{},
	],
	[
		404,
		{ status: 404, error: 'Not Found' },
		'Astria does not have this. Astria says: Not Found.',
		{
			cure: "It was deleted, its time is over (Astria keeps tunes and pictures for 30 days after the training), or it is in another workspace than the credential's.",
		},
	],
	[413, '', 'The files are too large for Astria.', { cure: 'Use smaller pictures.' }],
	[
		422,
		{ base: ['not enough balance.'] },
		'The balance of the Astria account is used up. Astria says: not enough balance.',
		{ cure: 'Top up at astria.ai/users/edit#billing.', ofAccount: true },
	],
	[
		422,
		{ base: ['Insufficient funds'] },
		'The balance of the Astria account is used up. Astria says: Insufficient funds.',
		{ cure: 'Top up at astria.ai/users/edit#billing.', ofAccount: true },
	],
	[
		422,
		{ error: 'could not download https://x' },
		'Astria could not fetch a picture. Astria says: could not download https://x.',
		{
			cure: 'Its address must open without a log-in; a share page of a drive is no picture. Or send the file itself: choose Input Data as the source.',
		},
	],
	[422, { error: "can't be blank" }, "Astria says: can't be blank.", {}],
	[422, '', 'Astria says: status 422.', {}],
	[
		426,
		{ error: 'upgrade' },
		'Astria wants a newer program. Astria says: upgrade.',
		{ cure: 'Update this community node.' },
	],
	[429, '', 'Astria gets too many calls from this account.', { retryable: true }],
	[499, '', 'Astria says: status 499.', {}],
	[500, '', 'Astria says: status 500.', { retryable: true }],
	[
		504,
		'upstream timeout',
		'Astria took longer than 30 s to answer. Astria says: upstream timeout.',
		{ retryable: true },
	],
])('status %i with %j is told in words, with what to do', (status, body, message, told) => {
	const error = astriaAnswerError(answer(status), body, 'result');
	expect(error.message).toBe(message);
	const { serviceMessage: _words, ...details } = error.details;
	expect(details).toEqual({
		stage: 'result',
		retryable: false,
		charged: 'no',
		statusCode: status,
		...told,
	});
});

test("an error has Astria's own words, the field at fault and the head of the answer", () => {
	const error = astriaAnswerError(
		answer(422, { 'x-a': 'b' }),
		{ title: ["can't be blank"] },
		'submit',
	);
	expect(error).toMatchObject({
		status: 422,
		headers: { 'x-a': 'b' },
		fault: { words: "title can't be blank", field: 'title' },
		details: { serviceMessage: "title can't be blank", field: 'Title' },
	});
	expect(astriaAnswerError(answer(422), '', 'submit').details.serviceMessage).toBeUndefined();
});

test.each([
	[429, {}, true],
	[503, { 'retry-after': '1' }, true],
	[503, {}, false],
	[500, { 'retry-after': '1' }, false],
	[422, { 'retry-after': '1' }, false],
])('status %i with %j is a call that Astria did not take: %p', (status, headers, turnedAway) => {
	expect(isTurnedAway(answer(status, headers))).toBe(turnedAway);
});

test.each<[string, unknown, string]>([
	['deeper than an error is', { a: { b: { c: { d: { e: 'too deep' } } } } }, ''],
	['as deep as an error may be', { a: { b: { c: { d: 'deep' } } } }, 'd deep'],
	['beside empty ones', { base: ['', ' ', 'words'] }, 'words'],
	['of a field called code inside another', { errors: { code: 'is wrong' } }, 'code is wrong'],
	['beside a status and a code', { code: 'E1', status: 'bad', message: 'words' }, 'words'],
	['in a detail', { detail: 'words' }, 'words'],
	['with lines and tags', 'one\n\t<b class="x">two</b><br/>  three', 'one two three'],
	['with what is no tag', '<lora:1:1> a < b > c', '<lora:1:1> a < b > c'],
	['of a whole page', '  <html lang="en">words', ''],
	['that mention a page', 'It was <html> text', 'It was text'],
	['of 600 letters', 'x'.repeat(600), 'x'.repeat(600)],
	['of 601 letters', 'x'.repeat(601), `${'x'.repeat(600)}…`],
	['of 601 letters in an object', { error: 'x'.repeat(601) }, `${'x'.repeat(600)}…`],
])('words %s are read', (_name, body, words) => {
	expect(readAstriaFault(body).words).toBe(words);
});

test('an answer of another shape may be better next time', () => {
	const error = unreadableAnswer('list');
	expect(error).toBeInstanceOf(ConnectionError);
	expect(error).toMatchObject({
		message: "Astria's answer holds no list.",
		sent: true,
		details: { stage: 'result', retryable: true, charged: 'no' },
	});
});

test('what was certainly not taken has cost nothing', () => {
	const busy = answer(503, { 'retry-after': '1' });
	expect(astriaAnswerError(busy, '', 'submit').details.charged).toBe('no');
	expect(astriaAnswerError(answer(503), '', 'submit').details.charged).toBe('unknown');
});

test('only a purchase that ended in a 5xx may have cost something', () => {
	expect(astriaAnswerError(answer(500), '', 'submit').details.charged).toBe('unknown');
	expect(astriaAnswerError(answer(422), '', 'submit').details.charged).toBe('no');
	expect(astriaAnswerError(answer(500), '', 'wait').details.charged).toBe('no');
});

test('a copy can be told more without the first one knowing', () => {
	const error = astriaAnswerError(answer(404, { 'x-a': 'b' }), '', 'wait');
	const copy = copyOf(error).add({ requestId: '7' });
	expect(copy).toBeInstanceOf(AstriaAnswerError);
	expect(isGone(copy)).toBe(true);
	expect(error.details.requestId).toBeUndefined();
	const other = new TryOnError('x', error.details);
	expect(copyOf(other).message).toBe('x');
	expect(isGone(other)).toBe(false);
	expect(isGone(astriaAnswerError(answer(410), '', 'wait'))).toBe(false);
});

const RESERVED = new Set(['status', 'code', 'error', 'errors', 'base', 'message', 'detail']);

test('any body of any status becomes a message that ends a sentence', () => {
	const body = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(undefined));
	fc.assert(
		fc.property(fc.integer({ min: 300, max: 599 }), body, (status, given) => {
			const error = astriaAnswerError(answer(status), given, 'result');
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
			const fault = readAstriaFault({ [field]: texts });
			expect(fault.field).toBe(field);
			for (const text of texts) expect(fault.words).toContain(`${field} ${text}`);
		}),
	);
});

test.each<[unknown, boolean]>([
	['text', true],
	[0, true],
	[true, true],
	[{}, true],
	[['x'], true],
	[[], false],
	['', false],
	[false, false],
	[null, false],
	[undefined, false],
])('a field of %j says something: %p', (value, does) => {
	expect(says(value)).toBe(does);
});

test.each<[object, boolean]>([
	[{ fail_message: 'no face' }, true],
	[{ user_error: ['no face'] }, true],
	[{ error: { base: ['no face'] } }, true],
	[{ failed_at: '2026-01-01T00:00:00Z' }, true],
	[{ status: 'failed' }, true],
	[{ status: 'ERROR' }, true],
	[{ status: 'generated', error: null, failed_at: '' }, false],
	[{ status: 7 }, false],
	[{}, false],
])('%j has failed: %p', (entity, has) => {
	expect(hasFailed({ ...entity })).toBe(has);
});

test.each<[object, string]>([
	[{ failed_at: '2026-01-01', user_error: ' ', error: { base: ['no face'] } }, 'no face'],
	[{ user_error: 'blurred', fail_message: 'no face' }, 'no face'],
	[{ failed_at: '2026-01-01' }, ''],
	[{}, ''],
])("of %j Astria's words are %p", (entity, words) => {
	expect(failureWords({ ...entity })).toBe(words);
});
