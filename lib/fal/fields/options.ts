import type { FieldTable } from '../../fields/field';

/** Longer than a year is "keep"; seconds. */
const YEAR = 31_536_000;

/** fal deletes nothing sooner (its client's shortest lifetime, "immediate"); seconds. */
const MINUTE = 60;

/**
 * What can be asked of fal beside the model's input (fal.ai docs, Queue and Headers).
 */
export const FAL_OPTIONS = {
	priority: {
		type: 'options',
		label: 'Queue Priority',
		help: 'Place in the queue of fal.',
		options: {
			low: { label: 'Low', help: 'Let all other requests go first' },
			normal: { label: 'Normal', help: 'Wait in line like everybody' },
		},
		default: 'normal',
	},
	startTimeout: {
		type: 'number',
		label: 'Start Timeout',
		help: 'Seconds within which fal must have started the job, or it is dropped and not charged.',
		hint: 'In seconds: 600 is 10 minutes',
		min: 0.1,
		default: 600,
	},
	outputLifetime: {
		type: 'integer',
		label: 'Output Lifetime',
		help: "Seconds for which fal keeps the pictures. Without it your account's setting applies.",
		hint: 'In seconds: 604800 is 7 days',
		min: MINUTE,
		max: YEAR,
		default: 604_800,
	},
	uploadLifetime: {
		type: 'integer',
		label: 'Upload Lifetime',
		help: 'Seconds for which fal keeps pictures that this node uploads. Anyone who knows the address can open them in that time.',
		hint: 'In seconds: 86400 is 1 day',
		min: 600,
		max: YEAR,
		default: 86_400,
	},
	storeIo: {
		type: 'boolean',
		label: 'Store Request and Answer',
		help: 'Whether fal keeps the request and its answer in your history, for 30 days. When off, Get works for minutes only.',
		hint: 'When off, a job cannot be found again whose answer got lost on the way',
		default: true,
	},
	logs: {
		type: 'boolean',
		label: 'Log Progress',
		help: 'Whether the messages of the model go to the log of n8n.',
		default: false,
	},
	webhookUrl: {
		type: 'url',
		label: 'Webhook URL',
		help: 'Address that fal calls when the job is finished, such as that of a Webhook node in another workflow. It must be public and begin with https://.',
		placeholder: 'e.g. https://n8n.example.com/webhook/try-on-done',
	},
} as const satisfies FieldTable;
