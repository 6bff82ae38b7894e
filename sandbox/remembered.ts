import { createHash } from 'node:crypto';

/** What names bytes in a key. */
export function digest(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('base64');
}

/**
 * Keeps what was made last, so that the same is not made again: many jobs are about the same two
 * pictures, and drawing is most of the stand-ins' work. A failure is kept as well.
 */
export class Remembered<T> {
	/** By key, the one that was asked for last at the end. */
	private readonly made = new Map<string, Promise<T>>();

	/** @param most how many things are kept */
	constructor(private readonly most: number) {}

	/** @param key names all that the thing is made from */
	async get(key: string, make: () => Promise<T>): Promise<T> {
		const thing = this.made.get(key) ?? make();
		this.made.delete(key);
		this.made.set(key, thing);
		const [oldest] = this.made.keys();
		if (this.made.size > this.most && oldest !== undefined) this.made.delete(oldest);
		return await thing;
	}

	/** Makes everything anew from now on. */
	forget(): void {
		this.made.clear();
	}
}
