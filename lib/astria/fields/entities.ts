import type { EntityField, FieldTable } from '../../fields/field';

/** How a thing of Astria is picked: from the list of a node's search, or by what it is known by. */
type Picker = Pick<EntityField, 'search' | 'byLabel' | 'placeholder'>;

/** A tune: one of the account, or a public one. */
export const TUNE_ENTITY = {
	type: 'entityId',
	search: 'searchTunes',
	byLabel: 'By ID',
	placeholder: 'e.g. 1504944',
} as const satisfies Picker & { type: 'entityId' };

/** A prompt; it is mostly given by the id that another node put out. */
export const PROMPT = {
	type: 'entityId',
	search: 'searchPrompts',
	byLabel: 'By ID',
	byFirst: true,
	placeholder: 'e.g. 45042524',
	label: 'Prompt',
	help: 'The promptId, as Create or Duplicate gave it in any workflow.',
	required: true,
} as const satisfies EntityField;

/** A pack; the gallery knows them by the slug of their address. */
export const PACK = {
	type: 'entity',
	search: 'searchPacks',
	byLabel: 'By ID or Slug',
	placeholder: 'e.g. corporate-headshots',
	label: 'Pack',
	help: 'The pack to use: one of your account, or a public one of the gallery.',
	required: true,
} as const satisfies EntityField;

/** A model of a partner, such as Nano Banana. */
export const PARTNER_MODEL = {
	type: 'entityId',
	search: 'searchModels',
	byLabel: 'By ID',
	placeholder: 'e.g. 4180298',
	label: 'Model',
	help: 'The partner model that makes the pictures. Empty for the one that Astria recommends today.',
} as const satisfies EntityField;

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
