import fc from 'fast-check';

import { type Stage, wholeMessage } from '../../../lib/errors';
import { falAnswerError, readFalFault, retryHinted } from '../../../lib/fal/errors';
import { mayPass } from '../../../lib/time';
import { broken } from '../astria/fakeDoor';

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
			const error = falAnswerError(answer(status, text), 'result');
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
			const error = falAnswerError(answer(422, JSON.stringify(body)), 'result');
			expect(JSON.stringify([error.message, error.details])).not.toContain(`<${secret}>`);
		}),
	);
});

describe('what fal says is read', () => {
	const cause = { loc: ['body', 'seed'], msg: 'too small', type: 'x' };
	const model = { isModels: true };
	const platform = { isModels: false };

	test.each<[string, unknown, object]>([
		[
			'from a list of causes, the first of which is the one at fault',
			{ detail: [cause, { msg: 'and wrong', type: 'y' }] },
			{ words: 'seed: too small; and wrong', errorType: 'x', field: 'seed', ...model },
		],
		[
			'from a cause of the whole body',
			{ detail: [{ ...cause, loc: ['body'] }] },
			{ words: 'too small', errorType: 'x', field: undefined, ...model },
		],
		[
			'from a cause in other words, without a place',
			{ detail: [{ message: 'odd', loc: 'body' }], error_type: 'z' },
			{ words: 'odd', errorType: 'z', field: undefined, ...model },
		],
		[
			'from a cause among things that are none',
			{ detail: [null, 'x', {}, { msg: ' ' }, { msg: 7 }, cause] },
			{ words: 'seed: too small', errorType: 'x', field: 'seed', ...model },
		],
		[
			'though no cause has words',
			{ detail: [{ type: 'x' }], status: 'NOT_FOUND' },
			{ words: 'NOT_FOUND', errorType: undefined, ...platform },
		],
		['from a text', { detail: 'No such thing' }, { words: 'No such thing', ...platform }],
		[
			'from a text with a code',
			{ detail: 'Gone away', error_type: 'runner_disconnected' },
			{ words: 'Gone away', errorType: 'runner_disconnected', ...platform },
		],
		[
			'from an error',
			{ error: 'It broke', status: 'COMPLETED' },
			{ words: 'It broke', ...platform },
		],
		['from a message', { message: 'Oops', status: 'x' }, { words: 'Oops', ...platform }],
		['from a status', { status: 'NOT_FOUND' }, { words: 'NOT_FOUND', ...platform }],
		['from an empty object', {}, { words: '', ...platform }],
		['from nothing', null, { words: '', isModels: false }],
		['from a list', [1, 2], { words: '', isModels: false }],
	])('%s', (_, body, fault) => {
		expect(readFalFault(body)).toEqual(fault);
	});
});

describe('a person is told in plain words', () => {
	const said = (status: number, words: string) => {
		const { message, details } = falAnswerError(
			answer(status, JSON.stringify({ detail: words })),
			'submit',
		);
		return { message, details };
	};

	test.each<[number, string, string, RegExp]>([
		[
			401,
			'bad key',
			'fal does not accept the key of the credential. fal says: bad key.',
			/fal\.ai\/dashboard\/keys/,
		],
		[
			403,
			'User is locked',
			'fal has locked the account of this key. fal says: User is locked.',
			/top up/,
		],
		[
			403,
			'Exhausted Balance!',
			'fal has locked the account of this key. fal says: Exhausted Balance!',
			/top up/,
		],
		[
			403,
			'User is locked. Top up your balance at fal.ai/dashboard/billing.',
			'fal has locked the account of this key. fal says: User is locked. Top up your balance at fal.ai/dashboard/billing.',
			// fal has said already where to top up.
			/^This is about the account, not the workflow\.$/,
		],
		[403, 'Not for you?', 'The key may not do this. fal says: Not for you?', /scope API/],
		[
			404,
			'x',
			'fal does not know this endpoint or job. fal says: x.',
			/'Endpoint' and 'Request ID'/,
		],
		[405, 'x', 'fal does not take this call there. fal says: x.', /Check the endpoint id/],
		[410, 'x', 'fal has retired this endpoint. fal says: x.', /FASHN Try-On v1\.6/],
		[413, 'x', 'The request is too large for fal. fal says: x.', /Input Data or URL/],
		[429, '', 'fal gets too many requests from this account.', /^$/],
		[401, '', 'fal does not accept the key of the credential.', /two parts/],
		[418, 'A teapot.', 'fal says: A teapot.', /^$/],
		[500, '', 'fal says: status 500.', /^$/],
	])('of a %i with the words "%s"', (status, words, message, cure) => {
		const told = said(status, words);
		expect(told.message).toBe(message);
		expect(told.details.cure ?? '').toMatch(cure);
		expect(told.details.serviceMessage).toBe(words === '' ? undefined : words);
	});

	test.each([
		[401, 'no', true],
		[403, 'no', true],
		[403, 'locked', true],
		[404, 'no', undefined],
		[429, 'no', undefined],
		[500, 'no', undefined],
	])('whether the account is at fault: %i, "%s": %s', (status, words, ofAccount) => {
		expect(said(status, words).details.ofAccount).toBe(ofAccount);
	});

	test.each([
		[401, false],
		[404, false],
		[422, false],
		[429, true],
		[499, false],
		[500, true],
		[503, true],
	])('whether another try may help: %i: %s', (status, retryable) => {
		expect(said(status, 'x').details.retryable).toBe(retryable);
	});

	// The codes that fal documents (fal.ai docs, Errors) and about which a person can do something.
	test.each([
		['content_policy_violation', /another picture/],
		['face_detection_error', /face is clearly visible/],
		['file_download_error', /open without a log-in/],
		['file_too_large', /smaller/],
		['image_load_error', /JPEG, PNG or WebP file/],
		['image_too_large', /smaller/],
		['image_too_small', /larger/],
		['no_media_generated', /another seed/],
		['unsupported_image_format', /JPEG, PNG or WebP/],
	])('what to do about %s', (type, cure) => {
		const body = JSON.stringify({ detail: [{ loc: ['body', 'model_image'], msg: 'No', type }] });
		const error = falAnswerError(answer(422, body), 'result');
		expect(error.details).toMatchObject({
			cure: expect.stringMatching(cure),
			errorType: type,
			field: 'Model Image',
			statusCode: 422,
			stage: 'result',
		});
		expect(wholeMessage(error)).toMatch(/^fal says: model_image: No\. [A-Zf].*\.$/);
	});
});

describe('what a failure costs', () => {
	test.each<[Stage, number, string]>([
		// Nothing was taken before there is a job.
		['upload', 500, 'no'],
		['submit', 422, 'no'],
		// fal bills no failure of its own, and nobody whom it does not let in.
		['wait', 500, 'no'],
		['result', 500, 'no'],
		['result', 401, 'no'],
		['result', 403, 'no'],
		// A 422 may be billed if a machine has worked on it.
		['result', 422, 'unknown'],
		['result', 499, 'unknown'],
		['wait', 404, 'unknown'],
	])('on %s, with status %i: %s', (stage, status, charged) => {
		expect(falAnswerError(answer(status, '{}'), stage).details.charged).toBe(charged);
	});
});

test.each([
	[408, true],
	[425, true],
	[429, true],
	[500, true],
	[503, true],
	[499, false],
	[404, false],
	[301, false],
])('a call that was answered %i may be answered otherwise later: %s', (status, passes) => {
	expect(mayPass(falAnswerError(answer(status, ''), 'wait'))).toBe(passes);
});

test('a call without an answer may be answered later, but a mistake of ours stays one', () => {
	expect(mayPass(broken())).toBe(true);
	expect(mayPass(new TypeError('oops'))).toBe(false);
});

test.each([
	[{ 'retry-after': '3' }, true],
	[{ 'x-fal-retryable': 'true' }, true],
	[{ 'x-fal-retryable': 'false' }, false],
	[{ 'x-fal-needs-retry': '1' }, true],
	[{ 'x-fal-needs-retry': '0' }, false],
	[{}, false],
])('%j hints at a retry: %s', (headers, hinted) => {
	expect(retryHinted(headers)).toBe(hinted);
});

test.each(['__proto__', 'constructor', 'toString'])(
	'a code that every object has a property of has no cure: %s',
	(errorType) => {
		const { details } = falAnswerError(
			answer(422, JSON.stringify({ detail: 'Odd', error_type: errorType })),
			'result',
		);
		expect(details).toMatchObject({ errorType, serviceMessage: 'Odd' });
		expect(details).not.toHaveProperty('cure');
	},
);
