import type { FieldTable } from '../../fields/field';
import { TUNE_ENTITY } from './entities';

/** A tune that a prompt refers to (docs.astria.ai, FaceID and Flux fine-tuning). */
export const REFERENCE_FIELDS = {
	tune: {
		...TUNE_ENTITY,
		label: 'Tune',
		help: 'The person, garment or style to show.',
		required: true,
	},
	kind: {
		type: 'options',
		label: 'Kind',
		help: 'How the tune was made. Automatic asks Astria, and anything else has to agree with what it says.',
		options: {
			automatic: { label: 'Automatic', help: 'As the tune itself says' },
			faceid: { label: 'FaceID', help: 'A reference that was not trained: a garment, a face' },
			lora: { label: 'LoRA', help: 'A trained person, product or style' },
		},
		default: 'automatic',
		defaultApplies: true,
		ofNode: true,
	},
	weight: {
		type: 'number',
		label: 'Weight',
		help: 'How strongly the tune shows. Partner models know only 1.',
		min: 0,
		default: 1,
	},
	class_name: {
		type: 'text',
		label: 'Class Word',
		help: 'What the tune shows, put right behind its token. Empty for the class of a FaceID, and for nothing behind a LoRA.',
		placeholder: 'e.g. ohwx woman',
	},
	into: {
		type: 'options',
		label: 'Put Into',
		help: 'Which text gets the token, where it is filled in and does not have it yet.',
		options: {
			both: { label: 'Text and Video Prompt', help: 'Each of the two that is filled in' },
			text: { label: 'Text', help: 'The text of the picture' },
			video_prompt: { label: 'Video Prompt', help: 'The text of the video' },
		},
		default: 'both',
	},
} as const satisfies FieldTable;
