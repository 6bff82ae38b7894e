import type { Sandbox } from '../../sandbox/index';

/**
 * The moment at which a stand-in service gets a call: it is at work on it, and its answer is still
 * to come. `atCall(sandbox, /POST/, 2).then(stop)` stops at the second POST.
 *
 * @param pattern is matched against `METHOD /path`
 * @param nth which of the calls that match, from now on; the first is 1
 */
export async function atCall(sandbox: Sandbox, pattern: RegExp, nth = 1): Promise<void> {
	const { calls } = sandbox;
	const push = calls.push.bind(calls);
	let met = 0;
	await new Promise<void>((resolve) => {
		calls.push = (...added) => {
			met += added.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;
			if (met >= nth) resolve();
			return push(...added);
		};
	});
}
