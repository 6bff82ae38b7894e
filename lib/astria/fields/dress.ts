import { choice, type FieldTable } from '../../fields/field';
import { STILL_FIELDS } from './prompt';
import { HOW_MANY, WHICH_SHAPE } from './promptStill';

const one = (label: string) => choice(label, `A ${label.toLowerCase()}`);

/** Classes that Astria treats as a human being (docs.astria.ai, FaceID). */
const PERSON_CLASSES = {
	baby: { label: 'Baby', help: 'The person is a baby' },
	boy: { label: 'Boy', help: 'The person is a boy' },
	child: { label: 'Child', help: 'The person is a child' },
	girl: { label: 'Girl', help: 'The person is a girl' },
	man: { label: 'Man', help: 'The person is a man' },
	person: { label: 'Person', help: 'The person is an adult' },
	woman: { label: 'Woman', help: 'The person is a woman' },
} as const;

/** The other fields of its prompt, of which the recipe of the engine says what is left empty. */
export const DRESS_SETTINGS = {
	...STILL_FIELDS,
	num_images: {
		...STILL_FIELDS.num_images,
		help: `${HOW_MANY} Empty for 1, or 4 with Backend V1.`,
	},
	aspect_ratio: {
		...STILL_FIELDS.aspect_ratio,
		help: `${WHICH_SHAPE} Automatic is 3:4 with a partner model; with the other engines it is the size of their recipe, which a shape that is chosen here replaces.`,
	},
} as const satisfies FieldTable;

/** How a picture becomes part of a try-on (docs.astria.ai, Virtual try-on). */
export const DRESS_FIELDS = {
	person_class: {
		type: 'options',
		label: 'Person Class',
		help: 'What the picture of the person shows.',
		options: PERSON_CLASSES,
		default: 'woman',
		open: true,
	},
	scene: {
		type: 'text',
		label: 'Scene',
		help: "Where the person is and how the picture looks. Begin it with 'wearing' to describe the garment in words of your own. Flags such as --film_grain stand at its end.",
		placeholder: 'e.g. clean white studio background',
		multiline: true,
	},
} as const satisfies FieldTable;

/** What is said of each garment (docs.astria.ai, Virtual try-on). */
export const GARMENT_FIELDS = {
	garment_class: {
		type: 'options',
		label: 'Garment Class',
		help: 'What the picture of the garment shows. It says which part of the body is dressed.',
		options: {
			bag: one('Bag'),
			clothing: { label: 'Clothing', help: 'A whole outfit' },
			coat: one('Coat'),
			dress: one('Dress'),
			jacket: one('Jacket'),
			jeans: choice('Jeans', 'Trousers of denim'),
			jumpsuit: one('Jumpsuit'),
			pants: choice('Pants', 'Trousers'),
			shirt: one('Shirt'),
			shoes: choice('Shoes', 'A pair of shoes'),
			shorts: choice('Shorts', 'Short trousers'),
			skirt: one('Skirt'),
			suit: one('Suit'),
			sweater: one('Sweater'),
			'swimming suit': one('Swimming Suit'),
			't-shirt': one('T-Shirt'),
		},
		default: 'clothing',
		open: true,
	},
	garment_photo: {
		type: 'options',
		label: 'Garment Photo',
		help: 'How the picture shows the garment. Flux and Backend V1 take the pose from a photo with a person.',
		options: {
			auto: { label: 'Unknown', help: 'Take no pose from it' },
			flat: { label: 'Flat', help: 'The garment lies flat or is on a ghost mannequin' },
			worn: { label: 'Worn', help: 'A person wears the garment' },
		},
		default: 'auto',
	},
} as const satisfies FieldTable;
