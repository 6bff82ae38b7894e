import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { createClient } from '../../../../lib/fal/client';
import { FalDriver, type FalRequest } from '../../../../lib/fal/driver';
import { FAL } from '../../../../lib/fal/errors';
import type { Submitted } from '../../../../lib/fal/submit';
import { Uploader, type UploadMemory } from '../../../../lib/fal/upload';
import { readField } from '../../../../lib/fields/coerce';
import { FAL_OPTIONS } from '../../../../lib/fal/fields/options';
import { RUN_OPTIONS } from '../../../../lib/fields/runOptions';
import type { JobDriver } from '../../../../lib/jobs/driver';
import { objectOf } from '../../../../lib/json';
import { checkMaxJobs } from '../../../../lib/jobs/limit';
import { runRows } from '../../../../lib/jobs/rows';
import { dryRows, inRowOrder } from '../../../shared/dryRun';
import { errorRow } from '../../../shared/errorRow';
import { runMemory, told } from '../../../shared/runMemory';
import type { Session } from '../../shared/session';
import { dryRun } from './dryRun';
import { readRequest } from './request';

/** Options that hold for all rows of a run. */
export interface RunOptions {
	jobsInFlight: number;
	/** Seconds. */
	maxWait: number;
	/** Seconds. */
	uploadLifetime: number;
	logs: boolean;
	dryRun: boolean;
	/** `undefined` means no limit. */
	maxJobs?: number;
}

/**
 * Reads the options; those that cannot differ between rows are those of the first row.
 *
 * @throws InputError
 */
export function readRunOptions(context: IExecuteFunctions, row = 0): RunOptions {
	const table = { ...FAL_OPTIONS, ...RUN_OPTIONS };
	const given = objectOf(context.getNodeParameter('options', row, {}));
	const read = (name: keyof typeof table) => readField(FAL, table[name], given[name]);
	const number = (name: 'jobsInFlight' | 'maxWait' | 'uploadLifetime') =>
		Number(read(name) ?? table[name].default);
	const maxJobs = read('maxJobs');
	return {
		jobsInFlight: number('jobsInFlight'),
		maxWait: number('maxWait'),
		uploadLifetime: number('uploadLifetime'),
		logs: read('logs') === true,
		dryRun: read('dryRun') === true,
		...(typeof maxJobs === 'number' && { maxJobs }),
	};
}

/** The driver of a run, with the uploads that earlier tries of this execution have made. */
export function createDriver(context: IExecuteFunctions, session: Session): FalDriver {
	const { door, origins, timing, memory } = session;
	const { maxWait, uploadLifetime, logs } = readRunOptions(context);
	const uploads: UploadMemory = objectOf(memory.uploads);
	Object.assign(memory, { uploads });
	return new FalDriver({
		door,
		origins,
		clock: timing.clock,
		logger: context.logger,
		uploader: new Uploader(createClient(door, origins), timing, uploadLifetime, uploads),
		maxWait: maxWait * 1000,
		logs,
	});
}

/**
 * Buys every row of the input, at most once each; or only checks them, when it is a dry run.
 *
 * @param collect makes the items of a row whose job is finished
 * @returns items and error rows in the order of the rows
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function buyRows<Result>(
	context: IExecuteFunctions,
	session: Session,
	driver: JobDriver<FalRequest, Submitted, Result>,
	collect: (row: number, job: Submitted, result: Result) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const { maxJobs, jobsInFlight } = readRunOptions(context);
	const { dry, paid: rows } = dryRows(context, (row) => readRunOptions(context, row).dryRun);
	checkMaxJobs(FAL, context.getInputData().length, maxJobs);
	const checked = dry.length > 0 ? await dryRun(context, session, jobsInFlight, dry) : [];
	const outcomes = await runRows({
		rows,
		driver,
		memory: runMemory(context, session.memory),
		...told(context, FAL, (row) => row),
		timing: session.timing,
		jobsInFlight,
		onError: context.continueOnFail() ? 'continue' : 'stop',
		prepare: async (row) => await readRequest(context, row),
		collect,
	});
	const bought = outcomes.flatMap((outcome) =>
		'error' in outcome ? [errorRow(context, outcome.row, outcome.error)] : outcome.output,
	);
	return inRowOrder([...checked, ...bought]);
}
