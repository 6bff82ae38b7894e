import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import type { FieldTable } from '../../../../lib/fields/field';
import { checkReachable } from '../../../../lib/media/reach';
import { costColumns, DRY_RUN, tellDryRun } from '../../../shared/dryRun';
import { eachRow } from '../../../shared/eachRow';
import { fileRules } from '../../shared/files';
import type { Session } from '../../shared/session';
import { AT_ONCE } from './run';

const FIELDS: FieldTable = PROMPT_FIELDS;

async function checkFiles({ door, timing }: Session, { files }: PromptRequest): Promise<void> {
	for (const [name, pictures] of Object.entries(files)) {
		const field = FIELDS[name];
		if (field?.type !== 'picture') continue;
		for (const picture of pictures) {
			await checkReachable(door, timing, fileRules(field), picture);
		}
	}
}

/**
 * Checks every row as far as it can be without paying, and tells what the rows would cost.
 *
 * @param read reads and checks the prompt that a row would make
 * @param rows which rows
 * @returns one item per row; nothing is registered or made
 * @throws NodeOperationError of the first bad row, unless n8n is to continue
 */
export async function dryRun(
	context: IExecuteFunctions,
	session: Session,
	read: (row: number) => Promise<PromptRequest>,
	rows: readonly number[],
): Promise<INodeExecutionData[]> {
	const costs = new PromptCosts(session.client, session.timing);
	const items = await eachRow(
		context,
		ASTRIA,
		AT_ONCE,
		async (row) => {
			const request = await read(row);
			await checkFiles(session, request);
			const { target, values } = request;
			const tuneId = target.kind === 'tune' ? target.tuneId : undefined;
			const amount = tuneId === undefined ? undefined : await costs.estimate(tuneId, values);
			return [
				{
					json: {
						status: DRY_RUN,
						...(tuneId !== undefined && { tuneId }),
						text: values.text ?? values.video_prompt ?? null,
						...costColumns(amount === undefined ? undefined : { amount, currency: 'USD' }),
					},
					pairedItem: { item: row },
				},
			];
		},
		rows,
	);
	tellDryRun(context, ASTRIA, items);
	return items;
}
