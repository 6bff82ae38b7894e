import { packById } from '../../../../../lib/astria/packs/calls';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { thePack } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { PACK_COLUMNS, packColumns } from '../../helpers/output';

/** Looks packs up by their ids or slugs, with their prompts and prices. */
export const getPack: AstriaOperation = {
	name: 'Get',
	value: 'get',
	action: 'Get pack',
	description: 'Look up a pack with its prompts and prices',
	properties: [...thePack.properties, simplifyProperty, inputFieldsProperty],
	async execute(context, session) {
		const { client, timing } = session;
		return await thePack.each(context, session, async (id, row) => {
			const pack = await packById(client, timing, id);
			return [{ json: packColumns(context, row, pack) }];
		});
	},
};

export const getPackPage: OperationPage = () => ({
	outputs: [{ columns: PACK_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [astriaLink('get a pack', 'api/pack/get')],
});
