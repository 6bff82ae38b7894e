import { removeTune } from '../../../../../lib/astria/tunes/tune';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
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
		return await theTune.deleteEach(context, session, removeTune);
	},
};

export const deleteTunePage: OperationPage = () => ({
	outputs: [
		{ columns: { deleted: { meaning: 'true' }, tuneId: TUNE_COLUMNS.tuneId } },
		INPUT_OUTPUT,
	],
	links: [astriaLink('delete a tune', 'api/tune/delete')],
});
