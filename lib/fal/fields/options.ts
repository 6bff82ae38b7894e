import type { QueueClient } from '@fal-ai/client';

import type {
	BooleanField,
	FieldTable,
	NumberField,
	OptionsField,
	TextField,
	UrlField,
	Values,
} from '../../fields/field';
import { countOptions, RUN_OPTIONS } from '../../fields/shared';

/** Longer than a year is "keep"; seconds. */
const YEAR_S = 31_536_000;

/** fal deletes nothing sooner (its client's shortest lifetime, "immediate"); seconds. */
const MINUTE_S = 60;

/** fal's client refuses a start timeout that is not longer (@fal-ai/client, headers); seconds. */
const CLIENTS_SHORTEST_S = 1;

/** What a submit is sent with, beside the model's input, as fal's client takes it. */
type SubmitExtras = Pick<
	Parameters<QueueClient['submit']>[1],
	'headers' | 'priority' | 'startTimeout' | 'webhookUrl'
>;

/** An option that goes along with a submit, and how. */
type SentOption = (OptionsField | NumberField | BooleanField | TextField | UrlField) & {
	send(value: unknown): SubmitExtras;
};

const header = (name: string, value: string): SubmitExtras => ({ headers: { [name]: value } });

/** What can be asked of fal for one request (fal.ai docs, Queue and Headers). */
export const REQUEST_OPTIONS = {
	priority: {
		type: 'options',
		label: 'Queue Priority',
		help: 'Place in the queue of fal.',
		options: {
			low: { label: 'Low', help: 'Let all other requests go first' },
			normal: { label: 'Normal', help: 'Wait in line like everybody' },
		},
		default: 'normal',
		send: (value): SubmitExtras => ({ priority: value === 'low' ? 'low' : 'normal' }),
	},
	startTimeout: {
		type: 'number',
		label: 'Start Timeout',
		help: 'Seconds within which fal must have started the job, or it is dropped and not charged.',
		hint: 'In seconds: 600 is 10 minutes',
		min: 0.1,
		default: 600,
		send: (value) => ({
			// The new name wins at fal; its client sends the old one, and refuses short times.
			...header('x-fal-request-start-timeout', String(value)),
			...(Number(value) > CLIENTS_SHORTEST_S && { startTimeout: Number(value) }),
		}),
	},
	outputLifetime: {
		type: 'integer',
		label: 'Output Lifetime',
		help: "Seconds for which fal keeps the pictures. Without it your account's setting applies.",
		hint: 'In seconds: 604800 is 7 days',
		min: MINUTE_S,
		max: YEAR_S,
		default: 604_800,
		send: (value) =>
			header(
				'x-fal-object-lifecycle-preference',
				JSON.stringify({ expiration_duration_seconds: value }),
			),
	},
	storeIo: {
		type: 'boolean',
		label: 'Store Request and Answer',
		help: 'Whether fal keeps the request and its answer in your history, for 30 days. When off, Get works for minutes only, and a job whose answer was lost cannot be found again.',
		default: true,
		send: (value) => (value === false ? header('x-fal-store-io', '0') : {}),
	},
	webhookUrl: {
		type: 'url',
		label: 'Webhook URL',
		help: 'Address that fal calls when the job has ended, such as the Production URL of a FASHN Try-On Trigger. It must be public and begin with https://.',
		placeholder: 'e.g. https://n8n.example.com/webhook/try-on-done',
		send: (value): SubmitExtras => ({ webhookUrl: String(value) }),
	},
} as const satisfies Record<string, SentOption>;

/** What a row asks of fal for its request. */
export type RequestOptions = Partial<Values<typeof REQUEST_OPTIONS>>;

/** The options that count jobs. */
export const JOB_COUNTS = countOptions('Jobs');

/** What can be asked of the node's work with fal, for all rows of a run. */
export const WORK_OPTIONS = {
	...RUN_OPTIONS,
	...JOB_COUNTS,
	jobsInFlight: {
		...JOB_COUNTS.jobsInFlight,
		help: 'How many jobs are at fal at once. fal runs 2 of a new account side by side and up to 40 of others, and queues the rest.',
		// What fal runs at most; fewer leave an account idle, more gain nothing (docs/bench.md).
		default: 40,
	},
	maxWait: {
		...RUN_OPTIONS.maxWait,
		// The last of 40 jobs waits for 19 pairs before it where fal runs 2: 30 minutes let each take 90 s.
		default: 1800,
	},
	uploadLifetime: {
		type: 'integer',
		label: 'Upload Lifetime',
		help: 'Seconds for which fal keeps pictures that this node uploads. Anyone who knows the address can open them in that time.',
		hint: 'In seconds: 86400 is 1 day',
		min: 600,
		max: YEAR_S,
		default: 86_400,
		defaultApplies: true,
	},
	logs: {
		type: 'boolean',
		label: 'Log Progress',
		help: 'Whether the messages of the model go to the log of n8n.',
		default: false,
	},
} as const satisfies FieldTable;

/** How past requests are filtered in a list (fal.ai docs, Platform APIs, Requests by endpoint). */
export const HISTORY_FILTERS = {
	start: {
		type: 'time',
		label: 'From',
		help: 'Only jobs since this time, such as {{ $now.minus(7, "days") }}. Without it the last 24 hours.',
		placeholder: 'e.g. 2026-11-24T00:00:00Z',
	},
	status: {
		type: 'options',
		label: 'Outcome',
		help: 'How the job ended, in the words of fal.',
		options: {
			error: { label: 'Error', help: 'A machine or the model has failed' },
			success: { label: 'Success', help: 'It has made pictures' },
			user_error: { label: 'User Error', help: 'The input was refused' },
		},
		default: 'success',
	},
	end: {
		type: 'time',
		label: 'Until',
		help: 'Only jobs before this time.',
		placeholder: 'e.g. 2026-11-25T00:00:00Z',
	},
} as const satisfies FieldTable;

/** How the options of a row are sent. */
export function submitExtras(options: RequestOptions): SubmitExtras {
	const given: Record<string, unknown> = { ...options };
	return Object.entries(REQUEST_OPTIONS).reduce<SubmitExtras>((extras, [name, { send }]) => {
		if (given[name] === undefined) return extras;
		const { headers, ...more } = send(given[name]);
		return { ...extras, ...more, headers: { ...extras.headers, ...headers } };
	}, {});
}
