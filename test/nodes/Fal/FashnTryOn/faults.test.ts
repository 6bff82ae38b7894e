import type { FaultKind } from '../../../../sandbox/types';
import { speedUp } from '../../../engine/clock';
import { readFile } from '../../../engine/engine';
import { errorsOf } from '../../../engine/items';
import { refuseConnections } from '../../../matrix/refuse';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	// fal is asked for the first time after 2.5 s where its status stream does not come through.
	speedUp(20);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const html: FaultKind = {
	kind: 'answer',
	answer: {
		status: 200,
		headers: { 'content-type': 'text/html' },
		body: '<html>Be right back</html>',
	},
};
const status = (code: number, body: unknown = 'upstream', headers = {}): FaultKind => ({
	kind: 'answer',
	answer: { status: code, headers, body },
});

const STATUS = /GET .*\/status(\?|$)/;
const STREAM = /GET .*\/status\/stream/;
const RESULT = /GET \/fal-ai\/fashn\/requests\/[\w-]+(\?|$)/;
const SUBMIT = /POST \/fal-ai\/fashn\/tryon/;
const PICTURE = /GET \/files\//;

/** Faults that pass: what is hit, how, and how often. */
type Passing = [string, RegExp, FaultKind, number];

const OF_STATUS: Passing[] = [
	['status 500 twice', STATUS, status(500), 2],
	['status reset', STATUS, { kind: 'reset' }, 1],
	['status HTML', STATUS, html, 1],
	['status body cut off', STATUS, { kind: 'cutOff' }, 1],
	['status 429 with Retry-After', STATUS, status(429, '', { 'retry-after': '1' }), 1],
	['status 404 once', STATUS, status(404, { status: 'NOT_FOUND' }), 1],
];

const OF_STREAM: Passing[] = [
	['stream 500', STREAM, status(500), 1],
	['stream reset', STREAM, { kind: 'reset' }, 1],
	['stream HTML', STREAM, html, 1],
	['stream 404', STREAM, status(404, { status: 'NOT_FOUND' }), 1],
];

const OF_RESULT: Passing[] = [
	['result 503', RESULT, status(503), 1],
	['result reset', RESULT, { kind: 'reset' }, 1],
	['result HTML', RESULT, html, 1],
	['result body cut off', RESULT, { kind: 'cutOff' }, 1],
	['picture 500', PICTURE, status(500), 1],
	['picture cut off', PICTURE, { kind: 'cutOff' }, 1],
	['picture reset', PICTURE, { kind: 'reset' }, 1],
	['picture empty', PICTURE, status(200, ''), 1],
];

describe.each([
	{ stream: true, passing: [...OF_STREAM, ...OF_RESULT] },
	{ stream: false, passing: [...OF_STATUS, ...OF_RESULT] },
])('with a status stream: $stream', ({ stream, passing }) => {
	test.each(passing)('%s costs no row and no second submit', async (_name, on, fault, times) => {
		bed.sandbox.fal.options.stream = stream;
		// The stand-in fetches the inputs from the same place: only the node's own download is hit.
		const after = on === PICTURE ? 2 : 0;
		bed.sandbox.faults.add({ on, fault, times, after });
		const { outputs, error } = await bed.run([{}]);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(1);
		expect(outputs[0]?.[0]?.json.error).toBeUndefined();
		expect((await readFile(outputs[0]?.[0])).length).toBeGreaterThan(100);
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
		expect(bed.sandbox.faults.unmet).toBe(0);
	});
});

test.each([
	['429 with Retry-After', status(429, { detail: 'slow down' }, { 'retry-after': '1' })],
	['503 with a hint', status(503, { detail: 'busy' }, { 'x-fal-needs-retry': '1' })],
])('a submit answered %s is sent again', async (_name, fault) => {
	bed.sandbox.faults.add({ on: SUBMIT, fault });
	const { outputs, error } = await bed.run([{}]);
	expect(error).toBeUndefined();
	expect(outputs[0]).toHaveLength(1);
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
	expect(bed.sandbox.calls.filter((call) => call.method === 'POST')).toHaveLength(2);
});

/** What fal has taken, and does not say so. */
const LOST: Array<[string, FaultKind]> = [
	['taken and then reset', { kind: 'resetAfter' }],
	['taken and then 504', { kind: 'answerAfter', answer: { status: 504, body: 'timeout' } }],
	['taken and then 502', { kind: 'answerAfter', answer: { status: 502, body: 'bad gateway' } }],
	['taken and then 500', { kind: 'answerAfter', answer: { status: 500, body: 'oops' } }],
	['503 without a hint', { kind: 'answerAfter', answer: { status: 503, body: 'busy' } }],
	['cut off', { kind: 'cutOff' }],
	[
		'answered with a web page',
		{
			kind: 'answerAfter',
			answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
		},
	],
	[
		'answered with null',
		{
			kind: 'answerAfter',
			answer: { status: 200, headers: { 'content-type': 'application/json' }, body: 'null' },
		},
	],
];

test.each(LOST)('a submit %s is sent once, and its job is found', async (_name, fault) => {
	bed.sandbox.faults.add({ on: SUBMIT, fault });
	const { outputs, error } = await bed.run([{}]);
	expect(error).toBeUndefined();
	const [submit] = bed.sandbox.fal.submits();
	expect(outputs[0]?.map(({ json }) => json.requestId)).toEqual([submit?.requestId]);
	expect((await readFile(outputs[0]?.[0])).length).toBeGreaterThan(100);
	expect(bed.sandbox.calls.filter((call) => call.method === 'POST')).toHaveLength(1);
});

test.each(LOST)(
	'a submit %s is sent once, and the row says that the charge is unknown, where fal shows no history',
	async (_name, fault) => {
		bed.sandbox.faults.add({ on: SUBMIT, fault });
		bed.sandbox.faults.add({ on: /GET \/v1\/models\/requests/, fault: status(403) });
		const { outputs } = await bed.run([{}], {}, { onError: 'continueErrorOutput' });
		const [success, failed] = outputs;
		expect(success).toHaveLength(0);
		expect(failed?.[0]?.json.details).toMatchObject({
			charged: 'unknown',
			stage: 'submit',
			retryable: false,
		});
		expect(errorsOf(failed)[0]).toMatch(/^Item 1: .*unknown whether fal took it/);
		expect(bed.sandbox.calls.filter((call) => call.method === 'POST')).toHaveLength(1);
	},
);

test('a submit that reaches nobody is sent again', async () => {
	const refusals = refuseConnections();
	try {
		refusals.add(SUBMIT, 2);
		const { outputs, error } = await bed.run([{}]);
		expect(refusals.met()).toBe(2);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(1);
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
	} finally {
		refusals.restore();
	}
});

test('a finished picture that cannot be fetched keeps its address', async () => {
	bed.sandbox.faults.add({ on: PICTURE, fault: status(404), times: 50, after: 2 });
	const { outputs, error } = await bed.run([{}]);
	expect(error).toBeUndefined();
	const [item] = outputs[0] ?? [];
	expect(item?.binary).toBeUndefined();
	expect(item?.json.imageUrl).toMatch(/^http/);
	expect(item?.json.downloadError).toMatch(/could not be downloaded .*404/);
	expect(item?.json.requestId).toBe(bed.sandbox.fal.submits()[0]?.requestId);
});
