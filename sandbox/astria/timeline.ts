/** Something that happens to a tune or prompt, this long after the one before it. */
export interface Step {
	afterMs: number;
	work: () => void | Promise<void>;
}

interface Entry {
	steps: Step[];
	timer: NodeJS.Timeout | undefined;
	/** Steps run one after another, whether their time came or somebody could not wait. */
	running: Promise<void>;
	/** Somebody could not wait: no more timers for this one. */
	settling: boolean;
}

/** What is still to happen to each tune and prompt. Closing it leaves no timer behind. */
export class Timeline {
	private readonly entries = new Map<number, Entry>();
	private closed = false;

	/** Whether anything is still to happen. */
	get isAtWork(): boolean {
		return this.entries.size > 0;
	}

	/** Plans the steps of a tune or prompt; each waits for the one before it. */
	plan(id: number, steps: Step[]): void {
		if (this.closed) return;
		const running = Promise.resolve();
		const entry: Entry = { steps: [...steps], timer: undefined, running, settling: false };
		this.entries.set(id, entry);
		this.wait(id, entry);
	}

	/**
	 * Runs all remaining steps of an id now, in order. Does nothing when there are none.
	 * @throws what a step throws
	 */
	async settle(id: number): Promise<void> {
		const entry = this.entries.get(id);
		if (entry === undefined) return;
		entry.settling = true;
		clearTimeout(entry.timer);
		await entry.running;
		while (this.entries.get(id) === entry && entry.steps.length > 0) await this.advance(entry);
		this.forget(id, entry);
	}

	/** Forgets what was planned for an id, for example because it was deleted. */
	drop(id: number): void {
		clearTimeout(this.entries.get(id)?.timer);
		this.entries.delete(id);
	}

	/** Cancels everything, and waits for the step that is running. */
	async close(): Promise<void> {
		this.closed = true;
		const running = [...this.entries.values()].map((entry) => entry.running);
		for (const id of [...this.entries.keys()]) this.drop(id);
		await Promise.allSettled(running);
	}

	private advance(entry: Entry): Promise<void> {
		const step = entry.steps.shift();
		if (step !== undefined) entry.running = entry.running.then(() => step.work());
		return entry.running;
	}

	private wait(id: number, entry: Entry): void {
		if (entry.settling) return;
		const [next] = entry.steps;
		if (next === undefined) {
			this.forget(id, entry);
			return;
		}
		entry.timer = setTimeout(() => {
			void this.advance(entry).then(() => {
				if (this.entries.get(id) === entry) this.wait(id, entry);
			});
		}, next.afterMs);
	}

	private forget(id: number, entry: Entry): void {
		if (this.entries.get(id) === entry) this.entries.delete(id);
	}
}
