/** So many places, given out in the order in which they were asked for. */
class Places {
	private readonly waiting: Array<() => void> = [];

	constructor(private free: number) {}

	/** Takes a place, as soon as there is one. */
	async enter(): Promise<void> {
		if (this.free > 0) {
			this.free -= 1;
			return;
		}
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	/** Gives a place back: to who waits longest, if anybody does. */
	leave(): void {
		const next = this.waiting.shift();
		if (next) next();
		else this.free += 1;
	}
}

/** Where rows are: in a slot while their job is at the service, then at a desk while it is read. */
export class Slots {
	/** The service's own, as far as the user lets this run have them. */
	private readonly slots: Places;
	/** Of rows whose job is over: a slow line must not pile up more than it can fetch in time. */
	private readonly desks: Places;

	/** @param count of slots, and of desks */
	constructor(count: number) {
		this.slots = new Places(count);
		this.desks = new Places(count);
	}

	/**
	 * Does something in a slot, which it may leave for a desk before it is done. A slot that finds no
	 * desk free is kept until then, so that no more is bought than can be read.
	 */
	async inSlot<T>(work: (leave: () => Promise<void>) => Promise<T>): Promise<T> {
		let place = this.slots;
		await place.enter();
		const leave = async () => {
			if (place === this.desks) return;
			await this.desks.enter();
			place.leave();
			place = this.desks;
		};
		try {
			return await work(leave);
		} finally {
			place.leave();
		}
	}
}
