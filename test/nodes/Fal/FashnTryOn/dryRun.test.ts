import { storeFile } from '../../../engine/engine';
import { errorsOf } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const DRY = { options: { dryRun: true } };

function paidCalls() {
	return bed.sandbox.calls.filter(({ method }) => method !== 'GET');
}

test('a dry run tells the price and submits nothing', async () => {
	const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
	const rows = [
		{ json: { n: 1 }, binary: { data } },
		{ json: { n: 3 }, binary: { data } },
	];
	const { outputs, run, error } = await bed.run(rows, {
		...DRY,
		num_samples: '={{ $json.n }}',
		model_image_source: 'binary',
	});
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json)).toMatchObject([
		{ status: 'DRY_RUN', pictures: 1, estimatedCost: 0.075, currency: 'USD' },
		{ status: 'DRY_RUN', pictures: 3, estimatedCost: 0.225, currency: 'USD' },
	]);
	expect(JSON.stringify(run.data.resultData.runData)).toContain(
		'They cost about 0.3 USD. Nothing was submitted.',
	);
	expect(paidCalls()).toEqual([]);
	expect(bed.sandbox.calls.filter(({ path }) => path.includes('pricing'))).toHaveLength(1);
});

test('a number of pictures in Additional Fields counts, also as text', async () => {
	const { outputs } = await bed.run([{}], { ...DRY, additional_fields: '{"num_samples":"4"}' });
	expect(outputs[0]?.[0]?.json).toMatchObject({ pictures: 4, estimatedCost: 0.3 });
});

test.each([
	[
		'a picture that is not there',
		() => `${bed.sandbox.media.url}/nothing`,
		/'Garment Image' cannot be opened: status 404/,
	],
	[
		'a web page',
		() => bed.sandbox.media.publish(Buffer.from('<!doctype html>'), 'text/html'),
		/'Garment Image' is not a picture/,
	],
	[
		'a host that is not there',
		() => 'http://127.0.0.1:9/a.png',
		/'Garment Image' cannot be opened: 127\.0\.0\.1:9 cannot be reached/,
	],
])('%s is found by a dry run', async (_name, address, problem) => {
	const { outputs } = await bed.run(
		[{ url: bed.garment }, { url: address() }],
		{ ...DRY, garment_image: '={{ $json.url }}' },
		{ onError: 'continueErrorOutput' },
	);
	expect(outputs[0]).toHaveLength(1);
	expect(errorsOf(outputs[1])[0]).toMatch(/^Row 2: /);
	expect(errorsOf(outputs[1])[0]).toMatch(problem);
	expect(paidCalls()).toEqual([]);
});

test('without a price the rows are checked all the same', async () => {
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' } });
	const { outputs } = await bed.run([{}], DRY);
	expect(outputs[0]?.[0]?.json).toMatchObject({ status: 'DRY_RUN', estimatedCost: null });
});

test.each(['generate', 'submit'])(
	'Max Jobs per Run refuses a larger %s before the first submit',
	async (operation) => {
		const { error } = await bed.run([{}, {}, {}], { operation, options: { maxJobs: 2 } });
		expect(error?.message).toMatch(
			/^This run has 3 rows, more than the 2 of 'Max Jobs per Run'\. Nothing was submitted/,
		);
		expect(bed.sandbox.calls).toEqual([]);
		const allowed = await bed.run([{}, {}], {
			operation,
			options: { maxJobs: 2 },
			download: false,
		});
		expect(allowed.outputs[0]).toHaveLength(2);
	},
);
