import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { TryOnError } from '../../lib/errors';
import { RUN_OPTIONS } from '../../lib/fields/shared';
import type { AskedRow, JobDriver } from '../../lib/jobs/driver';
import type { Followed } from '../../lib/jobs/follow';
import { SubmitMemory } from '../../lib/jobs/memory';
import { runRows } from '../../lib/jobs/rows';
import { objectOf, numberOf } from '../../lib/json';
import { type Cost, costText, rounded, sumOf, sumOfAll } from '../../lib/money';
import type { Timing } from '../../lib/time';
import { BUYING, errorRow, type RowItem } from './errorRow';
import type { Session } from './operation';
import { identityOf, inputKeeper, keptOfRun, notesOfRun, pairedWith, rowName } from './row';
import { suspend, type Suspended } from './suspend';
import type { Wait } from './wait';

/** What the user allows a run. */
interface Limits {
	jobsInFlight: number;
	/** How many purchases a run may hold; absent means no limit. */
	maxJobs?: number;
	/** How much they may cost together. */
	maxCost?: number;
}

/** What is bought, and how. */
export interface BuyPlan<Request, Job extends IDataObject, Result> {
	driver: JobDriver<Request, Job>;
	/**
	 * Waits for a job and reads what it made.
	 *
	 * @param ended to be called once the job is over and only its result is to be read
	 */
	finish(job: Job, timing: Timing, ended: () => Promise<void>): Promise<Result>;
	limits: Limits;
	/** The option that says how many purchases a run may hold. */
	countLimit: { label: string };
	/** How many pictures a request makes, `undefined` where nobody knows; default 1. */
	picturesOf?(request: Request): number | undefined | Promise<number | undefined>;
	/** What a request will cost; `undefined` where the service does not tell. */
	costOf?(request: Request): Promise<Cost | undefined>;
	/** What to do where it does not tell, a whole sentence; default: run again later. */
	unpriced?: string;
	/** Which of them take what is there already, so that nothing is bought for them; default none. */
	freeOf?(asked: ReadonlyArray<AskedRow<Request>>): Promise<readonly number[]>;
	/** The rows of each purchase; default: each row is one. */
	groups?: ReadonlyArray<readonly number[]>;
	/** Checks the rows of a purchase and makes its request; costs nothing. @throws InputError */
	prepare(rows: readonly number[]): Promise<Request>;
	/** Looks at all that is about to be bought, each by its first row. @throws TryOnError */
	approve?(asked: ReadonlyArray<AskedRow<Request>>): Promise<void>;
	/** Makes the items of a purchase, by its first row. */
	collect(row: number, job: Job, result: Result): Promise<RowItem[]>;
	/** Makes the items of a job that nobody waits for; absent where `finish` tells of it at once. */
	taken?(row: number, job: Job): RowItem[];
	/** Absent where the execution is never suspended. */
	suspended?: {
		/** What tells a job, for Get. */
		idsOf(job: Job): IDataObject;
		/** What is wanted of a row's output, as it is kept with the execution. */
		orderOf(row: number): IDataObject;
		/** How the jobs are followed. */
		followed(): Followed<Job & { callback?: string }, Result, RowItem>;
	};
}

/** How a purchase ended, and which rows it was for. */
export type Bought = { rows: readonly number[] } & (
	| { items: readonly RowItem[] }
	| { error: TryOnError }
);

/** Purchases of a run. */
interface Ordered<Job extends IDataObject> {
	bought: Bought[];
	/** What the execution is to be suspended with, by the first row of each purchase. */
	jobs: Map<number, Suspended<Job>>;
}

/** How many rows without a price are named; what is beyond is counted. */
const NAMED = 10;

/** @param problem whole sentences */
function refusal(field: { label: string }, problem: string, cure: string): TryOnError {
	return new TryOnError(problem, {
		stage: 'input',
		retryable: false,
		cure,
		charged: 'no',
		field: field.label,
	});
}

/** What the limits of a run look at. */
interface Guarded<Request>
	extends Pick<
		BuyPlan<Request, never, never>,
		'limits' | 'countLimit' | 'picturesOf' | 'costOf' | 'unpriced' | 'freeOf'
	> {
	/** How many purchases the run has. */
	purchases: number;
	nameOf(row: number): string;
}

/** Such as "3 rows", or "3 rows (12 pictures)" where rows ask for several, and all say how many. */
async function sizeOf<Request>(
	rows: number,
	asked: ReadonlyArray<AskedRow<Request>>,
	{ picturesOf = () => 1 }: Pick<Guarded<Request>, 'picturesOf'>,
): Promise<string> {
	const each = await Promise.all(asked.map(async ({ request }) => await picturesOf(request)));
	const pictures = sumOfAll(each) ?? 0;
	const counted = rows === 1 ? '1 row' : `${rows} rows`;
	return pictures > asked.length ? `${counted} (${pictures} pictures)` : counted;
}

/**
 * How many rows of the run take what is there; on a further try also those that have taken it.
 *
 * @throws TryOnError
 */
async function countFree<Request>(
	context: IExecuteFunctions,
	asked: ReadonlyArray<AskedRow<Request>>,
	{ freeOf }: Pick<Guarded<Request>, 'freeOf'>,
): Promise<number> {
	if (!freeOf) return 0;
	const { notes } = notesOfRun(context, 'free');
	const free = new Set(await freeOf(asked));
	for (const { row } of asked) notes[row] = free.has(row);
	return Object.values(notes).filter((is) => is).length;
}

/**
 * The user's own limits on what one run may buy.
 *
 * @param asked what is not bought yet
 * @param bought rows that an earlier try of the run has bought
 * @throws TryOnError
 */
async function checkLimits<Request>(
	context: IExecuteFunctions,
	asked: ReadonlyArray<AskedRow<Request>>,
	bought: readonly number[],
	guarded: Guarded<Request>,
): Promise<void> {
	const { purchases, limits, countLimit, costOf, unpriced, nameOf } = guarded;
	const { maxJobs, maxCost } = limits;
	const nothing =
		asked.length < purchases ? 'No further row was submitted.' : 'Nothing was submitted.';
	// It costs calls, so it is asked for only where it matters.
	const isMany = maxJobs !== undefined && purchases > maxJobs;
	const free = isMany ? await countFree(context, asked, guarded) : 0;
	if (isMany && purchases - free > maxJobs) {
		const beside = free === 0 ? '' : ` beside ${free} that take what is there`;
		throw refusal(
			countLimit,
			`This run has ${await sizeOf(purchases - free, asked, guarded)}${beside}, more than the ${maxJobs} of '${countLimit.label}'. ${nothing}`,
			'Raise the limit, or pass fewer rows to this node.',
		);
	}
	if (maxCost === undefined || asked.length === 0) return;
	const { label } = RUN_OPTIONS.maxCost;
	const costs = await Promise.all(asked.map(async ({ request }) => await costOf?.(request)));
	const { cost, unknown } = sumOf(costs);
	if (unknown > 0) {
		const named = asked
			.filter((_, index) => costs[index]?.currency !== cost?.currency || !cost)
			.slice(0, NAMED)
			.map(({ row }) => nameOf(row));
		const which = `${named.join(', ')}${unknown > named.length ? ', …' : ''}`;
		throw refusal(
			RUN_OPTIONS.maxCost,
			`The price of ${unknown} of ${asked.length} rows could not be learned (${which}), so that '${label}' cannot be kept. ${nothing}`,
			unpriced ?? `Run again later, or remove the limit and use '${countLimit.label}'.`,
		);
	}
	if (!cost) return;
	/** What the rows of this run were approved at, by row. */
	const prices = keptOfRun(context, 'approved', objectOf);
	const spent = bought.reduce((sum, row) => sum + (numberOf(prices[row]) ?? 0), 0);
	if (rounded(cost.amount + spent) > maxCost) {
		const all = costText({ ...cost, amount: cost.amount + spent });
		const already =
			spent > 0 ? `, with the ${costText({ ...cost, amount: spent })} of what it has bought` : '';
		throw refusal(
			RUN_OPTIONS.maxCost,
			`This run has ${await sizeOf(asked.length, asked, guarded)}${asked.length < purchases ? ' left' : ''} and would cost about ${all}${already}, more than the ${maxCost} of '${label}'. ${nothing}`,
			'Raise the limit, or pass fewer rows to this node.',
		);
	}
	for (const [index, { row }] of asked.entries()) prices[row] = costs[index]?.amount;
}

/** Items with the rows that they come from, as n8n pairs them. */
function paired(rows: readonly number[], items: readonly RowItem[]): INodeExecutionData[] {
	const pairedItem = pairedWith(rows);
	return items.map((item) => ({ ...item, pairedItem }));
}

/**
 * Buys side by side what the rows of the input ask for, at most once each, and waits for it where the
 * node itself is to.
 *
 * @returns how each purchase ended, in the order of the rows
 * @throws TryOnError when a limit forbids the run; RowFailure when a row fails and n8n is to stop
 */
export async function buyRows<Request, Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	session: Session,
	{ mode }: Pick<Wait, 'mode'>,
	plan: BuyPlan<Request, Job, Result>,
): Promise<Ordered<Job>> {
	const { driver, limits, prepare, taken, suspended } = plan;
	const waits = mode === 'node' || (mode === 'none' && !taken);
	const jobs: Ordered<Job>['jobs'] = new Map();
	const handOn = (row: number, job: Job): RowItem[] => {
		if (mode === 'none') return taken?.(row, job) ?? [];
		if (suspended) {
			jobs.set(row, { job, ids: suspended.idsOf(job), order: suspended.orderOf(row) });
		}
		return [];
	};
	const nameOf = (row: number) => rowName(context, row);
	const withInput = inputKeeper(context);
	const groups = plan.groups ?? context.getInputData().map((_, row) => [row]);
	// A purchase is known by the first of its rows.
	const rowsOf = new Map(groups.map((rows) => [rows[0] ?? 0, rows]));
	const outcomes = await runRows<Request, Job, { result: Result } | undefined, RowItem[]>({
		rows: [...rowsOf.keys()],
		driver,
		memory: new SubmitMemory(context.getContext('node'), identityOf(context)),
		timing: session.timing,
		jobsInFlight: limits.jobsInFlight,
		onError: context.continueOnFail() ? 'continue' : 'stop',
		nameOf,
		approve: async (asked, bought) => {
			await plan.approve?.(asked);
			const guarded = { ...plan, purchases: groups.length, nameOf };
			await checkLimits(context, asked, bought, guarded);
			notesOfRun(context, BUYING).notes.begun = true;
		},
		prepare: async (row) => await prepare(rowsOf.get(row) ?? [row]),
		// Whoever ends n8n in the middle of a batch finds the ids in its log.
		onTaken: (row, id) =>
			context.logger.info(`${session.service} has taken ${id} for ${nameOf(row)}`),
		finish: async (job, timing, ended) =>
			waits ? { result: await plan.finish(job, timing, ended) } : undefined,
		collect: async (row, job, made) =>
			made ? await plan.collect(row, job, made.result) : handOn(row, job),
	});
	const bought = outcomes.map((outcome) => {
		const rows = rowsOf.get(outcome.row) ?? [outcome.row];
		return 'error' in outcome
			? { rows, error: outcome.error }
			: { rows, items: outcome.output.map((item) => withInput(outcome.row, item)) };
	});
	return { jobs, bought };
}

/** The items of all purchases, each paired with its rows; error rows where they failed. */
export function itemsOf(
	context: IExecuteFunctions,
	{ service, made }: Session,
	bought: readonly Bought[],
): INodeExecutionData[] {
	return bought.flatMap(({ rows, ...ended }) => {
		const items =
			'error' in ended
				? [errorRow(context, service, rows[0] ?? 0, ended.error, made)]
				: ended.items;
		return paired(rows, items);
	});
}

/** Hands out what was ordered, or suspends the execution until it has ended. */
export async function handOut<Request, Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	session: Session,
	{ callback }: Wait,
	{ suspended }: BuyPlan<Request, Job, Result>,
	{ bought, jobs }: Ordered<Job>,
): Promise<INodeExecutionData[]> {
	return callback && suspended
		? await suspend(context, session, { callback, followed: suspended.followed(), bought, jobs })
		: itemsOf(context, session, bought);
}

/**
 * Buys what the rows ask for, at most once each, and waits for it as the user wants.
 *
 * @returns items and error rows in the order of the rows; or what stands for them while the execution
 * is suspended
 * @throws TryOnError when a limit forbids the run; RowFailure when a row fails and n8n is to stop
 */
export async function buyAndWait<Request, Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	session: Session,
	wait: Wait,
	plan: BuyPlan<Request, Job, Result>,
): Promise<INodeExecutionData[]> {
	const ordered = await buyRows(context, session, wait, plan);
	return await handOut(context, session, wait, plan, ordered);
}
