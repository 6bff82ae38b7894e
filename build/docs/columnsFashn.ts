import type { Columns, Outputs } from './columns';
import { IN_ONE_ITEM, PICTURE_COLUMNS } from './columnsShared';

const JOB = {
	requestId: "The job's id at fal: Get and Cancel take it",
	endpoint: 'Id of the endpoint',
} as const satisfies Columns;

const DRY_RUN = {
	when: 'with *Dry Run*',
	columns: {
		status: '`DRY_RUN`',
		endpoint: JOB.endpoint,
		pictures: 'How many pictures the row asks for',
		estimatedCost: 'What they cost, or null when fal does not tell',
		currency: 'Of the cost',
		unitPrice: "fal's price of one unit",
		unit: 'What the unit is',
	},
};

/** What comes out of FASHN Try-On. */
export const FASHN_COLUMNS: Outputs = {
	'tryOn.cancel': [
		{
			columns: {
				...JOB,
				status: "fal's own word, such as `OK` or `ALREADY_COMPLETED`",
				cancelled: 'Whether the job will certainly not run',
			},
		},
	],
	'tryOn.generate': [
		{
			columns: {
				...PICTURE_COLUMNS,
				...JOB,
				status: '`COMPLETED`',
				timings:
					'Seconds: `inference`, what the model took, where fal tells it; `total`, from submit to end',
			},
		},
		IN_ONE_ITEM,
		DRY_RUN,
	],
	'tryOn.get': [
		{ columns: { ...PICTURE_COLUMNS, ...JOB, status: '`COMPLETED`' } },
		IN_ONE_ITEM,
		{
			when: 'for a job that is not finished',
			columns: {
				...JOB,
				status: '`IN_QUEUE` or `IN_PROGRESS`',
				queuePosition: 'Place in the queue, while it is there',
			},
		},
	],
	'tryOn.submit': [
		{
			columns: {
				...JOB,
				status: '`IN_QUEUE`',
				queuePosition: 'Place in the queue',
				statusUrl: "Address of the job's status at fal; it asks for the key",
				responseUrl: "Address of the job's answer; it asks for the key",
				cancelUrl: 'Address to cancel the job; it asks for the key',
			},
		},
		DRY_RUN,
	],
};
