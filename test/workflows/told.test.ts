import { together, tool } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import { type FashnBed, fashnBed, type Parameters } from './fashn';

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const fromRow: Parameters = (column) => ({ category: column('category') });

const PROBLEM = `Item 1: 'Category' is "hat", which the service does not know.`;
const ADVICE = 'Use one of: auto, bottoms, one-pieces, tops. This row was not charged.';

test('an agent, which is shown the title of an error alone, is told everything', async () => {
	const agent = tool(3);
	const result = await runWorkflow(agent.workflow(bed.node(fromRow), [{ category: 'hat' }]));
	expect(agent.rows(result)).toEqual({ good: [], failed: [{ error: `${PROBLEM} ${ADVICE}` }] });
});

test.each([tool(2), tool(3)])(
	'an error row for an agent is its own alone: $name',
	async (agent) => {
		const node = bed.node(fromRow, { onError: 'continueRegularOutput' });
		const { failed } = agent.rows(await runWorkflow(agent.workflow(node, [{ category: 'hat' }])));
		expect(failed).toEqual([{ error: `${PROBLEM} ${ADVICE}`, details: expect.anything() }]);
	},
);

test('a failed execution has the problem as its title', async () => {
	const result = await runWorkflow(together.workflow(bed.node(fromRow), [{ category: 'hat' }]));
	const { error } = result.run.data.resultData;
	expect(error).toMatchObject({ message: PROBLEM, description: ADVICE });
});
