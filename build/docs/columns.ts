import { ASTRIA_PROMPT_COLUMNS, ASTRIA_TUNE_COLUMNS } from './columnsAstria';
import { FASHN_COLUMNS } from './columnsFashn';
import { code, tableText } from './text';

/** What stands in the JSON of an item: meaning by column, in the order of the page. */
export type Columns = Readonly<Record<string, string>>;

/** What comes out of an operation: as a rule, and under which settings something else does. */
export interface Output {
	/** A setting, as it continues "What comes out"; nothing for the rule. */
	when?: string;
	columns: Columns;
}

/** What comes out of each operation, by its resource and name. */
export type Outputs = Readonly<Record<string, readonly Output[]>>;

const OUTPUTS: Readonly<Record<string, Outputs>> = {
	astriaPrompt: ASTRIA_PROMPT_COLUMNS,
	astriaTune: ASTRIA_TUNE_COLUMNS,
	fashnTryOn: FASHN_COLUMNS,
};

const ERROR_COLUMNS: Columns = {
	error:
		'What went wrong, with the row, the field or the id of the job, what the service said, what to do, and whether it was charged',
	'details.service': 'The service',
	'details.stage': '`input`, `upload`, `submit`, `wait`, `result`, `download` or `cancel`',
	'details.charged': '`no`, `yes` or `unknown`; absent where nothing is bought',
	'details.retryable': 'Whether the same row may succeed when it is run again',
	'details.requestId': 'Id of the job, when there is one: Get takes it',
	'details.statusCode': 'HTTP status of the answer, when it was an answer',
	'details.field': 'Label of the parameter at fault',
	'details.errorType': "The service's own code for the cause",
	'details.serviceMessage': "The service's own words",
	'details.ofAccount':
		'Whether the account or its key is at fault, so that every other row would fail as well',
	'details.paidRequestIds': 'Ids of other jobs of the run that the service has taken',
	'details.submittedRows':
		'The rows of those jobs and of those that nobody knows of, each with its id or `unknown`',
};

function columnsText(columns: Columns): string {
	const rows = Object.entries(columns).map(([name, meaning]) => [code(name), meaning]);
	return tableText(['Column', 'Meaning'], rows);
}

/**
 * What comes out of an operation.
 *
 * @param operation resource and name, with a dot between
 * @throws Error when that is not told here
 */
export function outputsOf(node: string, operation: string): readonly Output[] {
	const outputs = OUTPUTS[node]?.[operation];
	if (outputs !== undefined) return outputs;
	throw new Error(`build/docs has no columns for ${node}, ${operation}`);
}

/** What comes out of an operation, as tables. */
export function outputText(node: string, operation: string): string[] {
	return outputsOf(node, operation).flatMap(({ when, columns }) => [
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
