import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { INSPECT_FIELDS } from '../../../../../lib/astria/fields/tune';
import {
	characteristicsOf,
	inspect,
	type Inspection,
	objectionsTo,
} from '../../../../../lib/astria/tunes/inspect';
import type { OptionsField } from '../../../../../lib/fields/field';
import { readField, readValues } from '../../../../../lib/fields/values';
import { withoutDataUri } from '../../../../../lib/media/picture';
import { eachRow } from '../../../../shared/eachRow';
import { fieldProperty, tableProperties } from '../../../../shared/fieldProperty';
import { type Columns, type OperationPage, shownWhen } from '../../../../shared/operation';
import { readPicture } from '../../../../shared/pictures';
import { INPUT_OUTPUT, inputFieldsProperty, rowReader } from '../../../../shared/row';
import { astriaLink } from '../../../shared/links';
import { asData } from '../../../shared/output';
import { fileRules } from '../../../shared/promptFields';
import type { AstriaOperation, AstriaSession } from '../../../shared/session';

const { image: IMAGE } = INSPECT_FIELDS;

const OUTPUT = {
	type: 'options',
	label: 'Output',
	help: 'What comes out.',
	options: {
		characteristics: {
			label: 'Characteristics',
			help: 'One item for all pictures: what most of them show, as a tune takes it, and which ones are no good for training',
		},
		picture: {
			label: 'Each Picture',
			help: 'What each picture shows, and whether it is good for training',
		},
	},
	default: 'picture',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField;

const PICTURE_COLUMNS = {
	'…': {
		meaning:
			'What Astria sees in the picture, under its own names, such as `eye_color` and `blurry`',
	},
	goodForTraining: { meaning: 'Whether nothing speaks against the picture' },
	problems: { meaning: 'What speaks against it, in words' },
} as const satisfies Columns;

const SUMMARY_COLUMNS = {
	characteristics: { meaning: 'What most good pictures show, as Create takes it' },
	pictureCount: { meaning: 'How many pictures were looked at' },
	badPictures: {
		meaning: 'Those that are no good for training: `row`, from 1, and `problems`',
	},
} as const satisfies Columns;

async function inspectRow(
	context: IExecuteFunctions,
	{ client, timing }: AstriaSession,
	row: number,
): Promise<Inspection> {
	const { name } = readValues(INSPECT_FIELDS, rowReader(context, row));
	const rules = fileRules(IMAGE);
	const given = await readPicture(context, row, 'image', rules);
	const picture = await withoutDataUri(rules, given);
	return await inspect(client, timing, name, picture);
}

function verdictOn(inspection: Inspection): { goodForTraining: boolean; problems: string[] } {
	const problems = objectionsTo(inspection);
	return { goodForTraining: problems.length === 0, problems };
}

/** One item for all rows; those that failed are beside it. */
function summaryOf(items: INodeExecutionData[], seen: Map<number, Inspection>): INodeExecutionData {
	const bad = [...seen].map(([row, inspection]) => ({ row, ...verdictOn(inspection) }));
	const json: IDataObject = {
		characteristics: characteristicsOf([...seen.values()]),
		pictureCount: seen.size,
		badPictures: bad
			.filter(({ goodForTraining }) => !goodForTraining)
			.map(({ row, problems }) => ({ row: row + 1, problems })),
	};
	return { json, pairedItem: items.flatMap(({ pairedItem }) => pairedItem ?? []).map(asPaired) };
}

function asPaired(item: number | { item: number }): { item: number } {
	return typeof item === 'number' ? { item } : { item: item.item };
}

/** Lets Astria look at pictures before they are used for training. */
export const inspectImage: AstriaOperation = {
	name: 'Inspect',
	value: 'inspect',
	action: 'Inspect image',
	description: 'Describe who is in a picture, and tell whether it is good for training',
	properties: [
		...tableProperties(INSPECT_FIELDS),
		fieldProperty('output', OUTPUT),
		...shownWhen({ output: ['picture'] }, [inputFieldsProperty]),
	],
	async execute(context, session) {
		const output = readField(OUTPUT, context.getNodeParameter('output', 0, ''));
		const seen = new Map<number, Inspection>();
		const items = await eachRow(context, session, async (row) => {
			const inspection = await inspectRow(context, session, row);
			seen.set(row, inspection);
			return [{ json: { ...asData(inspection), ...verdictOn(inspection) } }];
		});
		if (output === 'picture') return items;
		const failed = items.filter(({ json }) => json.error !== undefined);
		const done = items.filter(({ json }) => json.error === undefined);
		const inOrder = new Map([...seen].sort(([a], [b]) => a - b));
		return done.length === 0 ? failed : [summaryOf(done, inOrder), ...failed];
	},
};

export const inspectImagePage: OperationPage = () => ({
	outputs: [
		{ columns: PICTURE_COLUMNS },
		{
			when: 'with *Output* set to *Characteristics*, in one item for all pictures',
			columns: SUMMARY_COLUMNS,
		},
		INPUT_OUTPUT,
	],
	links: [astriaLink('inspect an image', 'api/images/inspect')],
});
