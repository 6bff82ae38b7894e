import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { INPUT_OUTPUT } from '../../../shared/inputFields';
import { type Columns, type Output, shownWhen } from '../../../shared/operation';
import { ONE_ITEM_OUTPUT, outputProperties } from '../../../shared/pictures';
import { RECOVERED } from '../../shared/output';
import { madeColumns, PROMPT_COLUMNS } from '../../shared/prompts';

/** Whether the node waits for the pictures. */
const WAIT = 'wait';

/** The parameters about waiting and about what comes out then. */
export const waitProperties: INodeProperties[] = [
	{
		displayName: 'Wait Until Finished',
		name: WAIT,
		type: 'boolean',
		default: true,
		description:
			'Whether to wait for the pictures. Without it the node hands back the IDs at once, and Get fetches the pictures later.',
	},
	...shownWhen({ [WAIT]: [true] }, outputProperties),
];

/** Of a prompt in a list. */
export const summaryColumns = (): Columns => ({
	...PROMPT_COLUMNS,
	imageUrl: { meaning: 'Address of its first picture, once there is one', optional: true },
	imageUrls: { meaning: 'Addresses of all its pictures' },
	imageCount: { meaning: 'How many they are' },
});

/**
 * What comes out of an operation that makes prompts.
 *
 * @param more further columns, waited for or not
 */
export const madePromptOutputs = (more: Columns = {}): Output[] => [
	{
		columns: {
			...madeColumns(),
			recovered: RECOVERED,
			warning: { meaning: 'Only when the prompt did not get into its workspace', optional: true },
			...more,
		},
	},
	ONE_ITEM_OUTPUT,
	{
		when: 'without *Wait Until Finished*',
		columns: {
			promptId: PROMPT_COLUMNS.promptId,
			tuneId: PROMPT_COLUMNS.tuneId,
			status: { meaning: '`IN_QUEUE`' },
			recovered: RECOVERED,
			...more,
		},
	},
	INPUT_OUTPUT,
];

/** Whether the rows of this run are waited for. */
export function waits(context: IExecuteFunctions): boolean {
	const wait: unknown = context.getNodeParameter(WAIT, 0, true);
	return wait !== false;
}
