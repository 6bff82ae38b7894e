import { speedUp } from '../../../engine/clock';
import { errorsOf, picked } from '../../../engine/items';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(500);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

describe.each(['get', 'delete', 'update', 'wait'])('%s costs nothing', (operation) => {
	test.each([404, 403])(
		'and its failure with %i names the tune, and speaks of no charge',
		async (status) => {
			const fault = { kind: 'answer', answer: { status } } as const;
			bed.sandbox.faults.add({ on: /(GET|PATCH|DELETE) \/tunes\/7$/, fault, times: 99 });
			const { outputs } = await bed.run(
				[{}],
				{ operation, tuneId: picked('7'), updateFields: { title: 'x' } },
				{ onError: 'continueErrorOutput' },
			);
			const [message] = errorsOf(outputs[1]);
			expect(message).toMatch(/^Item 1: Tune 7: /);
			expect(message).not.toMatch(/charge/i);
			const details = outputs[1]?.[0]?.json.details;
			expect(details).toMatchObject({ requestId: '7', statusCode: status });
			expect(details).not.toHaveProperty('charged');
		},
	);
});

test('several items of one tune delete it with one call', async () => {
	const made = await bed.run([{ title: 'Jane' }]);
	const id = String(made.outputs[0]?.[0]?.json.tuneId);
	const parameters = { operation: 'delete', tuneId: picked(id) };
	const { outputs, error } = await bed.run([{}, {}, {}], parameters);
	expect(error).toBeUndefined();
	expect(outputs[0]).toHaveLength(3);
	expect(bed.calls(/DELETE/)).toHaveLength(1);
});
