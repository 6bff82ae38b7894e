/**
 * Whether the stand-in services are at work, or only wait for somebody: for the end of a job, for a
 * caller to hang up. A test whose clock jumps over every wait must not jump while they work.
 */
export class Activity {
	private working = 0;

	/** Whether a call is being worked on. */
	get isAtWork(): boolean {
		return this.working > 0;
	}

	/** Counts as work until it has ended. */
	async during<T>(work: () => Promise<T>): Promise<T> {
		this.working += 1;
		try {
			return await work();
		} finally {
			this.working -= 1;
		}
	}

	/** Waits in the middle of work for something that others bring about, and is at rest meanwhile. */
	async resting<T>(wait: Promise<T>): Promise<T> {
		this.working -= 1;
		try {
			return await wait;
		} finally {
			this.working += 1;
		}
	}
}
