import pLimit from 'p-limit';

import { outputItems } from '../host/execution';
import type { HostWorkflow } from '../host/workflow';
import { until } from '../host/wait';
import { callWebhook } from '../host/webhook';
import { AFTER, callbackWorkflow, WAITS } from '../host/callbackWorkflow';
import type { Cluster } from './cluster';
import type { Pictures } from './loads';

/** How many executions are to be started, each with so many rows. */
export interface Size {
	executions: number;
	rows: number;
}

/** An execution as PostgreSQL has it. */
export interface Stored {
	id: string;
	status: string;
	/** Milliseconds since the epoch. */
	created: number;
	/** The same; absent while it has not ended. */
	stopped?: number;
}

/** A row that came out at the end of the workflow. */
export interface RowOut {
	execution: string;
	/** Of the row that went in. */
	sku: unknown;
	requestId: unknown;
	/** Where n8n keeps its picture, such as `database:…`. */
	file?: string;
}

/** How many webhooks are called, or executions read, at once. */
const AT_ONCE = 8;

const ASK_EVERY_MS = 300;

/** Executions of one workflow, whose node is FASHN Try-On. */
export class Batch {
	private readonly since: number;

	private constructor(
		readonly cluster: Cluster,
		private readonly workflow: HostWorkflow,
		private readonly name: string,
	) {
		this.since = cluster.sandbox.fal.submits().length;
	}

	/**
	 * Stores and publishes the workflow.
	 *
	 * @param name also the path of its webhook
	 * @param parameters of the node, besides the two pictures
	 * @param type of the node, in place of FASHN Try-On
	 */
	static async open(
		cluster: Cluster,
		name: string,
		parameters: object,
		type = 'n8n-nodes-virtual-try-on.fashnTryOn',
	): Promise<Batch> {
		const node = {
			type,
			parameters: {
				model_image: '={{ $json.model }}',
				garment_image: '={{ $json.garment }}',
				additionalFields: { seed: '={{ $json.seed }}' },
				...parameters,
			},
			credentials: { falApi: { id: '', name: '' } },
		};
		const workflow = callbackWorkflow(name, node);
		const stored = await cluster.rest.importWorkflow(workflow, cluster.credentials);
		await cluster.rest.activate(stored);
		return new Batch(cluster, stored, name);
	}

	/** What the rows of an execution are called, counted from 0; each row has a seed of its own. */
	skus(execution: number, rows: number): string[] {
		return Array.from({ length: rows }, (_, row) => `${this.name}-${execution}-${row}`);
	}

	/**
	 * Starts executions by their webhook.
	 *
	 * @param from number of the first
	 * @throws Error when n8n takes one not
	 */
	async start({ executions, rows }: Size, pictures: Pictures, from = 0): Promise<void> {
		const limit = pLimit(AT_ONCE);
		await Promise.all(
			Array.from({ length: executions }, async (_, nth) =>
				limit(async () => {
					const seeds = (from + nth) * rows;
					const body = {
						rows: this.skus(from + nth, rows).map((sku, row) => ({
							...{ sku, seed: seeds + row },
							...pictures,
						})),
					};
					const { status } = await callWebhook(this.cluster.main, this.workflow, { body });
					if (status !== 200) throw new Error(`The webhook answered ${status}`);
				}),
			),
		);
	}

	/** All its executions, in the order in which they were started. */
	async executions(): Promise<Stored[]> {
		const ms = (column: string) => `(extract(epoch from "${column}") * 1000)::bigint`;
		const rows = await this.cluster.database.query(
			`select id, status, ${ms('createdAt')}, ${ms('stoppedAt')} from execution_entity ` +
				`where "workflowId" = '${this.workflow.id}' order by id`,
		);
		return rows.map(([id = '', status = '', created, stopped]) => ({
			...{ id, status, created: Number(created) },
			...(stopped ? { stopped: Number(stopped) } : {}),
		}));
	}

	/**
	 * Waits until so many of its executions are in a state.
	 *
	 * @param limitMs how long, in ms
	 * @throws Error with the states that they are in, when the time is up
	 */
	async untilThereAre(count: number, status: string, limitMs: number): Promise<Stored[]> {
		let last: Stored[] = [];
		try {
			return await until(`${count} × ${status}`, { limitMs, everyMs: ASK_EVERY_MS }, async () => {
				last = await this.executions();
				const there = last.filter((execution) => execution.status === status);
				return there.length >= count ? there : undefined;
			});
		} catch (error) {
			const states = [...new Set(last.map((execution) => execution.status))].map((state) => {
				const { length } = last.filter((execution) => execution.status === state);
				return `${length} × ${state}`;
			});
			const why = error instanceof Error ? error.message : String(error);
			throw new Error(`${why}; '${this.name}' has ${states.join(', ')}`, { cause: error });
		}
	}

	/** Everything that came out of its executions, each row in its place. */
	async rowsOut(): Promise<RowOut[]> {
		const limit = pLimit(AT_ONCE);
		const found = await Promise.all(
			(await this.executions()).map(async ({ id }) => limit(async () => this.rowsOf(id))),
		);
		return found.flat();
	}

	/** Submits that were bought since it was opened. */
	bought() {
		return this.cluster.sandbox.fal.submits().slice(this.since);
	}

	private async rowsOf(id: string): Promise<RowOut[]> {
		const execution = await this.cluster.rest.execution(id);
		const waited = outputItems(execution, WAITS);
		return outputItems(execution, AFTER).map(({ json }, nth) => ({
			...{ execution: id, sku: json.of, requestId: json.requestId },
			file: waited[nth]?.binary.data?.id,
		}));
	}
}
