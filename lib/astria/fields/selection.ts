import type { FieldTable } from '../../fields/field';

/** What any list is narrowed to beside its own filters, which know no time. */
export const SELECTION = {
	all_workspaces: {
		type: 'boolean',
		label: 'All Workspaces',
		help: 'Whether to list what is in any workspace that the key can read. Without it only what is in the workspace that the credential names, or else what is your own.',
		default: true,
	},
	start: {
		type: 'time',
		label: 'From',
		help: 'Only what was made since this time, such as {{ $now.minus(7, "days") }}.',
		placeholder: 'e.g. 2026-11-24T00:00:00Z',
	},
	end: {
		type: 'time',
		label: 'Until',
		help: 'Only what was made before this time.',
		placeholder: 'e.g. 2026-11-25T00:00:00Z',
	},
} as const satisfies FieldTable;
