import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { PackRunJob } from '../../../../lib/astria/packs/run';
import { PromptDriver } from '../../../../lib/astria/prompts/driver';
import type { Prompt, PromptStatus } from '../../../../lib/astria/prompts/prompt';
import {
	JobFailedError,
	MaxWaitError,
	StoppedError,
	toTryOnError,
	type TryOnError,
	wholeMessage,
} from '../../../../lib/errors';
import { readField } from '../../../../lib/fields/values';
import type { Timing } from '../../../../lib/jobs/retry';
import type { RowItem } from '../../../shared/errorRow';
import { type Column, type Columns, shownWhen } from '../../../shared/operation';
import { outputProperties } from '../../../shared/pictures';
import { madeColumns, promptItems } from '../../shared/output';
import type { AstriaSession } from '../../shared/session';

/** Whether the node waits for the pictures of a run. */
const WAIT = 'waitForPictures';

/** The parameters about waiting for pictures, and about what comes out then. */
export const pictureProperties: INodeProperties[] = [
	{
		displayName: 'Wait for Pictures',
		name: WAIT,
		type: 'boolean',
		default: false,
		description:
			'Whether to wait for the prompts of the pack and hand out their pictures. Without it the node hands back the IDs at once.',
	},
	...shownWhen({ [WAIT]: [true] }, outputProperties),
];

/** Whether the rows of this run wait for pictures. */
export function waitsForPictures(context: IExecuteFunctions): boolean {
	const field = { type: 'boolean', label: 'Wait for Pictures', help: '', default: false } as const;
	return readField(field, context.getNodeParameter(WAIT, 0, '')) === true;
}

/** How a prompt of a run has ended. */
export type PackPrompt = { id: number } & ({ prompt: Prompt } | { error: TryOnError });

/**
 * Waits for all prompts of a run, with the calls of one. A prompt that fails, or takes too long, takes
 * nothing from the others.
 *
 * @param maxWaitMs milliseconds
 * @throws StoppedError
 */
export function packPrompts(
	context: IExecuteFunctions,
	{ client, timing: { clock } }: AstriaSession,
	maxWaitMs: number,
) {
	const driver = new PromptDriver({ client, clock, logger: context.logger, maxWaitMs });
	return async ({ promptIds }: PackRunJob, timing: Timing): Promise<PackPrompt[]> => {
		const submittedAt = clock.now();
		const ends = promptIds.map(async (promptId): Promise<PackPrompt> => {
			const unknown = { tuneId: null, workspaceId: null, seed: null };
			const job = { ...unknown, promptId, submittedAt, recovered: false };
			return await driver.finish(job, timing).then(
				(prompt) => ({ id: promptId, prompt }),
				(error: unknown) =>
					error instanceof StoppedError
						? Promise.reject(error)
						: { id: promptId, error: toTryOnError(error, 'wait') },
			);
		});
		return await Promise.all(ends);
	};
}

/** Said of a run that Astria has taken, and whose prompts it does not tell. */
const NOT_FOUND =
	"Astria has taken the run, but its answer did not name the prompts, and they could not be told among your newest. Look for them with Astria Prompt's Get Many.";

/** Only Astria's own word about a prompt ends it: whatever else went wrong, it may go on. */
function statusAfter(error: TryOnError): PromptStatus | 'UNKNOWN' {
	if (error instanceof JobFailedError) return 'FAILED';
	return error instanceof MaxWaitError ? 'IN_PROGRESS' : 'UNKNOWN';
}

/** The pictures of a run, and a row for each prompt that has none, or for a run without any. */
export async function packItems(
	context: IExecuteFunctions,
	session: AstriaSession,
	row: number,
	prompts: readonly PackPrompt[],
	run: IDataObject,
): Promise<RowItem[]> {
	if (prompts.length === 0)
		return [{ json: { status: 'UNKNOWN', promptError: NOT_FOUND, ...run } }];
	const items = prompts.map(async ({ id, ...ended }): Promise<RowItem[]> => {
		if ('prompt' in ended) return await promptItems(context, session, row, ended.prompt, run);
		const promptError = wholeMessage(ended.error);
		return [{ json: { promptId: id, status: statusAfter(ended.error), promptError, ...run } }];
	});
	return (await Promise.all(items)).flat();
}

const PROMPT_ERROR: Column = {
	meaning:
		'Why a prompt has no pictures, or none yet: Get of Astria Prompt fetches them later. Or that the prompts of the run were not found; then there is no `promptId`',
	optional: true,
};

/** Of a picture of a run; a prompt without any has its id, its status and why. */
export const packPictureColumns = (): Columns => ({ ...madeColumns(), promptError: PROMPT_ERROR });
