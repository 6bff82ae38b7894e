import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import type { JobDriver } from '../../jobs/driver';
import { stoppedError, type Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import type { Params } from '../api/encode';
import { ASTRIA } from '../api/errors';
import { costOf, idOf, isObject, numberOf, textOf, timeOf, type JsonObject } from '../api/json';
import { buyOnce } from '../api/purchase';

/** A run of a pack on tunes that exist. */
export interface PackRunRequest {
	/** Address of the run. */
	path: string;
	tuneIds: readonly number[];
	/** By API name, `tune_ids` included. */
	fields: Params;
}

/** What Astria has taken; a type and not an interface, so that n8n can store it as JSON. */
export type PackRunJob = {
	tuneIds: number[];
	orderId?: number;
	promptIds: number[];
	/** US dollars. */
	cost?: number;
	message?: string;
	/** Whether its answer was lost and its prompts were found by their tunes. */
	recovered: boolean;
};

/** How many of the newest prompts are looked at after a lost answer. */
const NEWEST = 120;

/** Milliseconds that `created_at`, which may be rounded to seconds, is allowed to be early. */
const ROUNDING = 1_000;

function numbersOf(value: unknown): number[] {
	return Array.isArray(value) ? value.map(numberOf).filter((id) => id !== undefined) : [];
}

/** Astria answers with the order and its prompts, or with a message alone. */
function readRun(answer: unknown, tuneIds: readonly number[]): PackRunJob | undefined {
	if (!isObject(answer)) return undefined;
	const order = isObject(answer.order) ? answer.order : {};
	const orderId = idOf(order);
	const message = textOf(answer.message);
	const promptIds = numbersOf(answer.prompt_ids);
	if (orderId === undefined && message === undefined && promptIds.length === 0) return undefined;
	const cost = costOf({ cost_mc: order.total_cost_mc });
	return {
		tuneIds: [...tuneIds],
		...(orderId !== undefined && { orderId }),
		promptIds,
		...(cost !== undefined && { cost }),
		...(message !== undefined && { message }),
		recovered: false,
	};
}

/** Whether a prompt runs on one of the tunes: under it, or with its token in the text. */
function isOf(prompt: JsonObject, tuneIds: readonly number[]): boolean {
	const under = numberOf(prompt.tune_id);
	const text = textOf(prompt.text) ?? '';
	return tuneIds.some((id) => id === under || text.includes(`:${id}:`));
}

/** Runs of packs on tunes that exist: they make prompts and no tune. */
export class PackRunDriver implements JobDriver<PackRunRequest, PackRunJob> {
	readonly service = ASTRIA;
	readonly noun = 'Order';
	/** Prompts that runs of this node have been given: none of them is another's lost answer. */
	private readonly given = new Set<number>();
	/** One call at a time, so that a lost answer's prompts are told from those of another call. */
	private readonly queue = pLimit(1);

	constructor(private readonly client: AstriaClient) {}

	fingerprint({ path, fields }: PackRunRequest): string {
		return createHash('sha256')
			.update(JSON.stringify([path, fields]))
			.digest('hex');
	}

	async submit(request: PackRunRequest, timing: Timing): Promise<PackRunJob> {
		return await this.queue(async () => {
			if (timing.signal?.aborted) throw stoppedError(timing.signal);
			return await this.buy(request, timing);
		});
	}

	revive({
		tuneIds,
		orderId,
		promptIds,
		cost,
		message,
		recovered,
	}: IDataObject): PackRunJob | undefined {
		if (!Array.isArray(promptIds)) return undefined;
		return {
			tuneIds: numbersOf(tuneIds),
			...(typeof orderId === 'number' && { orderId }),
			promptIds: numbersOf(promptIds),
			...(typeof cost === 'number' && { cost }),
			...(typeof message === 'string' && { message }),
			recovered: recovered === true,
		};
	}

	async finish(job: PackRunJob): Promise<PackRunJob> {
		return job;
	}

	chargeOf(): 'yes' {
		return 'yes';
	}

	hasStarted(): boolean {
		return true;
	}

	idOf({ tuneIds, orderId }: PackRunJob): string {
		return orderId === undefined ? `on tunes ${tuneIds.join(', ')}` : String(orderId);
	}

	private async buy(
		{ path, tuneIds, fields }: PackRunRequest,
		timing: Timing,
	): Promise<PackRunJob> {
		const { thing, recovered } = await buyOnce(timing, {
			what: 'pictures of this run',
			send: async () =>
				await this.client.call({ method: 'POST', path, body: { tune: fields }, stage: 'submit' }),
			read: (answer) => readRun(answer, tuneIds),
			find: async (sentAt) => await this.find(tuneIds, sentAt),
			cure: 'Look at the prompts of your tunes at astria.ai before you run this row again.',
		});
		thing.promptIds.forEach((id) => this.given.add(id));
		return { ...thing, recovered };
	}

	private async find(tuneIds: readonly number[], sentAt: number): Promise<PackRunJob | undefined> {
		const query = { limit: NEWEST };
		const answer = await this.client.readOnce({ path: '/prompts', query }, 'submit');
		const since = this.client.astriaTime(sentAt) - ROUNDING;
		const prompts = (Array.isArray(answer) ? answer : []).filter(isObject).filter((prompt) => {
			const created = timeOf(prompt.created_at);
			const id = idOf(prompt);
			const isNew = created !== undefined && created >= since;
			return isNew && id !== undefined && !this.given.has(id) && isOf(prompt, tuneIds);
		});
		if (prompts.length === 0) return undefined;
		const orderId = numberOf(prompts[0]?.order_id);
		return {
			tuneIds: [...tuneIds],
			...(orderId !== undefined && { orderId }),
			promptIds: prompts.map(idOf).filter((id) => id !== undefined),
			recovered: true,
		};
	}
}
