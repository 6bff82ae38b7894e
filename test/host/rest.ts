import { type BinaryFile, type Execution, readExecution } from './execution';
import { asList, asRecord, stringAt } from './guards';
import type { N8nHost } from './n8n';
import { type Owner, Session } from './session';
import { until } from './wait';
import { callWebhook, type WebhookCall, webhookMethods } from './webhook';
import {
	isPublished,
	readNodeType,
	readWorkflow,
	type HostNodeType,
	type HostWorkflow,
	useCredentials,
	type WorkflowJson,
} from './workflow';

/** A credential that n8n keeps. */
export interface StoredCredential {
	id: string;
	name: string;
	type: string;
}

export interface CredentialTest {
	status: 'OK' | 'Error';
	message: string;
}

/** Publishing takes about 0.15 s. */
const LIVE_LIMITS = { limitMs: 15_000, everyMs: 50 };
const START_LIMITS = { limitMs: 15_000, everyMs: 50 };
const RUN_LIMIT_MS = 60_000;
const ASK_EVERY_MS = 100;
const ENDED = ['success', 'error', 'canceled', 'crashed'];

/** n8n's own interface, as its editor uses it. */
export class N8nRest {
	private constructor(
		readonly host: N8nHost,
		readonly session: Session,
	) {}

	/**
	 * Makes the owner of a new host, or logs in.
	 *
	 * @param owner default DEFAULT_OWNER
	 * @throws HostError when n8n refuses
	 */
	static async connect(host: N8nHost, owner?: Owner): Promise<N8nRest> {
		return new N8nRest(host, await Session.open(host, owner));
	}

	/** Stores a credential. */
	async createCredential(credential: {
		name: string;
		type: string;
		data: Record<string, unknown>;
	}): Promise<StoredCredential> {
		const made = asRecord(await this.session.data('POST', '/rest/credentials', credential));
		const { name, type } = credential;
		return { id: stringAt(made, 'id', 'A credential'), name, type };
	}

	/** Gives a credential another name. */
	async renameCredential(
		{ id, type }: StoredCredential,
		name: string,
		data: Record<string, unknown>,
	): Promise<void> {
		await this.session.data('PATCH', `/rest/credentials/${id}`, { name, type, data });
	}

	/** Runs the credential's own test, as the editor does after saving, with these data. */
	async testCredential(
		credential: StoredCredential & { data: Record<string, unknown> },
	): Promise<CredentialTest> {
		const body = { credentials: credential };
		const result = asRecord(await this.session.data('POST', '/rest/credentials/test', body));
		const status = stringAt(result, 'status', 'A credential test');
		if (status !== 'OK' && status !== 'Error') throw new Error(`A new test status: ${status}`);
		return { status, message: stringAt(result, 'message', 'A credential test') };
	}

	/**
	 * Stores a workflow as new.
	 *
	 * @param credentials take the place of those of the same type that the nodes name
	 */
	async importWorkflow(
		workflow: WorkflowJson,
		credentials: readonly StoredCredential[] = [],
	): Promise<HostWorkflow> {
		const body = {
			// n8n 1.x does not store a workflow without it.
			active: false,
			settings: { executionOrder: 'v1' },
			pinData: {},
			...useCredentials(workflow, credentials),
		};
		return readWorkflow(await this.session.data('POST', '/rest/workflows', body));
	}

	/**
	 * Publishes a workflow and waits until its triggers work and its Webhook nodes answer.
	 *
	 * @throws HostError or Error when n8n refuses, or a trigger fails
	 */
	async activate(workflow: HostWorkflow): Promise<void> {
		const path = `/rest/workflows/${workflow.id}`;
		const { versionId } = readWorkflow(await this.session.data('GET', path));
		await this.session.ask('POST', `${path}/activate`, { versionId });
		// n8n 1.x is done when it answers; later versions publish in the background.
		if (this.host.version !== '1.123.81') {
			await until(`'${workflow.name}' to be published`, LIVE_LIMITS, async () =>
				isPublished(await this.session.data('GET', `${path}/publication-status`)),
			);
		}
		for (const { path: webhook, method } of workflow.webhooks) {
			await until(`${method} /webhook/${webhook}`, LIVE_LIMITS, async () => {
				const methods = await webhookMethods(this.host, webhook);
				return methods.includes(method) ? true : undefined;
			});
		}
	}

	/** Unpublishes a workflow. */
	async deactivate(workflow: HostWorkflow): Promise<void> {
		await this.session.ask('POST', `/rest/workflows/${workflow.id}/deactivate`, {});
	}

	/**
	 * Starts a published workflow by its webhook. Starts of one workflow must not overlap: its
	 * newest execution is taken for the one that was started.
	 *
	 * @returns the execution's id
	 * @throws Error when the webhook answers with an error or no execution appears
	 */
	async runByWebhook(workflow: HostWorkflow, options: WebhookCall = {}): Promise<string> {
		const [before] = await this.executionIds(workflow);
		const answer = await callWebhook(this.host, workflow, options);
		const [after] = await this.executionIds(workflow);
		if (answer.status >= 400 && after === before) {
			throw new Error(`The webhook answered ${answer.status}: ${answer.bytes.toString()}`);
		}
		return await until(`an execution of '${workflow.name}'`, START_LIMITS, async () => {
			const [newest] = await this.executionIds(workflow);
			return newest === before ? undefined : newest;
		});
	}

	/**
	 * Runs a workflow as the editor's button does.
	 *
	 * @param trigger name of the trigger node
	 * @param destination name of the last node to run; default: all run
	 * @returns the execution's id
	 * @throws Error when the trigger waits for something outside, as a Webhook without pinned data
	 */
	async runManually(
		workflow: HostWorkflow,
		trigger: string,
		destination?: string,
	): Promise<string> {
		const path = `/rest/workflows/${workflow.id}`;
		const workflowData = await this.session.data('GET', path);
		const body = {
			workflowData,
			triggerToStartFrom: { name: trigger },
			...(destination ? { destinationNode: { nodeName: destination, mode: 'inclusive' } } : {}),
		};
		const started = asRecord(await this.session.data('POST', `${path}/run`, body));
		if (started.waitingForWebhook === true) throw new Error(`'${trigger}' waits for a call`);
		return stringAt(started, 'executionId', 'A manual run');
	}

	/** Ids of a workflow's executions, newest first, 20 at most. */
	async executionIds(workflow: HostWorkflow): Promise<string[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId: workflow.id }));
		const page = asRecord(
			await this.session.data('GET', `/rest/executions?filter=${filter}&limit=20`),
		);
		// Those that run or wait are listed apart from the finished ones by some versions.
		return asList(page.results)
			.map((execution) => String(asRecord(execution).id))
			.sort((one, other) => Number(other) - Number(one));
	}

	/** An execution as it is stored now. */
	async execution(id: string): Promise<Execution> {
		return readExecution(await this.session.data('GET', `/rest/executions/${id}`));
	}

	/**
	 * Waits for an execution.
	 *
	 * @param options `status`: the one to wait for, default any in which it has ended; `limitMs`:
	 * how long, in ms, default 60 000
	 * @throws Error when the time is up, or it ended in another status than the one waited for
	 */
	async waitForExecution(
		id: string,
		options: { status?: string; limitMs?: number } = {},
	): Promise<Execution> {
		const { status, limitMs = RUN_LIMIT_MS } = options;
		const what = `execution ${id} to ${status ? `be ${status}` : 'end'}`;
		return await until(what, { limitMs, everyMs: ASK_EVERY_MS }, async () => {
			const execution = await this.execution(id);
			const ended = ENDED.includes(execution.status);
			if (status === undefined ? ended : execution.status === status) return execution;
			if (!ended) return undefined;
			const why = execution.error ? `: ${execution.error.message}` : '';
			throw new Error(`Execution ${id} is ${execution.status}${why}`);
		});
	}

	/** Stops a running or waiting execution. */
	async stopExecution(id: string): Promise<void> {
		await this.session.ask('POST', `/rest/executions/${id}/stop`, {});
	}

	/** The bytes of an item's file. */
	async downloadBinary(file: BinaryFile): Promise<Buffer> {
		if (file.id === undefined) return Buffer.from(file.base64 ?? '', 'base64');
		const query = new URLSearchParams({ id: file.id, action: 'download' });
		return (await this.session.ask('GET', `/rest/binary-data?${query}`)).bytes;
	}

	/** All node types that n8n has loaded; one of several versions is listed once per version. */
	async nodeTypes(): Promise<HostNodeType[]> {
		return asList((await this.session.ask('GET', '/types/nodes.json')).body).map(readNodeType);
	}

	/** Names of all credential types that n8n has loaded. */
	async credentialTypes(): Promise<string[]> {
		const types = asList((await this.session.ask('GET', '/types/credentials.json')).body);
		return types.map((type) => stringAt(asRecord(type), 'name', 'A credential type'));
	}
}
