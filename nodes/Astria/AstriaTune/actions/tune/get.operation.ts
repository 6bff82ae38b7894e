import { tuneById } from '../../../../../lib/astria/tunes/tune';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { theTune, tuneTo } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { tuneColumns } from '../../helpers/output';

/** Looks tunes up by their ids. */
export const getTune: AstriaOperation = {
	name: 'Get',
	value: 'get',
	action: 'Get tune',
	description: 'Look up a tune by its ID',
	properties: [
		...tuneTo('look up: one of your account, or a public one of the gallery'),
		simplifyProperty,
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		return await theTune.each(context, session, async (id, row) => {
			const tune = await tuneById(client, timing, id);
			return [{ json: tuneColumns(context, session, row, tune) }];
		});
	},
};

export const getTunePage: OperationPage = () => ({
	outputs: [{ columns: TUNE_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [astriaLink('retrieve a tune', 'api/tune/retrieve')],
});
