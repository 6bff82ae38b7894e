import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import pLimit from 'p-limit';

import { about, toTryOnError, wholeMessage } from '../../../../../lib/errors';
import { HISTORY_FILTERS } from '../../../../../lib/fal/fields/options';
import { hasSucceeded, listRequests, type PastRequest } from '../../../../../lib/fal/history';
import { readResult } from '../../../../../lib/fal/result';
import type { BooleanField } from '../../../../../lib/fields/field';
import { readField, readValues } from '../../../../../lib/fields/values';
import { withoutUndefined } from '../../../../../lib/json';
import { eachRow, limitProperties, readLimit } from '../../../../shared/eachRow';
import type { RowItem } from '../../../../shared/errorRow';
import { fieldProperty, filterCollection } from '../../../../shared/fieldProperty';
import { type Columns, type OperationPage, shownWhen } from '../../../../shared/operation';
import { outputProperties, PICTURE_COLUMNS, readOutputOptions } from '../../../../shared/pictures';
import {
	collectionReader,
	INPUT_OUTPUT,
	inputFieldsProperty,
	rowReader,
} from '../../../../shared/row';
import {
	BILLED_COLUMNS,
	GIVEN_COLUMNS,
	JOB_COLUMNS,
	itemsOfJob,
	picturesGiven,
} from '../../../shared/output';
import type { FalOperation, FalSession } from '../../../shared/session';
import { historyLink } from '../../helpers/links';
import { endpointProperties, readEndpoint } from '../../helpers/request';

const RESULTS_AT_ONCE = 5;

const FETCH_RESULTS = {
	type: 'boolean',
	label: 'Fetch Results',
	help: 'Whether to fetch the pictures of the jobs that have made some, as Get does',
	default: false,
} as const satisfies BooleanField;

const fetchProperty = fieldProperty('fetchResults', FETCH_RESULTS);

const PAST_COLUMNS = {
	...JOB_COLUMNS,
	status: {
		meaning: '`IN_QUEUE`, `IN_PROGRESS` or `COMPLETED`; fal may list a job once it has ended',
	},
	statusCode: { meaning: 'What the model answered: 200 for a success', optional: true },
	sentAt: { meaning: 'When it was submitted', optional: true },
	startedAt: { meaning: 'When fal began with it', optional: true },
	endedAt: { meaning: 'When it ended', optional: true },
	duration: { meaning: 'Seconds', optional: true },
	...GIVEN_COLUMNS,
	input: { meaning: 'All that was asked for, where fal shows it', optional: true },
} as const satisfies Columns;

function columnsOf(request: PastRequest): IDataObject {
	const { endpointId: endpoint, input, ...told } = request;
	return {
		...withoutUndefined({ ...told, endpoint }),
		...picturesGiven(request),
		...(input && { input: JSON.stringify(input) }),
	};
}

/** A result that cannot be read now is told beside what the history shows. */
async function withResult(
	context: IExecuteFunctions,
	session: FalSession,
	row: number,
	request: PastRequest,
): Promise<RowItem[]> {
	const columns = columnsOf(request);
	const job = { ...request, submittedAt: 0 };
	try {
		return await about('Job', request.requestId, async () => {
			const output = await readResult(session.client, session.timing, job);
			return await itemsOfJob(
				context,
				session,
				readOutputOptions(context, row),
				job,
				output,
				columns,
			);
		});
	} catch (error) {
		const resultError = wholeMessage(toTryOnError(error, 'result'));
		return [{ json: { ...columns, resultError } }];
	}
}

/** Lists what the account has asked of an endpoint, with its inputs and, if wanted, its pictures. */
export const getJobs: FalOperation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many jobs',
	description: 'List what your account has bought, with its inputs and pictures',
	properties: [
		...endpointProperties,
		...limitProperties,
		fetchProperty,
		...shownWhen({ fetchResults: [true] }, outputProperties),
		filterCollection(HISTORY_FILTERS),
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		const limit = pLimit(RESULTS_AT_ONCE);
		return await eachRow(context, session, async (row) => {
			const filters = readValues(HISTORY_FILTERS, collectionReader(context, row, 'filters'));
			const wanted = { endpointId: readEndpoint(context, row), ...filters };
			const fetches = readField(FETCH_RESULTS, rowReader(context, row)(fetchProperty.name));
			const requests = await listRequests(client, timing, wanted, readLimit(context, row));
			const items = requests.map(async (request) =>
				fetches === true && hasSucceeded(request)
					? await limit(withResult, context, session, row, request)
					: [{ json: columnsOf(request) }],
			);
			return (await Promise.all(items)).flat();
		});
	},
};

export const getJobsPage: OperationPage = () => ({
	outputs: [
		{ columns: PAST_COLUMNS },
		{
			when: 'in addition with *Fetch Results*, for a job that has made pictures',
			columns: {
				...PICTURE_COLUMNS,
				...BILLED_COLUMNS,
				resultError: { meaning: 'Why they could not be read; only then', optional: true },
			},
		},
		INPUT_OUTPUT,
	],
	links: [historyLink()],
});
