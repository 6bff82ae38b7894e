import type { DressPlan } from './dress';
import type { JsonObject } from '../api/json';

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
