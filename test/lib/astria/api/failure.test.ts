import { failureWords, hasFailed, says } from '../../../../lib/astria/api/failure';

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
