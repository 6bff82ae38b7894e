import type { IDataObject, INodeType } from 'n8n-workflow';

import { AstriaApi } from '../../../../credentials/AstriaApi.credentials';
import { forgetKnocks } from '../../../../lib/jobs/knocks';
import { forgetTold } from '../../../../lib/jobs/told';
import { AstriaCallbackTrigger } from '../../../../nodes/Astria/AstriaCallbackTrigger/AstriaCallbackTrigger.node';
import { AstriaTrigger } from '../../../../nodes/Astria/AstriaTrigger/AstriaTrigger.node';
import { forgetOwners } from '../../../../lib/astria/events/owner';
import { forgetLooks } from '../../../../nodes/Astria/AstriaTrigger/helpers/poll';
import type { Parameters } from '../../../engine/items';
import { type PolledTrigger, polledTrigger } from '../../../engine/poll';
import { type Beside, type LiveTrigger, publishTrigger } from '../../../engine/webhook';
import { type Bed as PromptBed, makeBed as makePromptBed } from '../AstriaPrompt/bed';
import type { BedOptions } from '../AstriaTune/bed';

/** So long that nothing ends unless a test says so. */
const NEVER_MS = 3_600_000;

/** A sandbox in which things end when they are told to, and triggers on it. */
export interface Bed extends PromptBed {
	/** @param stored what n8n has stored of the node from before */
	polled(
		parameters?: Parameters,
		mode?: 'trigger' | 'manual',
		stored?: IDataObject,
		beside?: Beside,
	): PolledTrigger;
	called(
		parameters?: Parameters,
		mode?: 'webhook' | 'manual',
		beside?: Beside,
	): Promise<LiveTrigger>;
	/** Starts a training. @returns the tune's id */
	training(fields?: Record<string, unknown>): Promise<number>;
	/** Lets tunes or prompts end, in this order. */
	end(...ids: number[]): Promise<void>;
	close(): Promise<void>;
}

/** The secret of the callback triggers. */
export const SECRET = 'k3J9v0qTz5';

/** Starts all of it as after a start of n8n. */
export async function makeBed(options: BedOptions = {}): Promise<Bed> {
	forgetKnocks();
	forgetTold();
	forgetLooks();
	forgetOwners();
	const astria = { generationMs: NEVER_MS, trainingMs: NEVER_MS, ...options.astria };
	const bed = await makePromptBed({ ...options, astria });
	const { sandbox, person } = bed;
	const setup = (nodeType: INodeType, parameters: Parameters) => ({
		nodeType,
		credential: {
			type: 'astriaApi',
			credentialType: new AstriaApi(),
			data: { apiKey: sandbox.astria.key, baseUrl: sandbox.astria.url },
		},
		parameters: { download: false, ...parameters },
		workflowId: 'w',
	});
	const live: LiveTrigger[] = [];
	return {
		...bed,
		polled: (parameters = {}, mode = 'trigger', stored = undefined, beside = undefined) =>
			polledTrigger({ ...setup(new AstriaTrigger(), parameters), mode, stored, beside }),
		async called(parameters = {}, mode = 'webhook', beside = undefined) {
			const given = { secret: SECRET, ...parameters };
			const trigger = await publishTrigger({
				...setup(new AstriaCallbackTrigger(), given),
				mode,
				beside,
			});
			live.push(trigger);
			return trigger;
		},
		async training(fields = {}) {
			const tune = {
				title: 'Jane',
				name: 'woman',
				branch: 'sd15',
				image_urls: [person],
				...fields,
			};
			return await bed.call('POST', '/tunes', { tune });
		},
		async end(...ids) {
			for (const id of ids) await sandbox.astria.settle(id);
		},
		async close() {
			for (const trigger of live) await trigger.close();
			await sandbox.close();
		},
	};
}
