import { setImmediate as nextTurn } from 'node:timers/promises';

import { systemClock } from '../../lib/time';

/** Something that happens at a moment of the node's clock. */
interface Alarm {
	/** Milliseconds since the epoch. */
	at: number;
	ring(): void;
}

/**
 * Turns of the event loop without work after which nothing is on its way any more. What is sent on
 * this machine is there with the next turn or two; a long answer needs one for each 64 KB of it.
 */
const CALM_TURNS = 100;

/** A clock that jumps. */
export interface JumpingClock {
	/** Milliseconds since the epoch. */
	now(): number;
	/**
	 * Forgets all that nobody waits for any more, the time limits of calls that have ended, and shows
	 * the machine's time again.
	 */
	reset(): void;
	/** Gives back the machine's clock. */
	restore(): void;
}

/**
 * Makes the node's clock, and the time limits of its calls, jump from one wait's end to the next:
 * whenever nothing is at work, nothing will happen until then. So the hours of a cell are over in
 * milliseconds, and what it does depends on no machine's speed.
 *
 * @param isAtWork whether somebody else is, whose work takes real time
 */
export function jumpOverWaits(isAtWork: () => boolean): JumpingClock {
	const { now, sleep } = systemClock;
	const timeLimit = AbortSignal.timeout;
	const alarms = new Set<Alarm>();
	let time = Date.now();
	let isWatched = false;
	/** Whether the machine's clock is back: nobody waits for this one any more. */
	let isOver = false;
	/** Whether somebody has just begun to wait: for a call, which is on its way then. */
	let hasBegun = false;

	async function calm(): Promise<void> {
		for (let turns = 0; turns < CALM_TURNS && !isOver; ) {
			await nextTurn();
			turns = isAtWork() || hasBegun ? 0 : turns + 1;
			hasBegun = false;
		}
	}

	async function watch(): Promise<void> {
		isWatched = true;
		for (;;) {
			await calm();
			const [first] = [...alarms].sort((one, other) => one.at - other.at);
			if (!first) break;
			alarms.delete(first);
			time = Math.max(time, first.at);
			first.ring();
		}
		isWatched = false;
	}

	function setAlarm(ms: number, ring: () => void): Alarm {
		const alarm = { at: time + ms, ring };
		alarms.add(alarm);
		hasBegun = true;
		if (!isWatched) void watch();
		return alarm;
	}

	systemClock.now = () => Math.floor(time);
	systemClock.sleep = async (ms, signal) => {
		if (signal?.aborted) return;
		await new Promise<void>((resolve) => {
			const end = () => {
				signal?.removeEventListener('abort', end);
				alarms.delete(alarm);
				resolve();
			};
			const alarm = setAlarm(ms, end);
			signal?.addEventListener('abort', end, { once: true });
		});
	};
	AbortSignal.timeout = (ms) => {
		const limit = new AbortController();
		setAlarm(ms, () => limit.abort(new DOMException('The time is over', 'TimeoutError')));
		return limit.signal;
	};

	return {
		now: () => systemClock.now(),
		reset() {
			alarms.clear();
			time = Date.now();
		},
		restore() {
			isOver = true;
			alarms.clear();
			Object.assign(systemClock, { now, sleep });
			AbortSignal.timeout = timeLimit;
		},
	};
}
