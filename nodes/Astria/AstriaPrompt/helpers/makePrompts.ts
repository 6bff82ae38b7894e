import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { numberOf } from '../../../../lib/astria/api/json';
import { PROMPT_RUN_OPTIONS } from '../../../../lib/astria/fields/promptRun';
import { PromptDriver, type PromptJob } from '../../../../lib/astria/prompts/driver';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import { readValues } from '../../../../lib/fields/values';
import type { JobDriver } from '../../../../lib/jobs/driver';
import type { Timing } from '../../../../lib/jobs/retry';
import { SECOND_MS } from '../../../../lib/time';
import { asTaken, type Bought, buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { readOutputOptions } from '../../../shared/pictures';
import { collectionReader } from '../../../shared/readFields';
import type { AstriaSession } from '../../shared/session';
import { costsOf, picturesOf } from './estimate';
import { waits } from './output';
import { promptItems } from '../../shared/prompts';

/** How the prompts of a run are bought. */
interface PromptPlan<Request, Job extends PromptJob> {
	driver: JobDriver<Request, Job> & {
		finish(job: Job, timing: Timing): Promise<AstriaPrompt>;
	};
	/** Reads and checks what a row asks for. @throws InputError */
	read(row: number): Promise<Request>;
	/** The prompt of a request, for what it costs. */
	preview(request: Request): PromptRequest;
	/** Told of the pictures of a prompt as they are handed out. */
	onDelivered?(job: Job, items: readonly RowItem[]): void;
	/** Further columns of a prompt that is taken. */
	columns?(job: Job): IDataObject;
}

const { jobsInFlight, maxCost, maxJobs, maxWait } = PROMPT_RUN_OPTIONS;
const LIMITS = { jobsInFlight, maxCost, maxJobs, maxWait };

/** What cannot differ between rows is that of the first one. */
function limitsOf(context: IExecuteFunctions) {
	return readValues(LIMITS, collectionReader(context, 0, 'options'));
}

/** Makes the driver of a run's prompts. */
export function promptDriver(context: IExecuteFunctions, session: AstriaSession): PromptDriver {
	const { client, timing } = session;
	const maxWaitMs = limitsOf(context).maxWait * SECOND_MS;
	return new PromptDriver({ client, clock: timing.clock, logger: context.logger, maxWaitMs });
}

/** A workspace that is no longer open to the key falls back to the personal one without a word. */
function workspaceWarning({ workspaceId }: PromptJob, { json }: AstriaPrompt): IDataObject {
	if (workspaceId === null || numberOf(json.workspace_id) === workspaceId) return {};
	return { warning: `Astria did not put the prompt into workspace ${workspaceId}.` };
}

/**
 * Buys a prompt of each row and, where that is wanted, waits for its pictures.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function buyPrompts<Request, Job extends PromptJob>(
	context: IExecuteFunctions,
	session: AstriaSession,
	{ driver, read, preview, onDelivered, columns = () => ({}) }: PromptPlan<Request, Job>,
): Promise<Bought[]> {
	const costOf = costsOf(session);
	const plan = {
		driver,
		limits: limitsOf(context),
		picturesOf: (request: Request) => picturesOf(preview(request)),
		costOf: async (request: Request) => await costOf(preview(request)),
		prepare: async ([row = 0]: readonly number[]) => {
			// An expression of the output that fails is found before anything is paid.
			readOutputOptions(context, row);
			return await read(row);
		},
	};
	const about = (job: Job) => ({ ...(job.recovered && { recovered: true }), ...columns(job) });
	if (waits(context)) {
		return await buyRows<Request, Job, AstriaPrompt>(context, session, {
			...plan,
			finish: async (job, timing) => await driver.finish(job, timing),
			collect: async (row, job, prompt) => {
				const more = { ...about(job), ...workspaceWarning(job, prompt) };
				const items = await promptItems(context, session, row, prompt, more);
				onDelivered?.(job, items);
				return items;
			},
		});
	}
	return await buyRows<Request, Job, Job>(context, session, {
		...plan,
		finish: asTaken,
		collect: async (_row, job) => {
			const { promptId, tuneId } = job;
			const ids = { promptId, ...(tuneId !== null && { tuneId }) };
			return await Promise.resolve([{ json: { ...ids, status: 'IN_QUEUE', ...about(job) } }]);
		},
	});
}

/**
 * Makes a prompt of each row.
 *
 * @param read reads and checks what a row asks for
 * @returns items and error rows in the order of the rows
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function makePrompts(
	context: IExecuteFunctions,
	session: AstriaSession,
	read: (row: number) => Promise<PromptRequest>,
): Promise<INodeExecutionData[]> {
	const driver = promptDriver(context, session);
	const preview = (request: PromptRequest) => request;
	return itemsOf(context, session, await buyPrompts(context, session, { driver, read, preview }));
}
