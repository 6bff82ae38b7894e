import { together, tool } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import { type FashnBed, fashnBed } from './fashn';

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

describe.each(['picture', 'row'])('with Sync Mode and an item per %s', (output) => {
	const parameters = () => ({
		additionalFields: { sync_mode: true },
		num_samples: 2,
		output,
	});

	test.each([tool(1), tool(2), tool(3)])(
		'no picture is put into what the model reads: $name',
		async (shape) => {
			const result = await runWorkflow(shape.workflow(bed.node(parameters), [{ id: 1 }]));
			expect(bed.sandbox.fal.submits()).toHaveLength(1);
			const told = JSON.stringify(shape.rows(result));
			expect(told).not.toContain('base64');
			expect(told).toMatch(/Switch off 'Sync Mode' to get its address/);
			expect(told).toContain(bed.sandbox.fal.submits()[0]?.requestId);
		},
	);

	test('a workflow gets it all the same', async () => {
		const result = await runWorkflow(together.workflow(bed.node(parameters), [{ id: 1 }]));
		const told = JSON.stringify(together.rows(result));
		expect(told).toMatch(/"data:image\/\w+;base64,/);
		expect(told).not.toContain('Switch off');
	});
});
