import type { JobOutcome } from '../../sandbox/fal/options';
import { runWorkflow } from '../engine/workflow';
import { speedUp } from '../engine/clock';
import { together } from '../engine/shapes';
import { type FashnBed, fashnBed, RETRY, randomSeed } from './fashn';

let bed: FashnBed;

/** The pauses between tries of a result are long: the clock runs faster here than elsewhere. */
const SPEED = 200;

beforeEach(async () => {
	bed = await fashnBed();
	jest.restoreAllMocks();
	speedUp(SPEED);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { ...RETRY, onError: 'continueRegularOutput' } as const;

describe('a finished job without pictures is bought once, and its id told', () => {
	test.each<[string, unknown]>([
		['no pictures', { images: [] }],
		['another shape', { image: { url: 'https://example.com/a.png' } }],
		['nothing', {}],
	])('%s', async (_what, body) => {
		bed.sandbox.fal.options.outcome = (): JobOutcome => ({ kind: 'output', body });
		const result = await runWorkflow(together.workflow(bed.node(randomSeed, ERRORS), [{}]));
		const [job] = bed.sandbox.fal.submits();
		expect(bed.sent()).toBe(1);
		expect(JSON.stringify(together.rows(result))).toContain(job?.requestId);
	});
});

describe('trouble while a result is read is no end of the job', () => {
	test.each([429, 404, 408, 302, 503])('status %d, longer than the tries last', async (status) => {
		const answer = { status, body: { detail: 'later', error_type: 'runner_connection_error' } };
		const on = /GET .*\/requests\/[^/]+$/;
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer }, times: 1_000 });
		const result = await runWorkflow(together.workflow(bed.node(randomSeed, ERRORS), [{}]));
		const [job] = bed.sandbox.fal.submits();
		expect(bed.sent()).toBe(1);
		const text = JSON.stringify(together.rows(result));
		expect(text).toContain(job?.requestId);
		expect(text).toContain('Fetch it with Get.');
		expect(text).not.toContain('was not charged');
	});
});

test('with One Item per Row every failed download is told', async () => {
	const gone = `${bed.sandbox.media.url}/nothing`;
	const there = bed.sandbox.media.publish(
		Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1'),
		'image/png',
	);
	const images = [{ url: there }, { url: gone }];
	bed.sandbox.fal.options.outcome = (): JobOutcome => ({ kind: 'output', body: { images } });
	const under = bed.node(() => ({ output: 'row', download: true }));
	const [row] = together.rows(await runWorkflow(together.workflow(under, [{}]))).good;
	expect(row?.imageUrls).toEqual([there, gone]);
	expect(row?.downloadError).toMatch(/^Picture 2: .*404/);
});
