import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { DressEngine } from '../../../../lib/astria/tryOn/classes';
import { dressPrompt, type DressRequest } from '../../../../lib/astria/tryOn/driver';
import { ASTRIA } from '../../../../lib/astria/api/errors';
import { textOf } from '../../../../lib/astria/api/json';
import type { Family } from '../../../../lib/astria/models/catalog';
import type { CatalogLookup } from '../../../../lib/astria/models/lookup';
import { checkPrompt } from '../../../../lib/astria/prompts/rules';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import { DRESS_FIELDS } from '../../../../lib/astria/fields/dress';
import { ADDITIONAL_FIELDS, TUNE } from '../../../../lib/astria/fields/tune';
import { readField } from '../../../../lib/fields/coerce';
import type { TuneField } from '../../../../lib/fields/field';
import { fieldProperties } from '../../../shared/fieldProperty';
import { promptGroupProperties } from '../../shared/promptGroups';
import { readRunOptions } from './run';
import { type DressPartReader, garmentsProperty, personProperties } from './dressParts';
import { readOwnParts } from './request';

/** Rules of the models that each engine runs on. */
const FAMILIES: Record<DressEngine, Family> = { partner: 'partner', flux: 'flux', v1: 'sd' };

const MODEL: TuneField = {
	...TUNE,
	label: 'Model',
	help: 'The partner model that makes the pictures. Empty for the one that Astria recommends today.',
	required: undefined,
};

/** Groups of settings that a try-on has. */
const GROUPS = new Set(['basics', 'quality', 'control', 'more']);

function engineProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	const { show } = displayOptions;
	return [
		{
			displayName: 'Engine',
			name: 'engine',
			type: 'options',
			options: [
				{
					name: 'Backend V1',
					value: 'v1',
					description: 'Stable Diffusion, for a person trained on it',
				},
				{ name: 'Flux', value: 'flux', description: 'Flux1.dev, for a LoRA of a person' },
				{
					name: 'Partner Model',
					value: 'partner',
					description: 'Nano Banana and others: any garment, ready at once',
				},
			],
			default: 'partner',
			description: 'What dresses the person',
			displayOptions,
		},
		{
			displayName: MODEL.label,
			name: 'model',
			type: 'resourceLocator',
			default: { mode: 'list', value: '' },
			description: MODEL.help,
			displayOptions: { show: { ...show, engine: ['partner'] } },
			modes: [
				{
					displayName: 'From List',
					name: 'list',
					type: 'list',
					typeOptions: { searchListMethod: 'searchModels', searchable: true },
				},
				{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 4180298' },
			],
		},
	];
}

/** The parameters of a try-on. */
export function dressProperties(displayOptions: IDisplayOptions): INodeProperties[] {
	const groups = promptGroupProperties(displayOptions).filter(({ name }) => GROUPS.has(name));
	return [
		...engineProperties(displayOptions),
		...personProperties(displayOptions),
		garmentsProperty(displayOptions),
		...fieldProperties('scene', DRESS_FIELDS.scene, displayOptions),
		...groups,
		...fieldProperties('additional_fields', ADDITIONAL_FIELDS, displayOptions),
	];
}

function readEngine(context: IExecuteFunctions, row: number): DressEngine {
	const engine: unknown = context.getNodeParameter('engine', row, 'partner');
	return engine === 'flux' || engine === 'v1' ? engine : 'partner';
}

async function readModel(
	context: IExecuteFunctions,
	row: number,
	catalog: CatalogLookup,
): Promise<DressRequest['model']> {
	const { models } = await catalog.get();
	const given = readField(ASTRIA, MODEL, context.getNodeParameter('model', row, ''));
	if (typeof given === 'number') {
		return models.find(({ tuneId }) => tuneId === given) ?? { tuneId: given, resolutions: [] };
	}
	const [recommended = { tuneId: 0, resolutions: [] }] = models;
	return recommended;
}

/** The prompt as it will be, with tunes that do not exist yet. */
export function previewOf(request: DressRequest): PromptRequest {
	const { person, garments } = request;
	const subject =
		person.kind === 'tune'
			? person.person
			: { ...person.part, tuneId: 0, kind: 'faceid' as const, token: '' };
	const worn = garments.map((wear) =>
		wear.kind === 'tune' ? wear.garment : { ...wear.part, tuneId: 0 },
	);
	return dressPrompt(request, subject, worn);
}

/** The rules of the prompt are checked before its tunes are made. */
function checkRules(request: DressRequest): void {
	const { values, files } = previewOf(request);
	checkPrompt({ values, files: new Set(Object.keys(files)) }, FAMILIES[request.engine]);
}

/**
 * Reads and checks a try-on; nothing is registered yet.
 *
 * @throws InputError
 */
export async function readDressRequest(
	context: IExecuteFunctions,
	row: number,
	parts: DressPartReader,
	catalog: CatalogLookup,
): Promise<DressRequest> {
	const engine = readEngine(context, row);
	const scene = readField(ASTRIA, DRESS_FIELDS.scene, context.getNodeParameter('scene', row, ''));
	const { values, files, additional } = await readOwnParts(context, row);
	const request: DressRequest = {
		engine,
		model:
			engine === 'partner'
				? await readModel(context, row, catalog)
				: { tuneId: 0, resolutions: [] },
		person: await parts.person(row, engine),
		garments: await parts.garments(row, engine),
		scene: textOf(scene) ?? '',
		values: { ...values, ...additional },
		files,
		distinct: readRunOptions(context, row).distinct,
	};
	checkRules(request);
	return request;
}
