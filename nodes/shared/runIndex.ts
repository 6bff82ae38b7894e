import type { IExecuteFunctions } from 'n8n-workflow';

/** Which run of the node within the execution this is, from 0: in a loop there are several. */
export function runIndexOf(context: IExecuteFunctions): number {
	return Number(context.evaluateExpression('{{ $runIndex }}', 0));
}
