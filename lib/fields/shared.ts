import type { Field, FieldTable, JsonField, OptionsField } from './field';

/** What the service adds tomorrow. */
export const ADDITIONAL_FIELDS = {
	type: 'json',
	label: 'Additional Fields (JSON)',
	help: 'Further fields of the API, as a JSON object. They win over the fields above.',
} as const satisfies JsonField;

const PICTURE_SOURCE = {
	type: 'options',
	label: 'Source',
	help: 'Where the picture comes from.',
	options: {
		binary: { label: 'Input Data', help: 'A file of the item, from a node before' },
		address: {
			label: 'URL or Data URI',
			help: 'A web address, a share link of Google Drive or Dropbox, or a data URI',
		},
	},
	default: 'address',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

/** The choice of where a picture, or another file, comes from. */
export function pictureSource({ label }: Pick<Field, 'label'>) {
	return { ...PICTURE_SOURCE, label: `${label} ${PICTURE_SOURCE.label}` };
}

/** Names of the parameters that stand beside that of a picture. */
export function pictureParameters(name: string): { source: string; binary: string } {
	return { source: `${name}_source`, binary: `${name}_binary` };
}

/**
 * The options that count what a run buys, in the service's word for it.
 *
 * @param things such as "Prompts"
 */
export function countOptions(things: string) {
	return {
		jobsInFlight: {
			type: 'integer',
			label: `${things} in Flight`,
			help: 'How many rows are worked on at once. The service queues what exceeds the limit of your account.',
			min: 1,
			max: 100,
			default: 10,
			defaultApplies: true,
		},
		maxJobs: {
			type: 'integer',
			label: `Max ${things} per Run`,
			help: 'Refuse a run with more rows than this before anything is submitted. In a loop each pass is a run of its own.',
			hint: 'Counts rows: a row may ask for several pictures',
			min: 1,
			default: 100,
			guard: true,
		},
	} as const satisfies FieldTable;
}

/** What can be asked of a node itself for all rows of a run, whatever its service. */
export const RUN_OPTIONS = {
	includeInputFields: {
		type: 'boolean',
		label: 'Include Input Fields',
		help: "Whether good rows keep the columns that they came with, beside the node's own. Where the names are the same, the node's own win, and what was said of an earlier job of the row is left out. Rows that failed keep theirs anyway; once something was bought for them, without what was said of an earlier job.",
		default: false,
	},
	maxCost: {
		type: 'number',
		label: 'Max Cost per Run',
		help: 'How much all rows together may cost, in US dollars. A run that would cost more, or whose price cannot be learned, is refused before the first row is submitted. In a loop each pass is a run of its own.',
		placeholder: 'e.g. 5',
		min: 0,
		guard: true,
	},
	maxWait: {
		type: 'integer',
		label: 'Max Wait',
		help: 'Seconds after which a job is given up and cancelled.',
		hint: 'In seconds: 1800 is 30 minutes',
		min: 1,
		default: 900,
		defaultApplies: true,
	},
} as const satisfies FieldTable;

/** What can be asked of it for each row. */
export const ROW_OPTIONS = {
	chooseSeeds: {
		type: 'boolean',
		label: 'Choose Seeds',
		help: 'Whether the node chooses a seed for each row that has none, and tells it in the column seed, so that a good picture can be made again. A row has one seed for all of its pictures: ask for as many again to get the same ones.',
		default: false,
	},
	fileName: {
		type: 'text',
		label: 'File Name',
		help: 'What the files of a row are called: a number and the ending follow, as in sku-1.png. What a disk does not take is left out or becomes a hyphen.',
		placeholder: 'e.g. {{ $json.sku }}',
	},
	outputField: {
		type: 'text',
		label: 'Output Data Field Name',
		help: 'Name of the field that gets the downloaded file. Further files in the same item get _1, _2 and so on.',
		default: 'data',
		defaultApplies: true,
	},
} as const satisfies FieldTable;
