/** The text block of the documentation's try-on (docs.astria.ai, Virtual try-on). */
export const DOCUMENTED_BLOCK = `<faceid:1227460:1> ohwx woman wearing a swimming suit, high resolution fashion photoshoot, UHD
num_images=4
negative_prompt=old, wrinkles, mole, blemish, scar, sad, severe, 3d, cg
seed=
steps=30
cfg_scale=
controlnet=pose
input_image_url=https://sdbooth2-production.s3.amazonaws.com/7cw0uwxugd4g22qobjlow6h5gbcv
mask_image_url=
denoising_strength=0.9
controlnet_conditioning_scale=0.4
controlnet_txt2img=false
super_resolution=true
inpaint_faces=true
face_correct=false
film_grain=false
face_swap=true
hires_fix=true
backend_version=1
prompt_expansion=undefined
ar=1:1
scheduler=dpm++sde_karras
color_grading=
use_lpw=true
w=
h=
`;

/** What Astria gets of it. */
export const DOCUMENTED_PROMPT = {
	text: '<faceid:1227460:1> ohwx woman wearing a swimming suit, high resolution fashion photoshoot, UHD',
	num_images: 4,
	negative_prompt: 'old, wrinkles, mole, blemish, scar, sad, severe, 3d, cg',
	steps: 30,
	controlnet: 'pose',
	input_image_url: 'https://sdbooth2-production.s3.amazonaws.com/7cw0uwxugd4g22qobjlow6h5gbcv',
	denoising_strength: 0.9,
	controlnet_conditioning_scale: 0.4,
	controlnet_txt2img: false,
	super_resolution: true,
	inpaint_faces: true,
	face_correct: false,
	film_grain: false,
	face_swap: true,
	hires_fix: true,
	backend_version: 1,
	ar: '1:1',
	scheduler: 'dpm++sde_karras',
	use_lpw: true,
};
