import type {
	IDataObject,
	INodeProperties,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { type JobFailedError, wholeMessage } from '../../../../lib/errors';
import { checkCall } from '../../../../lib/fal/callback';
import { checkEndpointId } from '../../../../lib/fal/client';
import { FAL } from '../../../../lib/fal/errors';
import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import {
	findRequest,
	hasSucceeded,
	listRequests,
	type PastRequest,
} from '../../../../lib/fal/history';
import { type JobEnd, readEnd } from '../../../../lib/fal/result';
import type { OptionsField } from '../../../../lib/fields/field';
import { ROW_OPTIONS } from '../../../../lib/fields/shared';
import { objectOf } from '../../../../lib/json';
import { SECOND_MS, systemClock, within } from '../../../../lib/time';
import { choicesProperty, readChoices } from '../../../shared/choices';
import { plainDetails, type RowItem } from '../../../shared/errorRow';
import { optionsCollection } from '../../../shared/fieldProperty';
import { outputOptionsOf, triggerOutputProperties } from '../../../shared/pictures';
import {
	comeAgain,
	isBrowser,
	rawBodyOf,
	refuse,
	RefusedCall,
	showSample,
	startOnce,
} from '../../../shared/webhook';
import { itemsOfJob, picturesGiven } from '../../shared/output';
import { type FalSession, openFal } from '../../shared/session';

type FashnEvent = 'finished' | 'failed';

const ALL_EVENTS = ['failed', 'finished'] as const;

const EVENTS = {
	type: 'options',
	label: 'Events',
	help: 'What starts the workflow',
	options: {
		failed: { label: 'Job Failed', help: 'It ended without a picture' },
		finished: { label: 'Job Finished', help: 'It has made its pictures' },
	},
	required: true,
	ofNode: true,
} as const satisfies OptionsField<FashnEvent>;

/** The parameters of the node. */
export const triggerProperties: INodeProperties[] = [
	{
		displayName:
			"Copy the Production URL above into 'Options → Webhook URL' of FASHN Try-On's Submit. The workflow must be published (n8n 1.x: active), and its address public and beginning with https://. If it is not, set WEBHOOK_URL in n8n.",
		name: 'addressNotice',
		type: 'notice',
		default: '',
	},
	choicesProperty('events', EVENTS, ALL_EVENTS),
	...triggerOutputProperties,
	optionsCollection({
		endpointId: {
			type: 'text',
			label: 'Other Endpoint ID',
			help: "Only for jobs of a custom endpoint: its ID. Jobs of FASHN's own endpoints are found without.",
			placeholder: 'e.g. fal-ai/fashn/tryon/v2',
		},
		outputField: ROW_OPTIONS.outputField,
	}),
];

/**
 * Whether the user wants an event to start the workflow.
 *
 * @throws InputError when no event is chosen, or one that there is not
 */
function wants(context: IWebhookFunctions, event: FashnEvent): boolean {
	return readChoices(EVENTS, context.getNodeParameter('events', ALL_EVENTS)).has(event);
}

/**
 * The endpoints whose jobs the trigger knows.
 *
 * @throws InputError when the other one is none
 */
function readEndpoints(context: IWebhookFunctions): string[] {
	const { endpointId = '' } = objectOf(context.getNodeParameter('options', {}));
	const others = endpointId === '' ? [] : [checkEndpointId(endpointId)];
	return [...Object.values(ENDPOINTS), ...others];
}

/** fal calls again for hours, until it is answered with 2xx (fal.ai, Webhooks). */
const CALLS_ONCE = false;

/** Milliseconds for all that is asked of fal about a job; downloads have limits of their own. */
const READ_MS = 100 * SECOND_MS;

/**
 * Finds a job among those of the account, and reads how it ended: fal signs the webhooks of all
 * accounts, and anyone may hand this address to fal. No word of the call itself is believed.
 *
 * @throws RefusedCall when the account has no such job; TryOnError when it has not ended, or cannot
 * be read now
 */
async function readJob(
	{ client }: FalSession,
	requestId: string,
	endpoints: readonly string[],
): Promise<{ job: PastRequest; end: JobEnd }> {
	return await within(systemClock, READ_MS, async (signal) => {
		const timing = { clock: systemClock, signal };
		const job = await findRequest(client, timing, requestId, endpoints);
		if (!job) {
			// fal lists the jobs of named endpoints only: which of the two it is cannot be found out.
			throw new RefusedCall(
				`Job ${requestId} is not among those of FASHN's endpoints on this credential's account. If its endpoint is a custom one, fill in 'Options → Other Endpoint ID' of the trigger; otherwise it is another account's.`,
			);
		}
		const end = await readEnd(client, timing, job);
		return { job, end };
	});
}

function failedItem(job: PastRequest, failure: JobFailedError): RowItem {
	const { requestId, endpointId: endpoint } = job;
	const message = wholeMessage(failure.add({ requestId }));
	const columns: IDataObject = { requestId, endpoint, status: 'FAILED', ...picturesGiven(job) };
	return { json: { ...columns, error: message, details: plainDetails(FAL, failure) } };
}

/** How many jobs are looked through for one to show. */
const LOOKED_THROUGH = 20;

/** What the editor shows when the account has no such job: made up, and marked so. */
const SAMPLE: RowItem = {
	json: {
		sample: true,
		imageUrl: 'https://v3.fal.media/files/sample/picture.png',
		contentType: 'image/png',
		fileName: 'try-on-00000000-1.png',
		imageIndex: 0,
		imageCount: 1,
		requestId: '00000000-0000-0000-0000-000000000000',
		endpoint: ENDPOINTS.v16,
		status: 'COMPLETED',
	},
};

async function newestLike(context: IWebhookFunctions): Promise<RowItem[]> {
	const session = await openFal(context);
	const wanted = { endpointId: readEndpoints(context).join(',') };
	const jobs = await listRequests(session.client, session.timing, wanted, LOOKED_THROUGH);
	for (const job of jobs) {
		const { requestId, status } = job;
		const event = hasSucceeded(job) ? 'finished' : 'failed';
		if (status !== 'COMPLETED' || !wants(context, event)) continue;
		const items = await itemsFor(context, session, requestId);
		if (items.length > 0) return items;
	}
	return [SAMPLE];
}

async function itemsFor(
	context: IWebhookFunctions,
	session: FalSession,
	requestId: string,
): Promise<RowItem[]> {
	const { job, end } = await readJob(session, requestId, readEndpoints(context));
	const event = 'failure' in end ? 'failed' : 'finished';
	if (!wants(context, event)) return [];
	if ('failure' in end) return [failedItem(job, end.failure)];
	const options = outputOptionsOf((name): unknown => context.getNodeParameter(name, ''));
	return await itemsOfJob(context, session, options, job, end.output, picturesGiven(job));
}

/** Answers a call of the trigger's address, which may be by anyone. */
export async function receiveWebhook(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	if (isBrowser(context)) {
		return await showSample(context, async () => await newestLike(context));
	}
	const call = { headers: context.getHeaderData(), body: rawBodyOf(context) };
	try {
		const session = await openFal(context);
		const checked = await checkCall(session.client, session.timing, call);
		if ('refusal' in checked) return refuse(context, checked.refusal);
		const { requestId } = checked;
		return await startOnce(
			context,
			[requestId],
			async (id) => await itemsFor(context, session, id),
			{ callsOnce: CALLS_ONCE },
		);
	} catch (error) {
		return comeAgain(context, 'a job of fal', error);
	}
}
