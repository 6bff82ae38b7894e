import { checkEndpointId, checkRequestId, isRequestId, requestUrls } from '../../../lib/fal/job';
import { saidBy } from '../said';

test.each(['fal-ai/fashn/tryon/v1.6', 'fashn/tryon', 'workflows/me/my-flow', ' a/b_c '])(
	'%p is an endpoint',
	(id) => {
		expect(checkEndpointId(id)).toBe(id.trim());
	},
);

test.each([
	'',
	'fashn',
	'/fashn/tryon',
	'fashn/tryon/',
	'fashn//tryon',
	'a.b/c',
	'a/../b',
	'a/..',
	'https://fal.run/fashn/tryon',
	'a/b?c',
	'a/b c',
	7,
	null,
])('%p is none, and where to find one is told', async (id) => {
	const said = await saidBy(() => checkEndpointId(id));
	const shown = typeof id === 'string' ? id : '';
	expect(said).toBe(
		`'Endpoint ID' is "${shown}", which is no endpoint of fal. Copy it from the page of the model at fal.ai/models, such as fal-ai/fashn/tryon/v1.6.`,
	);
});

test.each([
	['8e5fd9cc-3a40-4d02-9f7c-d8b3b1b9a3d0', true],
	['job_1', true],
	['', false],
	['a/b', false],
	['../x', false],
	['a b', false],
	['a?b', false],
	['a\n', false],
	[7, false],
	[undefined, false],
])('an id may be put into an address: %p: %s', (id, isSafe) => {
	expect(isRequestId(id)).toBe(isSafe);
});

test('a request id is taken as people paste it', () => {
	expect(checkRequestId(' job-1\n')).toBe('job-1');
});

test.each([
	['../status', `is "../status", which is no request id of fal.`],
	['a/b', `is "a/b", which is no request id of fal.`],
	['a?b', `is "a?b", which is no request id of fal.`],
	['  ', 'is empty.'],
	[undefined, 'is empty.'],
])('%p is no request id, and where it comes from is told', async (id, problem) => {
	const cure = 'Use the requestId that Submit or Generate gave.';
	expect(await saidBy(() => checkRequestId(id))).toBe(`'Request ID' ${problem} ${cure}`);
});

test.each([
	['fal-ai/fashn/tryon/v1.6', 'fal-ai/fashn'],
	['fashn/tryon', 'fashn/tryon'],
	['workflows/me/flow/more', 'workflows/me/flow'],
	['comfy/me/flow', 'comfy/me/flow'],
])('the addresses of a job of %s are those of its app', (endpointId, app) => {
	const job = { endpointId, requestId: 'job-1', submittedAt: 0 };
	const responseUrl = `https://queue.fal.run/${app}/requests/job-1`;
	expect(requestUrls('https://queue.fal.run', job)).toEqual({
		statusUrl: `${responseUrl}/status`,
		responseUrl,
		cancelUrl: `${responseUrl}/cancel`,
	});
});
