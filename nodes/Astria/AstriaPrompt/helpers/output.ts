import type {
	IDataObject,
	IDisplayOptions,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import { promptColumns } from '../../../../lib/astria/prompts/output';
import { outputProperties, pictureItems } from '../../../shared/pictures';
import type { Session } from '../../shared/session';

/** Whether the node waits for the pictures. */
const WAIT = 'wait';

/** The parameters about waiting and about what comes out then. */
export function waitProperties({ show }: IDisplayOptions): INodeProperties[] {
	return [
		{
			displayName: 'Wait Until Finished',
			name: WAIT,
			type: 'boolean',
			default: true,
			description:
				'Whether to wait for the pictures. Without it the node hands back the IDs at once, and Get fetches the pictures later.',
			displayOptions: { show },
		},
		...outputProperties({ show: { ...show, [WAIT]: [true] } }),
	];
}

/** Whether the rows of this run are waited for. */
export function waits(context: IExecuteFunctions): boolean {
	const wait: unknown = context.getNodeParameter(WAIT, 0, true);
	return wait !== false;
}

/**
 * Makes the items of a finished prompt: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the prompt
 */
export async function promptItems(
	context: IExecuteFunctions,
	session: Session,
	row: number,
	prompt: AstriaPrompt,
	extra: IDataObject = {},
): Promise<INodeExecutionData[]> {
	return await pictureItems(context, session, {
		service: ASTRIA,
		row,
		pictures: prompt.outputs,
		stem: `astria-${prompt.id}`,
		common: { ...promptColumns(prompt), ...extra },
	});
}
