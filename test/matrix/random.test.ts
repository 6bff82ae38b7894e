import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { executeStep, retryInEditor } from '../engine/again';
import { NODE } from '../engine/engine';
import { atCall } from '../engine/moment';
import { SHAPES } from '../engine/shapes';
import { runWorkflow, startWorkflow, type WorkflowResult } from '../engine/workflow';
import { type MatrixBed, openBed } from './bed';
import { type Buyer, buyersOf, EXPRESSIONS, underTest } from './buyers';
import { FAULTS } from './faults';
import { withoutHanging } from './patience';
import { judgeWorkflow, ON_ERROR } from './workflowCells';

/** Another one by hand: RANDOM_SEED=7 npx jest test/matrix/random */
const SEED = Number(process.env.RANDOM_SEED ?? 20_261_126);

const WORKFLOWS = 200;

const BUYERS = 3;

let bed: MatrixBed;
let buyers: Buyer[];

beforeAll(async () => {
	bed = await openBed();
	buyers = await buyersOf(bed);
});

afterAll(async () => {
	await bed.close();
});

const FAULT = fc.record({
	fault: fc.constantFrom(...FAULTS.filter(({ name }) => name !== '50 MB')),
	times: fc.integer({ min: 1, max: 3 }),
	after: fc.integer({ min: 0, max: 4 }),
});

/** A workflow, and what happens to it. Faults are those of the submits, or those of what is read. */
const WORKFLOW = fc.record({
	buyer: fc.nat({ max: BUYERS - 1 }),
	shape: fc.constantFrom(...SHAPES),
	bad: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
	equal: fc.boolean(),
	expression: fc.constantFrom(...EXPRESSIONS),
	retries: fc.boolean(),
	onError: fc.constantFrom(...ON_ERROR),
	jobsInFlight: fc.integer({ min: 1, max: 4 }),
	faults: fc.array(FAULT, { maxLength: 2 }),
	faultsOn: fc.constantFrom('submit' as const, 'reads' as const),
	stopAt: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 4, nil: undefined }),
	then: fc.constantFrom('nothing' as const, 'step' as const, 'retry' as const),
});

type Random = typeof WORKFLOW extends fc.Arbitrary<infer T> ? T : never;

const READS = /^GET \/(?!files)/;

function script(buyer: Buyer, { faults, faultsOn }: Random): void {
	const on = faultsOn === 'submit' ? buyer.submit : READS;
	for (const { fault: wrong, times, after } of faults) {
		const { fault } = wrong;
		if (fault === 'refused') bed.refusals.add(on, times);
		else {
			const kind = typeof fault === 'function' ? fault(bed.outside) : fault;
			bed.sandbox.faults.add({ on, fault: kind, times, after });
		}
	}
}

function rowsOf(buyer: Buyer, { bad, equal }: Random): IDataObject[] {
	const same = bed.nextNumber();
	return bad.map((isBad) => buyer.row(equal ? same : bed.nextNumber(), !equal && isBad));
}

async function execute(buyer: Buyer, random: Random): Promise<WorkflowResult[]> {
	const { shape, expression, jobsInFlight, onError, retries, stopAt, then } = random;
	const settings = {
		onError,
		...(retries && { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 }),
	};
	const node = underTest(bed, buyer, { expression, jobsInFlight, settings });
	const workflow = shape.workflow(node, rowsOf(buyer, random));
	const canStep = then === 'step' && shape.name === 'all rows at once';
	const run = canStep ? { ...workflow, mode: 'manual' as const } : workflow;
	script(buyer, random);
	const started = startWorkflow(run);
	if (stopAt !== undefined) void atCall(bed.sandbox, /./, stopAt).then(() => started.stop());
	const first = await withoutHanging(started.finished);
	Reflect.deleteProperty(bed.sandbox.calls, 'push');
	const canRetry = then === 'retry' && first.run.status !== 'success' && stopAt === undefined;
	if (canStep && stopAt === undefined)
		return [first, await withoutHanging(executeStep(first, NODE))];
	return canRetry ? [first, await withoutHanging(retryInEditor(first))] : [first];
}

/** Submits whose answers may be lost for good: nobody can tell the ids of what they have bought. */
function mayBeLost({ faults, faultsOn, stopAt, onError }: Random): number {
	// A row that fails ends the look-up of the others under Stop Workflow.
	const endsLookUp = stopAt !== undefined || onError === 'stopWorkflow';
	return faultsOn === 'submit' && endsLookUp
		? faults.reduce((sum, { times }) => sum + times, 0)
		: 0;
}

test(`${WORKFLOWS} random workflows buy nothing twice and lose no id`, async () => {
	await fc.assert(
		fc.asyncProperty(WORKFLOW, async (random) => {
			const buyer = buyers[random.buyer];
			if (!buyer) throw new Error('There is no such node');
			bed.clean();
			const before = buyer.sold().length;
			const results = await execute(buyer, random);
			const bought = buyer.sold().slice(before);
			const rows = random.bad.length;
			// A person who retries, or runs the step again, asks for each row once more at most.
			const asked = rows * results.length;
			const { broken } = judgeWorkflow(bed, results, bought, asked, mayBeLost(random));
			expect(broken).toEqual([]);
		}),
		{ numRuns: WORKFLOWS, seed: SEED, endOnFailure: true },
	);
}, 240_000);

test('a workflow is run at all', async () => {
	bed.clean();
	const [buyer] = buyers;
	if (!buyer) throw new Error('There is no node');
	const settings = { onError: 'continueRegularOutput' } as const;
	const node = underTest(bed, buyer, { expression: 'random', jobsInFlight: 2, settings });
	const before = buyer.sold().length;
	const [shape] = SHAPES;
	if (!shape) throw new Error('There is no shape');
	const result = await runWorkflow(shape.workflow(node, [buyer.row(bed.nextNumber(), false)]));
	const bought = buyer.sold().slice(before);
	expect(bought).toHaveLength(1);
	// It can fail: for no row, one is too many, and an id that nobody tells is lost.
	expect(judgeWorkflow(bed, [result], bought, 0).broken).toHaveLength(1);
	expect(judgeWorkflow(bed, [result], ['an id of nobody'], 1).broken).toHaveLength(1);
});
