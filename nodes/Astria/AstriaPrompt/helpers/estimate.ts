import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readBalance } from '../../../../lib/astria/api/client';
import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { FieldTable } from '../../../../lib/fields/field';
import { checkReachable } from '../../../../lib/media/reach';
import { estimateOutputs, estimateRows } from '../../../shared/estimate';
import type { Output } from '../../../shared/operation';
import { fileRules } from '../../shared/promptFields';
import type { AstriaSession } from '../../shared/session';

/** What comes out of an estimate of prompts. */
export const promptEstimateOutputs = (): Output[] =>
	estimateOutputs({
		tuneId: { meaning: 'The tune that the prompt would run on', optional: true },
		text: { meaning: 'Its text, as it would be sent', optional: true },
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
 * Checks rows as far as it can be without paying, and tells what their prompts would cost.
 *
 * @param read reads and checks the prompt that a row would make
 * @returns what is told of each row, or of all; nothing is registered or made
 * @throws NodeOperationError about the account
 */
export async function estimatePrompts(
	context: IExecuteFunctions,
	session: AstriaSession,
	read: (row: number) => Promise<PromptRequest>,
): Promise<INodeExecutionData[]> {
	const costs = new PromptCosts(session.client, session.timing);
	return await estimateRows(context, session, {
		balance: async () => await readBalance(session.client, session.timing),
		look: async ([row = 0]) => {
			const request = await read(row);
			await checkFiles(session, request);
			const { target, values } = request;
			return {
				pictures: await costs.picturesOf(request),
				cost: await costs.costOf(request),
				columns: {
					...(target.kind === 'tune' && { tuneId: target.tuneId }),
					text: values.text ?? values.video_prompt ?? null,
				},
			};
		},
	});
}
