import { InputError } from '../../errors';

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

/**
 * A class as Astria spells it: in small letters, synonyms replaced.
 */
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
