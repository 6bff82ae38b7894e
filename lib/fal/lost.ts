import { UnknownOutcomeError } from '../errors';
import { Claims } from '../jobs/memory';
import type { JsonObject } from '../json';
import {
	type Clock,
	firstPause,
	forkSignal,
	mayPass,
	nextPause,
	pauseAskedFor,
	type PollSchedule,
	type Timing,
} from '../time';
import { type FalClient, requestKey } from './client';
import { FalAnswerError } from './errors';
import { type History, type HistoryEntry, readHistory } from './history';

/**
 * The jobs of this process: n8n runs workflows side by side in it. What another process has bought
 * in the same seconds cannot be known, and need not: see {@link LostSubmits}.
 */
export const CLAIMS = new Claims<string>();

/** A request that was sent, and nobody knows whether fal took it: its answer is lost. */
export class LostAnswerError extends UnknownOutcomeError {
	/**
	 * @param reason a sentence that goes on from "The request was sent, but"
	 * @param sentAt milliseconds since the epoch, by this machine's clock
	 * @param lostAt the same, of the moment at which its answer was given up
	 */
	constructor(
		reason: string,
		readonly sentAt: number,
		readonly lostAt: number,
		statusCode?: number,
	) {
		super(
			`The request was sent, but ${reason} It is unknown whether fal took it, so it was not sent again and may be charged.`,
			{
				stage: 'submit',
				retryable: false,
				charged: 'unknown',
				statusCode,
			},
		);
	}
}

/** A submit whose answer was lost. */
export interface LostSubmit extends Pick<LostAnswerError, 'sentAt' | 'lostAt'> {
	endpointId: string;
	/** What was sent. */
	input: Readonly<JsonObject>;
	/** Milliseconds after the submit for which the row may last. */
	maxWaitMs: number;
	/** Ends the look-up at once. */
	signal?: AbortSignal;
}

/** What became of it: its job, or in whole sentences what was looked for in vain. */
type SearchEnd = { job: HistoryEntry } | { missing: string };

/**
 * Milliseconds after its submit in which a job must have ended, and be listed, since a job that
 * runs may be missing from the list. FASHN works up to 17 s on a picture. The last of 40 rows in
 * flight, as is usual, waits for 20 times that on the two jobs at once of a new account, which is not
 * quite six minutes. fal itself tries up to ten times (fal.ai docs, Queue), which is three minutes
 * more. The tenth minute is for a busy day.
 */
const LOOK_FOR_MS = 10 * 60_000;

/**
 * Milliseconds after the loss for which there is a look in any case. A call may time out when the
 * row's Max Wait is over already; a job that is found then is cancelled, and its id told.
 */
const LEAST_MS = 5_000;

/** Where the look-up begins, before the submit: fal's clock may be another; milliseconds. */
const WINDOW_MS = 2 * 60_000;

/**
 * How far two clocks of fal may be apart, that of its history and that of its answers' heads, and
 * what rounding to a second takes off; milliseconds.
 */
const CLOCK_SKEW_MS = 2_000;

/** A gateway may have given up on a call long before fal takes it; milliseconds. */
const LATE_MS = 2 * 60_000;

const MOST_NAMED = 5;

/** The first look is for what is listed while it runs; a picture takes five seconds and more. */
const SCHEDULE: PollSchedule = {
	firstMs: 2_000,
	intervalMs: 2_500,
	growAfterMs: 20_000,
	growth: 1.5,
	longestMs: 30_000,
};

/** One look-up that is under way. */
class Search {
	readonly key: string;
	readonly inputBytes: number;
	/** What fal's clock showed at the submit, and when its request can have been taken. */
	private time?: { sent: number; from: number; until: number };
	/** Requests of that time whose input fal does not show. */
	private withheld: string[] = [];

	constructor(
		readonly lost: LostSubmit,
		readonly end: (finding: SearchEnd) => void,
	) {
		const { endpointId, input } = lost;
		this.key = requestKey(endpointId, input);
		this.inputBytes = JSON.stringify(input).length;
	}

	/** Milliseconds since the epoch, by fal's clock, as far as it is known. */
	get since(): number {
		return (this.time?.sent ?? this.lost.sentAt) - WINDOW_MS;
	}

	/** Its clock is compared with fal's at the first look, right after the loss, and not again. */
	learnTime(ahead: number | undefined): void {
		const { sentAt, lostAt } = this.lost;
		const sent = sentAt + (ahead ?? 0);
		const early = ahead === undefined ? WINDOW_MS : CLOCK_SKEW_MS;
		this.time ??= { sent, from: sent - early, until: lostAt + (ahead ?? 0) + LATE_MS };
	}

	/**
	 * Whether a request of that time asks for the same. What was sent before ours began, or long after
	 * it was lost, is somebody else's: an earlier execution's, or another workflow's.
	 */
	private isInTime({ sentAt }: HistoryEntry): boolean {
		return this.time !== undefined && sentAt >= this.time.from && sentAt <= this.time.until;
	}

	private distance({ sentAt }: HistoryEntry): number {
		return Math.abs(sentAt - (this.time?.sent ?? 0));
	}

	/**
	 * Ends the look-up when the job is there.
	 *
	 * What is left to chance: another process may have sent the same request within these seconds,
	 * without our knowing its id. Then the row gets that request's pictures. They were made of the same
	 * input for the same account, and its own job, if there is one, is paid for in any case: nothing is
	 * bought twice, and nothing shown that the row did not ask for. Only a Stop of this row may then
	 * cancel the other's job, if it has not even started.
	 */
	judge(entries: readonly HistoryEntry[], claims: Claims<string>): void {
		const free = entries.filter((entry) => this.isInTime(entry) && !claims.has(entry.requestId));
		this.withheld = free.filter(({ key }) => key === undefined).map(({ requestId }) => requestId);
		// One that is under way may be the owner of what is shown.
		if (claims.isUnderWay(this.key)) return;
		const [job] = free
			.filter(({ key }) => key === this.key)
			.sort((one, other) => this.distance(one) - this.distance(other));
		if (!job) return;
		claims.take(job.requestId);
		this.end({ job });
	}

	/** What was looked for. */
	inVain(): string {
		if (!this.time) return "fal's request history could not be read in that time.";
		const { endpointId } = this.lost;
		const at = new Date(this.time.sent).toISOString();
		const some = this.withheld.slice(0, MOST_NAMED).join(', ');
		const hidden =
			some && ` It may be one of those whose input fal does not show, such as ${some}.`;
		return `fal's request history shows no request of ${endpointId} with this input, sent at about ${at}, that is not another row's.${hidden}`;
	}
}

/** The look-ups of one endpoint, with the calls of one. */
class EndpointWatch {
	private readonly searches = new Set<Search>();
	private nextLook = 0;
	private interval = SCHEDULE.intervalMs;
	private failures = 0;
	private running = false;
	/** Ends the pause between two looks. */
	private wake = new AbortController();
	/** Ends the calls of the look that is under way. */
	private calls = new AbortController();

	constructor(
		private readonly clock: Clock,
		private readonly claims: Claims<string>,
		private readonly read: (
			timing: Timing,
			range: { since: number; inputBytes: number },
		) => Promise<History>,
	) {}

	add(search: Search): void {
		this.searches.add(search);
		const now = this.clock.now();
		const first = now + firstPause(SCHEDULE, now - search.lost.sentAt);
		this.interval = SCHEDULE.intervalMs;
		this.nextLook = this.running ? Math.min(this.nextLook, first) : first;
		if (this.running) this.wakeUp();
		else void this.run();
	}

	remove(search: Search): void {
		this.searches.delete(search);
		if (this.searches.size > 0) return;
		this.wakeUp();
		this.calls.abort();
	}

	private wakeUp(): void {
		this.wake.abort();
		this.wake = new AbortController();
	}

	private async run(): Promise<void> {
		this.running = true;
		while (this.searches.size > 0) {
			const pause = this.nextLook - this.clock.now();
			if (pause > 0) await this.clock.sleep(pause, this.wake.signal);
			else await this.look();
		}
		this.running = false;
	}

	/** A failure that may pass only makes the next pause another. */
	private async look(): Promise<void> {
		const { clock, claims } = this;
		const searches = [...this.searches];
		this.calls = new AbortController();
		const { signal } = this.calls;
		const range = {
			since: Math.min(...searches.map(({ since }) => since)),
			inputBytes: Math.max(...searches.map(({ inputBytes }) => inputBytes)),
		};
		let hint: number | undefined;
		try {
			const { entries, ahead } = await this.read({ clock, signal }, range);
			for (const search of searches) {
				search.learnTime(ahead);
				if (this.searches.has(search)) search.judge(entries, claims);
			}
			this.failures = 0;
		} catch (error) {
			if (signal.aborted) return;
			this.failures += 1;
			if (error instanceof FalAnswerError && !mayPass(error)) {
				for (const search of searches) search.end(refusedBy(error));
			}
			hint = pauseAskedFor(error, clock.now());
		}
		const latest = Math.max(...searches.map(({ lost }) => lost.sentAt));
		const next = nextPause(SCHEDULE, this.interval, clock.now() - latest, this.failures);
		this.interval = next.interval;
		this.nextLook = clock.now() + (hint ?? next.ms);
	}
}

function refusedBy({ status }: FalAnswerError): SearchEnd {
	return {
		missing: `fal does not show its request history to this key (status ${status}), so that the request was not looked for there.`,
	};
}

/**
 * Looks for the jobs of submits whose answers were lost, in fal's request history: at growing
 * intervals, until such a job must have ended.
 */
export class LostSubmits {
	private readonly watches = new Map<string, EndpointWatch>();

	constructor(
		private readonly client: FalClient,
		private readonly clock: Clock,
		private readonly claims: Claims<string>,
	) {}

	/** Ends with what is known; a failed call never ends it, unless fal does not let us ask. */
	async find(lost: LostSubmit): Promise<SearchEnd> {
		const { endpointId, sentAt, lostAt, maxWaitMs } = lost;
		const signal = forkSignal(lost.signal);
		if (signal?.aborted) return stopped(signal);
		const deadline = Math.max(sentAt + Math.min(maxWaitMs, LOOK_FOR_MS), lostAt + LEAST_MS);
		const watch = this.watchOf(endpointId);
		const over = new AbortController();
		return await new Promise<SearchEnd>((resolve) => {
			const end = (finding: SearchEnd) => {
				signal?.removeEventListener('abort', onStop);
				watch.remove(search);
				over.abort();
				resolve(finding);
			};
			const onStop = () => end(stopped(signal));
			const search = new Search(lost, end);
			signal?.addEventListener('abort', onStop, { once: true });
			watch.add(search);
			void this.clock.sleep(deadline - this.clock.now(), over.signal).then(() => {
				if (!over.signal.aborted) end({ missing: search.inVain() });
			});
		});
	}

	private watchOf(endpointId: string): EndpointWatch {
		const { client, clock, claims } = this;
		const known = this.watches.get(endpointId);
		const watch =
			known ??
			new EndpointWatch(clock, claims, async (timing, range) =>
				readHistory(client, timing, { endpointId, ...range }),
			);
		this.watches.set(endpointId, watch);
		return watch;
	}
}

function stopped(signal: AbortSignal | undefined): SearchEnd {
	const reason: unknown = signal?.reason;
	const why = typeof reason === 'string' ? reason : 'The execution was stopped.';
	return { missing: `${why} It was no longer looked for in fal's request history.` };
}
