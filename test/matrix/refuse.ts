import http from 'node:http';

/** A port of this machine on which nobody listens: Node's tests use it for the same. */
const NOBODY = 1;

/** Calls that are to reach nobody. */
export interface Refusals {
	/** Refuses so many of the coming calls that match `METHOD /path?query`. */
	add(on: RegExp, times: number): void;
	/** How many were refused since the last `clear`. */
	met(): number;
	clear(): void;
	/** Lets every call through again. */
	restore(): void;
}

function isOptions(value: unknown): value is http.RequestOptions {
	return typeof value === 'object' && value !== null && !(value instanceof URL);
}

/**
 * Lets single calls of this process go to a port without a listener, where the system refuses the
 * connection: a stand-in that listens cannot, since the system takes connections in its name.
 */
export function refuseConnections(): Refusals {
	const { request } = http;
	let wanted: Array<{ on: RegExp; left: number }> = [];
	let met = 0;

	function isRefused({ method = 'GET', path = '/' }: http.RequestOptions): boolean {
		const entry = wanted.find(({ on, left }) => left > 0 && on.test(`${method} ${path}`));
		if (entry) {
			entry.left -= 1;
			met += 1;
		}
		return entry !== undefined;
	}

	const diverted = (first: unknown, ...rest: unknown[]): unknown => {
		const goesThrough = !isOptions(first) || !isRefused(first);
		// A connection that is kept open would be used again.
		const target = goesThrough ? first : { ...first, port: NOBODY, agent: new http.Agent() };
		return Reflect.apply(request, http, [target, ...rest]);
	};
	Object.assign(http, { request: diverted });

	return {
		add: (on, times) => wanted.push({ on, left: times }),
		met: () => met,
		clear() {
			wanted = [];
			met = 0;
		},
		restore() {
			Object.assign(http, { request });
		},
	};
}
