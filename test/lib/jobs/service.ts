import type { IDataObject } from 'n8n-workflow';

import {
	type Charged,
	ConnectionError,
	type ErrorDetails,
	JobFailedError,
	MaxWaitError,
	ServiceError,
	TryOnError,
	UnknownOutcomeError,
} from '../../../lib/errors';
import type { Batch, CancelOutcome, JobDriver } from '../../../lib/jobs/driver';
import { SubmitMemory } from '../../../lib/jobs/memory';
import { TestClock } from '../clock';

export type Job = { id: string };

const DETAILS: ErrorDetails = { stage: 'result', retryable: false, charged: 'no' };

/** Where a purchase goes wrong, and with what. */
interface Fate {
	submit?: () => unknown;
	finish?: () => unknown;
	collect?: () => unknown;
}

/** What may become of a row's purchase. */
export const FATES = {
	done: {},
	refused: { submit: () => new ServiceError('no', { ...DETAILS, stage: 'submit' }) },
	'key refused': {
		submit: () =>
			new ServiceError('The key is wrong.', {
				stage: 'submit',
				retryable: false,
				charged: 'no',
				ofAccount: true,
				cure: 'Copy it.',
				statusCode: 401,
			}),
	},
	unknown: {
		submit: () => new UnknownOutcomeError('?', { ...DETAILS, stage: 'submit', charged: 'unknown' }),
	},
	'a part was bought': {
		submit: () => new TryOnError('half', { ...DETAILS, charged: 'yes', requestId: 'part-1' }),
	},
	unforeseen: { submit: () => new TypeError('x is no function') },
	failed: {
		finish: () =>
			new JobFailedError('bad content', { ...DETAILS, charged: 'unknown', retryable: true }),
	},
	'failed for good': { finish: () => new JobFailedError('no face', { ...DETAILS }) },
	'failed free': {
		finish: () => new JobFailedError('broken machine', { ...DETAILS, retryable: true }),
	},
	late: { finish: () => new MaxWaitError('The job was not finished', 60_000) },
	unread: {
		finish: () => new ConnectionError('The line broke.', { ...DETAILS, retryable: true }, true),
	},
	'not put out': { collect: () => new RangeError('The disk is full.') },
} satisfies Record<string, Fate>;

export type Event = keyof typeof FATES;

/** What the service did not take. */
export const REFUSALS = new Set<Event>(['refused', 'key refused']);

function throwIf(error: (() => unknown) | undefined): void {
	if (error) throw error();
}

/** A service that does to each row what its script says, one event a purchase. */
export class Service implements JobDriver<number, Job> {
	readonly service = 'Test';
	noun?: string;
	/** The rows of all purchases, in their order. */
	readonly submits: number[] = [];
	readonly cancels: string[] = [];
	/** What a wish to cancel leads to. */
	cancelling: CancelOutcome | Error = { status: 'TOO_LATE', cancelled: false };
	started = true;
	private readonly script: Event[][];
	private readonly fates = new Map<string, Fate>();

	constructor(script: ReadonlyArray<readonly Event[]>) {
		this.script = script.map((events) => [...events]);
	}

	fingerprint(row: number): string {
		return `row ${row.toFixed()}`;
	}

	async submit(row: number): Promise<Job> {
		const event = this.script[row]?.shift() ?? 'done';
		const fate: Fate = FATES[event];
		if (!REFUSALS.has(event)) this.submits.push(row);
		throwIf(fate.submit);
		const id = `job-${this.submits.length}`;
		this.fates.set(id, fate);
		return { id };
	}

	revive(stored: IDataObject): Job | undefined {
		return typeof stored.id === 'string' ? { id: stored.id } : undefined;
	}

	async finish({ id }: Job): Promise<string> {
		throwIf(this.fates.get(id)?.finish);
		return `picture of ${id}`;
	}

	async collect({ id }: Job, result: string): Promise<string> {
		throwIf(this.fates.get(id)?.collect);
		return result;
	}

	async cancel({ id }: Job): Promise<CancelOutcome> {
		this.cancels.push(id);
		if (this.cancelling instanceof Error) throw this.cancelling;
		return this.cancelling;
	}

	chargeOf?(job: Job): Charged;

	maySubmitAgain?(error: TryOnError): boolean;

	hasStarted(): boolean {
		return this.started;
	}

	idOf({ id }: Job): string {
		return id;
	}
}

export type TestBatch = Batch<number, Job, string, string>;

/** What stands in n8n's place: a context that outlives the tries of an execution. */
export interface Run {
	/** As n8n keeps it between two tries: as JSON. */
	context?: IDataObject;
	execution?: string;
	run?: number;
	call?: string;
}

/** All rows of a service's script, as one try of a node has them. */
export function batchOf(
	service: Service,
	rows: number,
	{ context = {}, execution = '1', run = 0, call }: Run = {},
): TestBatch {
	const stored: IDataObject = JSON.parse(JSON.stringify(context));
	Object.assign(context, stored);
	return {
		rows: Array.from({ length: rows }, (_, row) => row),
		driver: service,
		memory: new SubmitMemory(context, { execution, run, call }),
		nameOf: (row) => `row ${row + 1}`,
		onTaken: () => {},
		timing: { clock: new TestClock() },
		jobsInFlight: 3,
		onError: 'continue',
		prepare: async (row) => row,
		finish: async (job) => await service.finish(job),
		collect: async (_row, job, result) => await service.collect(job, result),
	};
}
