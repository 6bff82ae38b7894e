import type { SandboxAnswer } from '../types';
import type { World } from './world';

type Clocked = Pick<World, 'settings'>;

/** The time by the stand-in's own clock, which may be ahead of this machine's or behind it. */
export function now({ settings }: Clocked): Date {
	return new Date(Date.now() + settings.clockSkewMs);
}

/** Milliseconds since a moment of the stand-in's clock; negative for one to come. */
export function ageMs(world: Clocked, moment: Date): number {
	return now(world).getTime() - moment.getTime();
}

/** Whether a moment of the stand-in's clock is there or over; null never comes. */
export function isPast(world: Clocked, moment: Date | null): boolean {
	return moment !== null && ageMs(world, moment) >= 0;
}

/** An answer that tells the time by the stand-in's clock, as any answer of a server does. */
export function dated(world: Clocked, answer: SandboxAnswer): SandboxAnswer {
	return {
		...answer,
		// Read when it is sent: the answer to unknown addresses is made once.
		get headers() {
			return { Date: now(world).toUTCString(), ...answer.headers };
		},
	};
}
