import { InputError } from '../../errors';
import { type JsonObject, textOf } from '../../json';
import { idOf } from '../api/entity';
import { familyOf, FLUX_TUNE, SD15_TUNE } from '../models/catalog';
import { tokenOf } from '../prompts/text';
import { MOCK, type Tune } from '../tunes/tune';

/** What dresses the person. */
export type DressEngine = 'partner' | 'flux' | 'v1';

/** Garments of the upper body that Flux's try-on knows (docs.astria.ai, Virtual try-on). */
const UPPER = ['shirt', 't-shirt', 'jacket', 'sweater', 'hoodie', 'coat', 'parka'];

const LOWER = ['pants', 'shorts', 'skirt', 'jeans', 'trousers'];

const WHOLE = [
	'clothing',
	'dress',
	'swimming suit',
	'bathing suit',
	'blouse',
	'vest',
	'suit',
	'gown',
	'jumpsuit',
];

/** What people write for a class that Astria knows by another word. */
const SYNONYMS: Readonly<Record<string, string>> = {
	bottom: 'pants',
	bottoms: 'pants',
	garment: 'clothing',
	'one-piece': 'clothing',
	'one-pieces': 'clothing',
	outfit: 'clothing',
	'pair of pants': 'pants',
	swimsuit: 'swimming suit',
	swimwear: 'swimming suit',
	'swimming-suit': 'swimming suit',
	swimming_suit: 'swimming suit',
	tee: 't-shirt',
	top: 'shirt',
	tops: 'shirt',
	tshirt: 't-shirt',
};

/** The classes that Flux dresses a person in. */
export const FLUX_CLASSES: readonly string[] = [...UPPER, ...LOWER, ...WHOLE];

/** A class as Astria spells it: in small letters, synonyms replaced. */
export function plainClass(word: string): string {
	const plain = word.trim().toLowerCase().replace(/\s+/g, ' ');
	return SYNONYMS[plain] ?? plain;
}

/** Stable Diffusion masks the upper body, the lower body, or all of it. */
function maskClass(word: string): string | undefined {
	if (UPPER.includes(word)) return 'shirt';
	if (LOWER.includes(word)) return 'pants';
	return WHOLE.includes(word) ? 'clothing' : undefined;
}

/**
 * The class under which a garment's picture is registered.
 *
 * @param label of the parameter, for the message
 * @throws InputError when the engine would leave the garment out without a word
 */
export function garmentClass(engine: DressEngine, word: string, label: string): string {
	const plain = plainClass(word);
	if (engine === 'partner') return plain;
	const known = engine === 'flux' ? FLUX_CLASSES.find((name) => name === plain) : maskClass(plain);
	if (known !== undefined) return known;
	throw new InputError(
		label,
		`is "${word}", which this engine leaves out of its pictures without a word`,
		`Use one of: ${FLUX_CLASSES.join(', ')}. Or use the engine Partner Model, which takes any.`,
	);
}

/** The person of a try-on as a tune. */
export interface DressPerson {
	tuneId: number;
	/** A checkpoint is the model that the prompt runs on; the others are referred to in its text. */
	kind: 'faceid' | 'lora' | 'checkpoint';
	/** Such as `woman`. */
	className: string;
	/** The word that stands for a trained person. */
	token: string;
}

/** A garment of a try-on as a tune. */
export interface DressGarment {
	tuneId: number;
	className: string;
}

/** What a try-on prompt is made of. */
export interface DressPlan {
	engine: DressEngine;
	/** The partner model; without meaning for the other engines. */
	model: number;
	person: DressPerson;
	garments: readonly DressGarment[];
	scene: string;
	/** Whether there is a picture to take the pose from. */
	hasPose: boolean;
}

/** Words that make a trained person appear where the tune does not say (docs.astria.ai, Create a tune). */
const TRIGGERS = { sd15: 'sks', others: 'ohwx' };

function refuse(label: string, problem: string, cure: string): never {
	throw new InputError(label, problem, cure);
}

/** How a tune takes part, by its type. */
function kindOf(tune: Tune): DressPerson['kind'] | undefined {
	const type = textOf(tune.model_type);
	if (type === undefined) return 'checkpoint';
	return type === 'faceid' || type === 'lora' ? type : undefined;
}

/** Whether an engine can show a person of this kind, trained for this family; a mock stands for any. */
function suits(engine: DressEngine, kind: DressPerson['kind'], tune: Tune): boolean {
	if (kind === 'faceid' || textOf(tune.branch) === MOCK) return true;
	const family = familyOf(tune.branch);
	if (engine === 'flux') return kind === 'lora' && family === 'flux';
	return engine === 'v1' && family === 'sd' && textOf(tune.branch) !== 'sdxl1';
}

/**
 * The person that a tune holds.
 *
 * @param label of the parameter, for the message
 * @throws InputError when the engine cannot show it
 */
export function personOf(engine: DressEngine, tune: Tune, label: string): DressPerson {
	const tuneId = idOf(tune) ?? 0;
	const kind = kindOf(tune);
	if (kind === undefined || !suits(engine, kind, tune)) {
		const made = [textOf(tune.branch), textOf(tune.model_type)].filter(Boolean).join(' ');
		refuse(
			label,
			`is tune ${tuneId} (${made}), which this engine cannot show`,
			'Use a FaceID reference, or the engine that the tune was trained for.',
		);
	}
	const trigger = textOf(tune.branch) === 'sd15' ? TRIGGERS.sd15 : TRIGGERS.others;
	const token = textOf(tune.token) ?? trigger;
	return { tuneId, kind, className: textOf(tune.name) ?? 'person', token };
}

/**
 * The garment that a tune holds.
 *
 * @throws InputError when it is no reference, or of a class that the engine leaves out
 */
export function garmentOf(engine: DressEngine, tune: Tune, label: string): DressGarment {
	const tuneId = idOf(tune) ?? 0;
	const type = textOf(tune.model_type);
	if (type !== 'faceid' && textOf(tune.branch) !== MOCK) {
		refuse(
			label,
			`is tune ${tuneId}, which is no FaceID reference`,
			"Make one with Astria Tune, Model Type 'FaceID', or give the picture of the garment.",
		);
	}
	const className = textOf(tune.name) ?? 'clothing';
	// Flux leaves out what it does not know by exactly this word; a synonym does not help a tune.
	if (engine === 'flux' && garmentClass(engine, className, label) !== className) {
		refuse(
			label,
			`is tune ${tuneId} of the class "${className}", which Flux does not put on`,
			`Change its class to "${garmentClass(engine, className, label)}" with Astria Tune, Update.`,
		);
	}
	return { tuneId, className };
}

function listed(words: readonly string[]): string {
	return new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(words);
}

const WEARING = /^wearing\b/i;

const faceid = (tuneId: number, className?: string) =>
	tokenOf({ tuneId, kind: 'faceid', weight: 1, ...(className && { className }) });

/** Partner models want the class right behind each token (Astria's virtual try-on skill). */
function partnerText({ person, garments, scene }: DressPlan): string {
	const subject = faceid(person.tuneId, person.className);
	const worn = listed(garments.map(({ tuneId, className }) => faceid(tuneId, className)));
	const dressed = WEARING.test(scene) ? `${subject} ${worn}` : `${subject} wearing ${worn}`;
	return scene === '' ? dressed : `${dressed}, ${scene}`;
}

/** The others have all tokens in front, then say in words who wears what. */
function diffusionText({ engine, person, garments, scene, hasPose }: DressPlan): string {
	const { tuneId, kind, className, token } = person;
	const tokens = [
		...(kind === 'lora' ? [tokenOf({ tuneId, kind, weight: 1 })] : []),
		...garments.map((garment) => faceid(garment.tuneId)),
	];
	const subject = kind === 'faceid' ? faceid(tuneId, className) : `${token} ${className}`;
	const worn = `wearing ${listed(garments.map((garment) => garment.className))}`;
	const words = WEARING.test(scene) ? scene : [worn, scene].filter(Boolean).join(', ');
	// Later steps are free of the pose, so that the garment keeps its form.
	const flags = engine === 'flux' && hasPose ? ['--control_guidance_end 0.5'] : [];
	return [...tokens, subject, words, ...flags].join(' ');
}

/** The text of a try-on prompt. */
export function dressText(plan: DressPlan): string {
	const scene = plan.scene.trim();
	return plan.engine === 'partner'
		? partnerText({ ...plan, scene })
		: diffusionText({ ...plan, scene });
}

/** The tune that an engine runs on, and that its references are made on. */
export function baseOf({ engine, model }: Pick<DressPlan, 'engine' | 'model'>): number {
	switch (engine) {
		case 'partner':
			return model;
		case 'flux':
			return FLUX_TUNE;
		case 'v1':
			return SD15_TUNE;
	}
}

/** The tune that a try-on prompt is posted to. */
export function dressHost(plan: DressPlan): number {
	const { engine, person } = plan;
	return engine === 'v1' && person.kind === 'checkpoint' ? person.tuneId : baseOf(plan);
}

/** Settings of the recipes, by API name (docs.astria.ai, Virtual try-on). */
const V1: JsonObject = {
	num_images: 4,
	negative_prompt: 'old, wrinkles, mole, blemish, scar, sad, severe, 3d, cg',
	steps: 30,
	super_resolution: true,
	inpaint_faces: true,
	face_correct: false,
	film_grain: false,
	face_swap: true,
	hires_fix: true,
	backend_version: 1,
	use_lpw: true,
};

const V1_WITH_POSE: JsonObject = {
	...V1,
	controlnet: 'pose',
	denoising_strength: 0.9,
	controlnet_conditioning_scale: 0.4,
	controlnet_txt2img: false,
	ar: '1:1',
	scheduler: 'dpm++sde_karras',
};

const V1_WITHOUT_POSE: JsonObject = { ...V1, w: 512, h: 640, scheduler: 'euler_a' };

const FLUX: JsonObject = {
	num_images: 1,
	w: 768,
	h: 1280,
	super_resolution: true,
	hires_fix: true,
	inpaint_faces: true,
	backend_version: 0,
	scheduler: 'dpm++2m_karras',
};

const FLUX_WITH_POSE: JsonObject = {
	...FLUX,
	controlnet: 'pose',
	controlnet_conditioning_scale: 0.4,
	controlnet_txt2img: false,
};

const PARTNER: JsonObject = { num_images: 1, aspect_ratio: '3:4' };

/** What partner models make unless they are asked for another size, where they know sizes at all. */
const PARTNER_RESOLUTION = '2K';

/** Ways to say the shape, of which a recipe has one and the user may have said another. */
const SHAPES = [['aspect_ratio'], ['w', 'h'], ['ar']];

/** What a recipe asks for only of pictures that are made larger. */
const OF_SUPER_RESOLUTION = ['hires_fix', 'inpaint_faces'];

/**
 * A recipe without what would contradict the user: a shape in other words than the user's, and what
 * needs the super resolution that the user has turned off.
 */
export function agreeing(
	presets: Readonly<Record<string, unknown>>,
	values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
	const isSet = (name: string) => values[name] !== undefined;
	const shape = SHAPES.find((names) => names.some(isSet));
	const out = new Set([
		...(shape === undefined ? [] : SHAPES.flat().filter((name) => !shape.includes(name))),
		...(values.super_resolution === false ? OF_SUPER_RESOLUTION : []),
	]);
	return Object.fromEntries(Object.entries(presets).filter(([name]) => !out.has(name)));
}

/**
 * The settings of an engine's recipe; what the user sets wins over them.
 *
 * @param resolutions that the partner model is known to take
 */
export function dressPresets(
	{ engine, hasPose }: Pick<DressPlan, 'engine' | 'hasPose'>,
	resolutions: readonly string[],
): JsonObject {
	switch (engine) {
		case 'partner':
			return resolutions.includes(PARTNER_RESOLUTION)
				? { ...PARTNER, resolution: PARTNER_RESOLUTION }
				: PARTNER;
		case 'flux':
			return hasPose ? FLUX_WITH_POSE : FLUX;
		case 'v1':
			return hasPose ? V1_WITH_POSE : V1_WITHOUT_POSE;
	}
}
