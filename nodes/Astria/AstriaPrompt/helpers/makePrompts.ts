import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { PROMPT_MORE } from '../../../../lib/astria/fields/prompt';
import { PROMPT_RUN_OPTIONS } from '../../../../lib/astria/fields/promptRun';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import { followPrompts, PromptDriver, type PromptJob } from '../../../../lib/astria/prompts/driver';
import type { Prompt } from '../../../../lib/astria/prompts/prompt';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { JobDriver } from '../../../../lib/jobs/driver';
import type { Followed } from '../../../../lib/jobs/follow';
import { numberOf } from '../../../../lib/json';
import type { FileStore } from '../../../../lib/media/download';
import { SECOND_MS, type Timing } from '../../../../lib/time';
import { buyAndWait, type BuyPlan } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderedOutput, orderOf, readOutputOptions } from '../../../shared/pictures';
import { readRunOptions, withChosenSeed } from '../../../shared/row';
import { readWait } from '../../../shared/wait';
import { itemsOfPrompt } from '../../shared/output';
import { type AstriaSession, checkOwnCallback } from '../../shared/session';
import { costOfRow, type PricedRows } from './estimate';

/** How the prompts of a run are bought. */
interface PromptPlan<Request, Job extends PromptJob> extends PricedRows<Request> {
	driver: JobDriver<Request, Job> & {
		finish(job: Job, timing: Timing): Promise<Prompt>;
	};
	/** What to do where no price is known, a whole sentence. */
	unpriced?: string;
	/** Told of the pictures of a prompt as they are handed out. */
	onDelivered?(job: Job, items: readonly RowItem[]): void;
	/** Further columns of a prompt that is taken. */
	columns?(job: Job): IDataObject;
	/** How prompts are followed that a suspended execution has bought. */
	followed(): Followed<Job, Prompt, RowItem>;
}

/** What to do where no price is known: Astria's API has no price list. */
const UNPRICED = `Astria tells what a prompt costs only of like ones that it has made for you: make one of these rows without the limit, or use '${PROMPT_RUN_OPTIONS.maxJobs.label}'.`;

const { jobsInFlight, maxCost, maxJobs, maxWait } = PROMPT_RUN_OPTIONS;
const LIMITS = { jobsInFlight, maxCost, maxJobs, maxWait };

function limitsOf(context: IExecuteFunctions) {
	return readRunOptions(context, LIMITS);
}

/**
 * Makes the driver of a run's prompts.
 *
 * @param callback what Astria is to call when a prompt has ended
 */
export function promptDriver(
	context: IExecuteFunctions,
	{ client, timing }: AstriaSession,
	callback: string | undefined,
): PromptDriver {
	const maxWaitMs = limitsOf(context).maxWait * SECOND_MS;
	const { logger } = context;
	return new PromptDriver({ client, clock: timing.clock, logger, maxWaitMs, callback });
}

/** A workspace that is no longer open to the key falls back to the personal one without a word. */
function workspaceWarning({ workspaceId }: PromptJob, { json }: Prompt): IDataObject {
	if (workspaceId === null || numberOf(json.workspace_id) === workspaceId) return {};
	return { warning: `Astria did not put the prompt into workspace ${workspaceId}.` };
}

/** What is said of a prompt beside what Astria says. */
function aboutPrompt(job: PromptJob, more: IDataObject): IDataObject {
	return {
		...(job.seed !== null && { seed: job.seed }),
		...(job.recovered && { recovered: true }),
		...more,
	};
}

function idsOf({ promptId, tuneId }: PromptJob): IDataObject {
	return { promptId, ...(tuneId !== null && { tuneId }) };
}

/**
 * How a prompt of each row is bought, and waited for.
 *
 * @param isSuspended whether the execution is to be
 */
export function promptPlan<Request, Job extends PromptJob>(
	context: IExecuteFunctions,
	session: AstriaSession,
	isSuspended: boolean,
	plan: PromptPlan<Request, Job>,
): BuyPlan<Request, Job, Prompt> {
	const { driver, read, preview, onDelivered, columns = () => ({}), followed } = plan;
	const costs = new PromptCosts(session.client, session.timing);
	return {
		driver,
		limits: limitsOf(context),
		countLimit: maxJobs,
		picturesOf: async (request) => await costs.picturesOf(preview(request)),
		costOf: async (request) => await costOfRow(costs, plan, request),
		unpriced: plan.unpriced ?? UNPRICED,
		prepare: async ([row = 0]) => {
			// An expression of the output that fails is found before anything is paid.
			readOutputOptions(context, row);
			const request = await read(row);
			const { callback } = preview(request).values;
			checkOwnCallback(session, PROMPT_MORE.callback.label, callback, isSuspended);
			return request;
		},
		finish: async (job, timing) => await driver.finish(job, timing),
		collect: async (row, job, prompt) => {
			const more = { ...aboutPrompt(job, columns(job)), ...workspaceWarning(job, prompt) };
			const items = await itemsOfPrompt(
				context,
				session,
				readOutputOptions(context, row),
				prompt,
				more,
			);
			onDelivered?.(job, items);
			return items;
		},
		taken: (_row, job) => [
			{ json: { ...idsOf(job), status: 'IN_QUEUE', ...aboutPrompt(job, columns(job)) } },
		],
		suspended: {
			idsOf: (job) => ({ ...idsOf(job), ...columns(job) }),
			orderOf: (row) => orderOf(readOutputOptions(context, row)),
			followed,
		},
	};
}

/**
 * The item of a prompt that was waited for by callback.
 *
 * @param more further columns
 */
export async function followedItem(
	store: FileStore,
	session: Pick<AstriaSession, 'door' | 'timing'>,
	job: PromptJob,
	prompt: Prompt,
	order: IDataObject,
	more: IDataObject = {},
): Promise<RowItem> {
	const columns = { ...aboutPrompt(job, more), ...workspaceWarning(job, prompt) };
	const options = orderedOutput(order);
	const [item = { json: {} }] = await itemsOfPrompt(store, session, options, prompt, columns);
	return item;
}

/** Prompts that somebody else has bought. */
export function followedPrompts(
	store: FileStore,
	session: AstriaSession,
): Followed<PromptJob, Prompt, RowItem> {
	return {
		...followPrompts(session.client),
		collect: async (job, prompt, order) => await followedItem(store, session, job, prompt, order),
	};
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
	const wait = readWait(context, session);
	const plan = promptPlan(context, session, wait.callback !== undefined, {
		driver: promptDriver(context, session, wait.callback?.address),
		read: async (row) => withChosenSeed(context, row, await read(row)),
		preview: (request) => request,
		followed: () => followedPrompts(context, session),
	});
	return await buyAndWait(context, session, wait, plan);
}
