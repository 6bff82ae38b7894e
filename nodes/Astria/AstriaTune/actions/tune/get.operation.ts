import { getTune as callGet } from '../../../../../lib/astria/tunes/calls';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { theTune } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import { openSession } from '../../../shared/session';
import { tuneColumns } from '../../helpers/output';

/** Looks tunes up by their ids. */
export const getTune: Operation = {
	name: 'Get',
	value: 'get',
	action: 'Get tune',
	description: 'Look up a tune by its ID',
	properties: [...theTune.properties, simplifyProperty],
	async execute(context) {
		const session = await openSession(context);
		const { client, timing } = session;
		return await theTune.each(context, session, async (id, row) => {
			const tune = await callGet(client, timing, id);
			return [{ json: tuneColumns(context, session, row, tune) }];
		});
	},
};

export const getTunePage: OperationPage = () => ({
	outputs: [{ columns: TUNE_COLUMNS }, RAW_OUTPUT],
	links: [astriaLink('retrieve a tune', 'api/tune/retrieve')],
});
