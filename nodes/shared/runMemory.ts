import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { rowName } from '../../lib/errors';
import { SubmitMemory } from '../../lib/jobs/memory';
import { isTool } from './pictures';

/**
 * What this run of the node has bought in earlier tries.
 *
 * @param memory the node's context, which n8n keeps with the execution
 */
export function runMemory(context: IExecuteFunctions, memory: IDataObject): SubmitMemory {
	return new SubmitMemory(memory, {
		execution: context.getExecutionId(),
		run: Number(context.evaluateExpression('{{ $runIndex }}', 0)),
		isTool: isTool(context),
	});
}

/**
 * How rows are told of: in messages by their number, and in n8n's log as soon as the service has
 * taken their jobs. Who ends n8n in the middle of a batch finds the ids there.
 *
 * @param rowOf the row of the input that a purchase is known by
 */
export function told(
	{ logger }: IExecuteFunctions,
	service: string,
	rowOf: (purchase: number) => number,
): { nameOf(purchase: number): string; onTaken(purchase: number, id: string): void } {
	const nameOf = (purchase: number) => rowName(rowOf(purchase));
	return {
		nameOf,
		onTaken: (purchase, id) => logger.info(`${service} has taken ${id} for ${nameOf(purchase)}`),
	};
}
