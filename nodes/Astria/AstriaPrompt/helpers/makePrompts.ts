import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { numberOf } from '../../../../lib/astria/api/json';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import { PromptDriver, type PromptJob } from '../../../../lib/astria/prompts/driver';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { JobDriver } from '../../../../lib/jobs/driver';
import { checkMaxJobs } from '../../../../lib/jobs/limit';
import { type Outcome, runRows } from '../../../../lib/jobs/rows';
import { errorRow } from '../../../shared/errorRow';
import { runMemory, told } from '../../../shared/runMemory';
import type { Session } from '../../shared/session';
import { promptItems, waits } from './output';
import { readRunOptions } from './run';

/** How each row of the input is bought. */
interface Purchase<Request, Job extends IDataObject, Result> {
	/** Which rows of the input. */
	rows: readonly number[];
	driver: JobDriver<Request, Job, Result>;
	prepare(row: number): Promise<Request>;
	collect(row: number, job: Job, result: Result): Promise<INodeExecutionData[]>;
}

/**
 * Buys every row of the input, at most once each.
 *
 * @returns how each row ended, in their order
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function buyRows<Request, Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	session: Session,
	{ driver, rows, prepare, collect }: Purchase<Request, Job, Result>,
): Promise<Array<Outcome<INodeExecutionData[]>>> {
	const { maxJobs, jobsInFlight } = readRunOptions(context);
	checkMaxJobs(ASTRIA, context.getInputData().length, maxJobs);
	return await runRows({
		rows,
		driver,
		memory: runMemory(context, session.memory),
		...told(context, ASTRIA, (row) => row),
		timing: session.timing,
		jobsInFlight,
		onError: context.continueOnFail() ? 'continue' : 'stop',
		prepare,
		collect,
	});
}

/** The items of all rows, error rows where they belong. */
export function itemsOf(
	context: IExecuteFunctions,
	outcomes: ReadonlyArray<Outcome<INodeExecutionData[]>>,
): INodeExecutionData[] {
	return outcomes.flatMap((outcome) =>
		'error' in outcome ? [errorRow(context, outcome.row, outcome.error)] : outcome.output,
	);
}

/** Makes the driver of a run's prompts. */
export function promptDriver(context: IExecuteFunctions, session: Session): PromptDriver {
	const { client, timing } = session;
	const { maxWait } = readRunOptions(context);
	return new PromptDriver({ client, clock: timing.clock, logger: context.logger, maxWait });
}

/** A row that does not wait is finished as soon as Astria has taken its prompt. */
export function withoutWaiting<Request, Job extends IDataObject, Result>(
	driver: JobDriver<Request, Job, Result>,
): JobDriver<Request, Job, Job> {
	return {
		service: driver.service,
		noun: driver.noun,
		fingerprint: (request) => driver.fingerprint(request),
		submit: async (request, timing) => await driver.submit(request, timing),
		maySubmitAgain: (error) => driver.maySubmitAgain?.(error) ?? false,
		revive: (stored) => driver.revive(stored),
		finish: async (job) => await Promise.resolve(job),
		hasStarted: (job) => driver.hasStarted(job),
		idOf: (job) => driver.idOf(job),
	};
}

/** Columns about how a prompt came to be. */
export function originOf({ recovered }: PromptJob): IDataObject {
	return recovered ? { recovered } : {};
}

/** The item of a prompt that is not waited for. */
export function queuedItem(
	row: number,
	job: PromptJob,
	extra: IDataObject = {},
): INodeExecutionData {
	const { promptId, tuneId } = job;
	return {
		json: {
			promptId,
			...(tuneId !== null && { tuneId }),
			status: 'IN_QUEUE',
			...extra,
			...originOf(job),
		},
		pairedItem: { item: row },
	};
}

/** A workspace that is no longer open to the key falls back to the personal one without a word. */
function workspaceWarning({ workspaceId }: PromptJob, { json }: AstriaPrompt): IDataObject {
	if (workspaceId === null || numberOf(json.workspace_id) === workspaceId) return {};
	return { warning: `Astria did not put the prompt into workspace ${workspaceId}.` };
}

/**
 * Makes a prompt of each row and, where the row wants it, waits for its pictures.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function makePrompts(
	context: IExecuteFunctions,
	session: Session,
	prepare: (row: number) => Promise<PromptRequest>,
	rows: readonly number[] = context.getInputData().map((_, row) => row),
): Promise<INodeExecutionData[]> {
	const driver = promptDriver(context, session);
	const outcomes = waits(context)
		? await buyRows(context, session, {
				driver,
				rows,
				prepare,
				collect: async (row, job, prompt) =>
					await promptItems(context, session, row, prompt, {
						...originOf(job),
						...workspaceWarning(job, prompt),
					}),
			})
		: await buyRows(context, session, {
				driver: withoutWaiting(driver),
				rows,
				prepare,
				collect: async (row, job) => await Promise.resolve([queuedItem(row, job)]),
			});
	return itemsOf(context, outcomes);
}
