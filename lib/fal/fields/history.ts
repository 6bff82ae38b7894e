import type { FieldTable } from '../../fields/field';

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
