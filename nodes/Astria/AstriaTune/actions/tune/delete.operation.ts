import { deleteOnce } from '../../../../../lib/astria/api/client';
import { removeTune } from '../../../../../lib/astria/tunes/calls';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty, notesOfRun, oncePerId } from '../../../../shared/row';
import { theTune, tuneTo } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';

/** Deletes tunes. */
export const deleteTune: AstriaOperation = {
	name: 'Delete',
	value: 'delete',
	action: 'Delete tune',
	description: 'Delete a tune with its pictures and prompts',
	properties: [
		...tuneTo('delete: one of your account'),
		{
			displayName:
				'Deleting a tune also deletes its training pictures and all prompts under it, with their pictures',
			name: 'deleteNotice',
			type: 'notice',
			default: '',
		},
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		const tries = notesOfRun(context, 'deletes');
		const once = oncePerId<unknown>();
		return await theTune.each(context, session, async (tuneId) => {
			await once(tuneId, async () => {
				await deleteOnce(tries, tuneId, async () => await removeTune(client, timing, tuneId));
			});
			return [{ json: { deleted: true, tuneId } }];
		});
	},
};

export const deleteTunePage: OperationPage = () => ({
	outputs: [
		{ columns: { deleted: { meaning: 'true' }, tuneId: TUNE_COLUMNS.tuneId } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('delete a tune', 'api/tune/delete')],
});
