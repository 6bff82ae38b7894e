import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { FieldTable } from '../../../../lib/fields/field';
import { checkReachable } from '../../../../lib/media/reach';
import { costColumns, DRY_RUN, tellDryRun } from '../../../shared/dryRun';
import { eachRow } from '../../../shared/eachRow';
import type { Output } from '../../../shared/operation';
import { fileRules } from '../../shared/files';
import type { AstriaSession } from '../../shared/session';

/** What comes out of a dry run. */
export const dryRunOutput = (): Output => ({
	when: 'with *Dry Run*',
	columns: {
		status: { meaning: '`DRY_RUN`' },
		tuneId: { meaning: 'The tune that the prompt would run on', optional: true },
		text: { meaning: 'Its text, as it would be sent' },
		estimatedCost: {
			meaning: 'What the last prompts of the tune have cost for as many pictures, or null',
		},
		currency: { meaning: 'Of the cost', optional: true },
	},
});

const FIELDS: FieldTable = PROMPT_FIELDS;

async function checkFiles(
	{ door, timing }: AstriaSession,
	{ files }: PromptRequest,
): Promise<void> {
	for (const [name, pictures] of Object.entries(files)) {
		const field = FIELDS[name];
		if (field?.type !== 'picture') continue;
		for (const picture of pictures) {
			await checkReachable(door, timing, fileRules(field), picture);
		}
	}
}

/**
 * Checks rows as far as it can be without paying, and tells what they would cost.
 *
 * @param read reads and checks the prompt that a row would make
 * @returns one item per row; nothing is registered or made
 * @throws NodeOperationError of the first bad row, unless n8n is to continue
 */
export async function dryRun(
	context: IExecuteFunctions,
	session: AstriaSession,
	read: (row: number) => Promise<PromptRequest>,
	rows: readonly number[],
): Promise<INodeExecutionData[]> {
	const costs = new PromptCosts(session.client, session.timing);
	const items = await eachRow(
		context,
		session,
		async (row) => {
			const request = await read(row);
			await checkFiles(session, request);
			const { target, values } = request;
			const tuneId = target.kind === 'tune' ? target.tuneId : undefined;
			const amount = tuneId === undefined ? undefined : await costs.estimate(tuneId, values);
			const json = {
				status: DRY_RUN,
				...(tuneId !== undefined && { tuneId }),
				text: values.text ?? values.video_prompt ?? null,
				...costColumns(amount === undefined ? undefined : { amount, currency: 'USD' }),
			};
			return [{ json }];
		},
		{ rows },
	);
	tellDryRun(context, session, items);
	return items;
}
