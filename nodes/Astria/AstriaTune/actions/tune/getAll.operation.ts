import { TUNE_FILTERS } from '../../../../../lib/astria/fields/tune';
import { TUNES } from '../../../../../lib/astria/tunes/tune';
import { readValues } from '../../../../../lib/fields/values';
import { eachRow } from '../../../../shared/eachRow';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import {
	readSelection,
	readSource,
	selectionProperties,
	sourceProperty,
} from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { tuneColumns } from '../../helpers/output';

/** Lists tunes, newest first. */
export const getTunes: AstriaOperation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many tunes',
	description: 'List the tunes of your account or of the gallery',
	properties: [
		sourceProperty('tunes'),
		...selectionProperties(TUNE_FILTERS),
		simplifyProperty,
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		return await eachRow(context, session, async (row) => {
			const selection = readSelection(context, row, (parameter) => ({
				...readValues(TUNE_FILTERS, parameter),
			}));
			const tunes = await TUNES[readSource(context, row)].select(client.reader(timing), selection);
			return tunes.map((tune) => ({ json: tuneColumns(context, session, row, tune) }));
		});
	},
};

export const getTunesPage: OperationPage = () => ({
	outputs: [{ columns: TUNE_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [astriaLink('list tunes', 'api/tune/list')],
});
