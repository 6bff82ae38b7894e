import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readBalance } from '../../../../lib/astria/api/client';
import { inDollars } from '../../../../lib/astria/api/entity';
import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import type { FieldTable } from '../../../../lib/fields/field';
import { checkReachable } from '../../../../lib/media/reach';
import { type Cost, sumOf } from '../../../../lib/money';
import { estimateOutputs, estimateRows } from '../../../shared/estimate';
import type { Columns, Output } from '../../../shared/operation';
import { fileRules } from '../../shared/promptFields';
import type { AstriaSession } from '../../shared/session';

/**
 * What comes out of an estimate of prompts.
 *
 * @param more columns, in place of those with the same name
 */
export const promptEstimateOutputs = (more: Columns = {}): Output[] =>
	estimateOutputs({
		...more,
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

/** What a row buys: a prompt, and perhaps more. */
export interface PricedRows<Request> {
	/** Reads and checks what a row asks for. @throws InputError */
	read(row: number): Promise<Request>;
	/** The prompt of a request, for what it costs. */
	preview(request: Request): PromptRequest;
	/** What a request costs beside its prompt, `undefined` where nobody knows; default nothing. */
	besides?(request: Request): Promise<Cost | undefined>;
}

/** What a row costs; `undefined` where the price of a part of it is not known. */
export async function costOfRow<Request>(
	costs: PromptCosts,
	{ preview, besides = async () => inDollars(0) }: Omit<PricedRows<Request>, 'read'>,
	request: Request,
): Promise<Cost | undefined> {
	const parts = await Promise.all([costs.costOf(preview(request)), besides(request)]);
	const { cost, unknown } = sumOf(parts);
	return unknown > 0 ? undefined : cost;
}

/**
 * Checks rows as far as it can be without paying, and tells what they would cost.
 *
 * @returns what is told of each row, or of all; nothing is registered or made
 * @throws NodeOperationError about the account
 */
export async function estimatePrompts<Request>(
	context: IExecuteFunctions,
	session: AstriaSession,
	rows: PricedRows<Request>,
): Promise<INodeExecutionData[]> {
	const costs = new PromptCosts(session.client, session.timing);
	return await estimateRows(context, session, {
		balance: async () => await readBalance(session.client, session.timing),
		look: async ([row = 0]) => {
			const request = await rows.read(row);
			const prompt = rows.preview(request);
			await checkFiles(session, prompt);
			const { target, values } = prompt;
			return {
				pictures: await costs.picturesOf(prompt),
				cost: await costOfRow(costs, rows, request),
				columns: {
					...(target.kind === 'tune' && { tuneId: target.tuneId }),
					text: values.text ?? values.video_prompt ?? null,
				},
			};
		},
	});
}
