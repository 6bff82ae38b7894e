/** So many places, given out in the order in which they were asked for. */
export class Places {
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
