import { isRecord, parseJson } from '../json';
import { samplePerson } from '../pictures';
import { now } from './clock';
import { Refused, refuseIfAny, unprocessable } from './door';
import { addProblem, castAll, numberOf, textOf } from './fields';
import type { Fields, Problems } from './fields';
import { readFiles } from './files';
import { PRICES } from './money';
import { isTree } from './params';
import type { Param, ParamTree } from './params';
import { draftPrompt } from './prompt-create';
import type { PromptDraft } from './prompt-create';
import { NESTED_PROMPT_FIELDS, TUNE_FILES } from './prompt-fields';
import type { StoredFile, Tune } from './store';
import { TUNE_FIELDS } from './tune-fields';
import type { World } from './world';

/** What a tune is made from. */
export interface TuneOrder {
	params: ParamTree;
	workspaceId: number | null;
	origin: string;
	/** Fields that a pack sets, whatever the caller says. */
	pack?: Fields;
}

/** A tune that has been checked and may be bought, with the prompts that come with it. */
export interface TuneDraft {
	tune: Tune;
	prompts: PromptDraft[];
}

/** The documentation's trigger words: `ohwx` for SDXL and Flux, `sks` for SD 1.5. */
function triggerWord({ model_type, branch }: Fields): string | null {
	if (model_type === 'faceid') return null;
	return branch === 'sd15' ? 'sks' : 'ohwx';
}

function checkRequired(fields: Fields, images: StoredFile[], problems: Problems): void {
	for (const name of ['title', 'name']) {
		if (textOf(fields, name) === undefined) addProblem(problems, name, "can't be blank");
	}
	if (images.length === 0 && problems.images === undefined && problems.image_urls === undefined) {
		addProblem(problems, 'images', "can't be blank");
	}
}

/** Fills in what follows from the base tune, and checks that there is one where it is needed. */
function settleBase(world: World, fields: Fields, problems: Problems): void {
	const baseId = numberOf(fields, 'base_tune_id');
	const base = world.store.tunes.get(baseId ?? 0);
	if (baseId !== undefined && base === undefined) addProblem(problems, 'base_tune', 'must exist');
	fields.branch ??= base?.gallery?.referenceBranch ?? base?.fields.branch ?? 'sd15';
	const needsBase = fields.model_type === 'lora' || fields.model_type === 'faceid';
	if (needsBase && baseId === undefined && fields.branch !== 'fast') {
		addProblem(problems, 'base_tune_id', "can't be blank");
	}
	// Astria trains SDXL as PTI only.
	if (fields.branch === 'sdxl1' && fields.model_type !== 'faceid') fields.model_type = 'pti';
	fields.token ??= triggerWord(fields);
}

/** An object, or the same as JSON text: Astria's command line sends it so. */
export function readCharacteristics(value: Param | undefined): Record<string, string> {
	const tree: unknown = typeof value === 'string' ? parseJson(value) : value;
	if (typeof value === 'string' && tree === undefined) {
		throw unprocessable({ characteristics: ['is invalid'] });
	}
	if (!isRecord(tree)) return {};
	return Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, String(text)]));
}

/** What a tune costs, in millicents. */
export function tuneCost({ branch, model_type }: Fields): number {
	if (branch === 'fast') return 0;
	return model_type === 'faceid' ? PRICES.reference : PRICES.training;
}

async function draftPrompts(
	world: World,
	tune: Tune,
	value: Param | undefined,
): Promise<PromptDraft[]> {
	const drafts: PromptDraft[] = [];
	for (const params of Array.isArray(value) ? value : []) {
		if (!isTree(params)) continue;
		const { workspaceId, origin } = tune;
		const order = { host: tune, params, workspaceId, origin, table: NESTED_PROMPT_FIELDS };
		drafts.push(await draftPrompt(world, order));
	}
	return drafts;
}

/** Rails names the problems of nested records after their parent: `prompts.text`. */
async function nested<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (!(error instanceof Refused)) throw error;
		const { body } = error.answer;
		if (!isRecord(body)) throw error;
		const problems = Object.entries(body).map(([name, texts]) => [`prompts.${name}`, texts]);
		throw new Refused({ ...error.answer, body: Object.fromEntries(problems) });
	}
}

async function mockImage(world: World): Promise<StoredFile> {
	const contentType = 'image/jpeg';
	const data = await samplePerson(0);
	return { url: world.publish(data, contentType), contentType, data };
}

/**
 * Reads and checks a tune, pictures and prompts included. Nothing is bought yet.
 * @throws {Refused} 422 with what is wrong
 */
export async function draftTune(world: World, order: TuneOrder): Promise<TuneDraft> {
	const { params, workspaceId, origin, pack } = order;
	const problems: Problems = {};
	const fields = { ...castAll(TUNE_FIELDS, params, problems), ...pack };
	const images = await readFiles(world, TUNE_FILES, params, problems);
	checkRequired(fields, images, problems);
	settleBase(world, fields, problems);
	refuseIfAny(problems);

	const createdAt = now(world);
	const tune: Tune = {
		id: 0,
		fields,
		characteristics: readCharacteristics(params.characteristics),
		images: fields.branch === 'fast' ? [await mockImage(world)] : images,
		workspaceId,
		fromPack: pack !== undefined,
		createdAt,
		updatedAt: createdAt,
		eta: new Date(createdAt.getTime() + world.settings.trainingMs),
		startedTrainingAt: null,
		trainedAt: null,
		expiresAt: null,
		failedAt: null,
		failMessage: null,
		costMc: tuneCost(fields),
		origin,
	};
	const prompts = await nested(draftPrompts(world, tune, params.prompts_attributes));
	return { tune, prompts };
}
