import { speedUp } from '../../../engine/clock';
import { errorsOf } from '../../../engine/items';
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

const ERRORS = { onError: 'continueErrorOutput' } as const;

async function submitted(): Promise<string> {
	const { outputs } = await bed.run([{}], { operation: 'submit' });
	return String(outputs[0]?.[0]?.json.requestId);
}

test.each([
	['get', /GET .*\/requests\//],
	['cancel', /PUT .*\/cancel/],
])(
	'%s costs nothing: its failure names the job, and speaks of no charge',
	async (operation, on) => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
		const requestId = await submitted();
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer: { status: 500 } }, times: 99 });
		const { outputs } = await bed.run([{}], { resource: 'job', operation, requestId }, ERRORS);
		const [message] = errorsOf(outputs[1]);
		expect(message).toMatch(new RegExp(`^Item 1: Job ${requestId}: `));
		expect(message).not.toMatch(/charge/i);
		const details = outputs[1]?.[0]?.json.details;
		expect(details).toMatchObject({ requestId, service: 'fal' });
		expect(details).not.toHaveProperty('charged');
	},
);
