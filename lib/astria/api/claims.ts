import { StoppedError } from '../../errors';
import { untilAborted } from '../../time';
import { isInDoubt, UndecidedError } from './purchase';

/** A paid call, as far as it tells what it makes from what other calls make. */
export interface PaidCall {
	/** The same for two calls whose results look alike in Astria's lists. */
	likeness: string;
	/** The same for two calls only when they ask for the same, so that their results may be swapped. */
	content: string;
}

/**
 * Which of Astria's entities belongs to which row of a run. What a lost answer was about is looked
 * for in a list; there it must not be taken for what another row has, or is about to get.
 */
export class EntityClaims {
	/** By id, what the call that has it asked for. */
	private readonly owners = new Map<number, string>();
	/** Calls whose answers are still to come. */
	private readonly underWay = new Set<Promise<unknown>>();
	/** Calls whose answers were lost, and whose results have not been found. */
	private readonly lost: PaidCall[] = [];

	/** @returns whether nobody had it before */
	take(id: number, content: string): boolean {
		if (this.owners.has(id)) return false;
		this.owners.set(id, content);
		return true;
	}

	/** What the call that has it asked for; `undefined` when nobody has it. */
	ownerOf(id: number): string | undefined {
		return this.owners.get(id);
	}

	/**
	 * Sends a paid call; what its answer names belongs to it.
	 *
	 * @param idIn finds the id in the answer
	 * @throws what `send` throws
	 */
	async sending(
		asked: PaidCall,
		send: () => Promise<unknown>,
		idIn: (answer: unknown) => number | undefined,
	): Promise<unknown> {
		const pending = this.send(asked, send, idIn);
		this.underWay.add(pending);
		try {
			return await pending;
		} finally {
			this.underWay.delete(pending);
		}
	}

	/**
	 * Picks one of what was found for a lost answer, and takes it. It waits for the answers that are
	 * under way, since what they are about may be among the candidates.
	 *
	 * @param candidates the likeliest first
	 * @returns `undefined` when all of them belong to others
	 * @throws UndecidedError when it could as well be that of another lost answer which asked for
	 * something else; StoppedError
	 */
	async claim<T extends { id: number }>(
		asked: PaidCall,
		candidates: readonly T[],
		signal: AbortSignal | undefined,
	): Promise<T | undefined> {
		await untilAborted(Promise.allSettled(this.underWay), signal);
		if (signal?.aborted) throw stopped();
		const free = candidates.filter(({ id }) => !this.owners.has(id));
		const [found] = free;
		if (found === undefined) return undefined;
		const { likeness, content } = asked;
		const rivals = this.lost.filter((other) => other.likeness === likeness);
		if (rivals.some((other) => other.content !== content)) throw undecided(free);
		this.take(found.id, content);
		const own = this.lost.findIndex((other) => other.likeness === likeness);
		if (own >= 0) this.lost.splice(own, 1);
		return found;
	}

	private async send(
		asked: PaidCall,
		send: () => Promise<unknown>,
		idIn: (answer: unknown) => number | undefined,
	): Promise<unknown> {
		try {
			const answer = await send();
			const id = idIn(answer);
			if (id === undefined) this.lost.push(asked);
			else this.take(id, asked.content);
			return answer;
		} catch (error) {
			if (isInDoubt(error)) this.lost.push(asked);
			throw error;
		}
	}
}

function stopped(): StoppedError {
	return new StoppedError('The execution was stopped while Astria was asked.', {
		stage: 'submit',
		retryable: true,
		charged: 'unknown',
	});
}

function undecided(candidates: ReadonlyArray<{ id: number }>): UndecidedError {
	const ids = candidates.map(({ id }) => String(id));
	return new UndecidedError(
		`Astria has ${ids.join(', ')}: they look alike, answers of several rows were lost, and nobody can say which is whose.`,
		{
			stage: 'submit',
			retryable: false,
			charged: 'unknown',
			candidateIds: ids,
		},
	);
}
