import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import { PROMPT_EXPANSIONS } from '../../../../lib/astria/fields/promptRun';
import type { Columns } from '../../../shared/operation';
import { asData } from '../../shared/output';

/** What else Astria is asked to show of a prompt. */
export const expandProperty: INodeProperties = {
	displayName: 'Expand',
	name: 'expand',
	type: 'multiOptions',
	default: [],
	options: Object.entries(PROMPT_EXPANSIONS).map(([value, { label, help }]) => ({
		name: label,
		value,
		description: help,
	})),
	description: 'What to ask for beside the usual',
};

export const EXPANDED_COLUMNS: Columns = {
	'…': { meaning: 'What *Expand* asks for, under the names of Astria', optional: true },
};

/** The values of `expand[]` that a row asks for. */
export function readExpand(context: IExecuteFunctions, row: number): string[] {
	const given: unknown = context.getNodeParameter('expand', row, []);
	const wanted: unknown[] = Array.isArray(given) ? given : [];
	return Object.keys(PROMPT_EXPANSIONS).filter((name) => wanted.includes(name));
}

/** What Astria has shown of it, under Astria's own names. */
export function expansionsOf({ json }: AstriaPrompt, expand: readonly string[]): IDataObject {
	const wanted = Object.entries(json).filter(([name]) => expand.includes(name));
	return asData(Object.fromEntries(wanted));
}
