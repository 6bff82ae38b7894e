/** Milliseconds of the machine's time after which a cell hangs. */
const PATIENCE_MS = 20_000;

/** @throws Error when it does not end */
export async function withoutHanging<T>(work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const hanging = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error('The cell hangs')), PATIENCE_MS);
	});
	try {
		return await Promise.race([work, hanging]);
	} finally {
		clearTimeout(timer);
	}
}
