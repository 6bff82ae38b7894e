import type { Columns, Output } from '../../nodes/shared/operation';
import { code, tableText } from './text';

const ERROR_COLUMNS: Columns = {
	error: {
		meaning:
			'What went wrong, with the row, the field or the id of the job, what the service said, what to do, and whether it was charged',
	},
	'details.service': { meaning: 'The service' },
	'details.stage': {
		meaning: '`input`, `upload`, `submit`, `wait`, `result`, `download` or `cancel`',
	},
	'details.charged': { meaning: '`no`, `yes` or `unknown`' },
	'details.retryable': { meaning: 'Whether the same row may succeed when it is run again' },
	'details.requestId': { meaning: 'Id of the job, when there is one: Get takes it' },
	'details.statusCode': { meaning: 'HTTP status of the answer, when it was an answer' },
	'details.field': { meaning: 'Label of the parameter at fault' },
	'details.errorType': { meaning: "The service's own code for the cause" },
	'details.serviceMessage': { meaning: "The service's own words" },
	'details.ofAccount': {
		meaning:
			'Whether the account or its key is at fault, so that every other row would fail as well',
	},
	'details.paidRequestIds': { meaning: 'Ids of other jobs of the run that the service has taken' },
	'details.submittedRows': {
		meaning:
			'The rows of those jobs and of those that nobody knows of, each with its id or `unknown`',
	},
};

function columnsText(columns: Columns): string {
	const rows = Object.entries(columns).map(([name, { meaning }]) => [code(name), meaning]);
	return tableText(['Column', 'Meaning'], rows);
}

/** What comes out of an operation, as tables. */
export function outputText(outputs: readonly Output[]): string[] {
	return outputs.flatMap(({ when, columns }) => [
		when === undefined ? '**What comes out:**' : `**What comes out ${when}:**`,
		columnsText(columns),
	]);
}

/** What comes out for a row that failed, the same for every operation. */
export function errorText(): string[] {
	return [
		'## Rows that failed',
		'With _On Error_ set to _Continue_ a failed row has these columns; on the error output they stand beside those that the row came with. `details` is missing there in n8n 1.x.',
		columnsText(ERROR_COLUMNS),
	];
}
