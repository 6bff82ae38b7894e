import { FalApi } from '../../../../credentials/FalApi.credentials';
import { forgetKeys } from '../../../../lib/fal/callback';
import { forgetKnocks } from '../../../../lib/jobs/knocks';
import { FashnTryOnTrigger } from '../../../../nodes/Fal/FashnTryOnTrigger/FashnTryOnTrigger.node';
import type { SandboxOptions } from '../../../../sandbox/index';
import { until } from '../../../engine/clock';
import { jsonOf, type Parameters } from '../../../engine/items';
import { type LiveTrigger, publishTrigger, type TriggerSetup } from '../../../engine/webhook';
import { type Bed as NodeBed, makeBed as makeNodeBed } from '../FashnTryOn/bed';

/** A sandbox that calls addresses of this machine, the node that submits, and triggers. */
export interface Bed extends NodeBed {
	/** Publishes a trigger, as a workflow of its own. */
	publish(
		parameters?: Parameters,
		more?: Partial<Omit<TriggerSetup, 'parameters'>>,
	): Promise<LiveTrigger>;
	/** Submits a job that calls a trigger at its end. @returns its id */
	submit(trigger: Pick<LiveTrigger, 'url'>, parameters?: Parameters): Promise<string>;
	close(): Promise<void>;
}

/** Starts all of it as after a start of n8n. */
export async function makeBed(options: SandboxOptions = {}): Promise<Bed> {
	forgetKeys();
	forgetKnocks();
	const fal = { historyDelayMs: 0, loopbackWebhooks: true, webhookRetryMs: 50, ...options.fal };
	const bed = await makeNodeBed({ ...options, fal });
	const triggers: LiveTrigger[] = [];
	const { sandbox } = bed;
	const credential = {
		type: 'falApi',
		credentialType: new FalApi(),
		data: { apiKey: sandbox.fal.key, baseUrl: sandbox.fal.url },
	};
	return {
		...bed,
		async publish(parameters = {}, more = {}) {
			const trigger = await publishTrigger({
				nodeType: new FashnTryOnTrigger(),
				credential,
				parameters,
				workflowId: `w${triggers.length}`,
				...more,
			});
			triggers.push(trigger);
			return trigger;
		},
		async submit({ url }, parameters = {}) {
			const options = { webhookUrl: url };
			const { outputs, error } = await bed.run([{}], {
				...parameters,
				operation: 'submit',
				options,
			});
			expect(error).toBeUndefined();
			return String(jsonOf(outputs[0])[0]?.requestId);
		},
		async close() {
			for (const trigger of triggers) await trigger.close();
			await sandbox.close();
		},
	};
}

/** Waits until fal has called so often. */
export async function calledTimes(trigger: LiveTrigger, times: number): Promise<void> {
	await until(() => trigger.calls.filter(({ status }) => status > 0).length >= times);
}
