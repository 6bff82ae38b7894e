import { InputError } from '../../errors';
import type { DressEngine } from './classes';
import { garmentClass } from './classes';
import { idOf, textOf } from '../api/json';
import { familyOf, FLUX_TUNE, SD15_TUNE } from '../models/catalog';
import { tokenOf } from '../prompts/tokens';
import type { Tune } from '../tunes/calls';

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

/** Tunes that train nothing and cost nothing stand for any engine (docs.astria.ai, API overview). */
const MOCK = 'fast';

function refuse(label: string, problem: string, cure: string): never {
	throw new InputError(label, problem, cure);
}

/** How a tune takes part, by its type. */
function kindOf(tune: Tune): DressPerson['kind'] | undefined {
	const type = textOf(tune.model_type);
	if (type === undefined) return 'checkpoint';
	return type === 'faceid' || type === 'lora' ? type : undefined;
}

/** Whether an engine can show a person of this kind, trained for this family. */
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

/** The tune that a try-on prompt is posted to. */
export function dressHost({ engine, model, person }: DressPlan): number {
	switch (engine) {
		case 'partner':
			return model;
		case 'flux':
			return FLUX_TUNE;
		case 'v1':
			return person.kind === 'checkpoint' ? person.tuneId : SD15_TUNE;
	}
}
