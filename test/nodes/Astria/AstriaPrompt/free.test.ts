import { speedUp } from '../../../engine/clock';
import { errorsOf, picked } from '../../../engine/items';
import { type Bed, makeBed, SD15 } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(500);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { onError: 'continueErrorOutput' } as const;

const OPERATIONS = ['get', 'delete', 'like', 'unlike', 'update'];

const parametersOf = (operation: string) => ({
	operation,
	promptId: picked('={{ $json.id }}'),
	text: '',
	updateFields: { pack_id: '88' },
});

describe.each(OPERATIONS)('%s costs nothing', (operation) => {
	test.each([500, 404, 403])(
		'and its failure with %i names the prompt, and speaks of no charge',
		async (status) => {
			const id = await bed.made(SD15, { text: 'a photo' });
			const fault = { kind: 'answer', answer: { status } } as const;
			bed.sandbox.faults.add({ on: /(GET|POST|PATCH|DELETE) \/prompts\/\d+/, fault, times: 99 });
			const { outputs } = await bed.run([{ id }], parametersOf(operation), ERRORS);
			const [message] = errorsOf(outputs[1]);
			expect(message).toMatch(new RegExp(`^Item 1: Prompt ${id}: `));
			expect(message).not.toMatch(/charge/i);
			const details = outputs[1]?.[0]?.json.details;
			expect(details).toMatchObject({ requestId: String(id), statusCode: status });
			expect(details).not.toHaveProperty('charged');
			expect(details).not.toHaveProperty('jobEnded');
		},
	);

	test('and nor does it when the node is to stop', async () => {
		const { error } = await bed.run([{ id: 'none' }], parametersOf(operation));
		expect(error?.message).toMatch(/^Item 1: 'Prompt' is /);
		expect(error?.message).not.toMatch(/charge/i);
	});
});

describe('four items of one prompt, as its four pictures are', () => {
	const four = (id: number) => [{ id }, { id }, { id }, { id }];

	test('delete it with one call, and have an item each', async () => {
		const id = await bed.made(SD15, { text: 'a photo' });
		const { outputs, error } = await bed.run(four(id), parametersOf('delete'));
		expect(error).toBeUndefined();
		expect(outputs[0]).toEqual(
			[0, 1, 2, 3].map((item) => ({
				json: { deleted: true, promptId: id },
				pairedItem: { item },
			})),
		);
		expect(bed.calls(/DELETE/)).toHaveLength(1);
	});

	test('fail each with words of its own', async () => {
		const { outputs } = await bed.run(four(7), parametersOf('delete'), ERRORS);
		expect(errorsOf(outputs[1])).toEqual(
			[1, 2, 3, 4].map((n): unknown => expect.stringMatching(`^Item ${n}: Prompt 7: (?!Prompt 7)`)),
		);
		expect(bed.calls(/DELETE/)).toHaveLength(1);
	});
});

test('a prompt that failed is told by Get with its id', async () => {
	const id = await bed.made(SD15, { text: 'an error' });
	await bed.sandbox.astria.settle(id);
	const { outputs } = await bed.run([{ id }], parametersOf('get'), ERRORS);
	expect(errorsOf(outputs[1])[0]).toMatch(
		new RegExp(`^Item 1: Prompt ${id}: Astria says: The provider refused this prompt\\.$`),
	);
	expect(outputs[1]?.[0]?.json.details).toMatchObject({ requestId: String(id), jobEnded: true });
});
