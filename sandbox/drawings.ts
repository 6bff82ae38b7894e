/** Size of a drawn sample, in pixels. */
export const SAMPLE = { width: 600, height: 800 };

const SKINS = ['#f1c9a5', '#8d5524', '#e0ac69', '#5c3a21', '#ffdbac', '#c68642'];
const HAIRS = ['#2b1b12', '#0f0f14', '#8c5a2b', '#c9a25d', '#6b2e1a'];
const WALLS = ['#dfe6ec', '#efe4d6', '#d9e7dc', '#e8dcea', '#e3e3e0', '#d5e3ea', '#f0dfdb'];
const BASICS = ['#fafafa', '#b9bfc7', '#44505c', '#d8c8b2'];
const CLOTHS = ['#c0392b', '#1f618d', '#1e8449', '#f1c40f', '#6c3483', '#17a2a2', '#d35400'];
const ACCENTS = ['#fdfefe', '#1b2631', '#f5b7b1', '#fad7a0', '#aed6f1'];

/** The palettes have lengths without a common factor, so that neighbours differ in every colour. */
function pick(palette: string[], n: number): string {
	return palette[n % palette.length] ?? '#888888';
}

function svg(content: string): string {
	const { width, height } = SAMPLE;
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
}

const LONG_HAIR = (colour: string) =>
	`<path d="M238 140 Q232 58 300 58 Q368 58 362 140 L372 262 Q300 236 228 262 Z" fill="${colour}"/>`;
const SHORT_HAIR = (colour: string) =>
	`<path d="M240 132 Q236 58 300 58 Q364 58 360 132 Q330 96 300 96 Q270 96 240 132 Z" fill="${colour}"/>`;
const BUN = (colour: string) => `<circle cx="300" cy="56" r="26" fill="${colour}"/>`;

/**
 * An SVG of a standing person in plain clothes, front view.
 * @param n chooses the looks; the same number always gives the same person
 */
export function personSvg(n: number): string {
	const skin = pick(SKINS, n);
	const hair = pick(HAIRS, n);
	const basic = pick(BASICS, n);
	const style = n % 3;
	const behind = style === 1 ? LONG_HAIR(hair) : style === 2 ? BUN(hair) : '';
	return svg(
		`<rect width="600" height="800" fill="${pick(WALLS, n)}"/>` +
			'<rect y="700" width="600" height="100" fill="#00000018"/>' +
			'<ellipse cx="300" cy="752" rx="130" ry="18" fill="#00000022"/>' +
			behind +
			`<g fill="none" stroke="${skin}" stroke-linecap="round">` +
			'<path d="M214 262 Q172 350 182 468" stroke-width="44"/>' +
			'<path d="M386 262 Q428 350 418 468" stroke-width="44"/>' +
			'<path d="M264 480 L258 720" stroke-width="64"/><path d="M336 480 L342 720" stroke-width="64"/>' +
			'</g>' +
			`<path d="M276 170 h48 v54 h-48 Z" fill="${skin}"/>` +
			`<path d="M206 236 Q250 214 300 226 Q350 214 394 236 L372 430 L384 500 L216 500 L228 430 Z" fill="${basic}"/>` +
			'<path d="M222 470 L378 470 L372 610 L308 610 L300 540 L292 610 L228 610 Z" fill="#5d6d7e"/>' +
			`<ellipse cx="300" cy="134" rx="56" ry="66" fill="${skin}"/>` +
			SHORT_HAIR(hair) +
			'<g fill="#2c2c2c"><circle cx="280" cy="138" r="5"/><circle cx="320" cy="138" r="5"/></g>' +
			'<path d="M284 170 Q300 182 316 170" fill="none" stroke="#7b3f3f" stroke-width="4" stroke-linecap="round"/>' +
			'<g fill="#30343a"><ellipse cx="252" cy="744" rx="34" ry="14"/><ellipse cx="348" cy="744" rx="34" ry="14"/></g>',
	);
}

const TEE =
	'M190 190 Q300 250 410 190 L560 290 L500 380 L440 340 L440 690 L160 690 L160 340 L100 380 L40 290 Z';
const DRESS =
	'M210 100 L250 100 Q300 170 350 100 L390 100 L400 240 Q385 320 385 350 L500 740 L100 740 L215 350 Q215 320 200 240 Z';
const TROUSERS = 'M170 90 L430 90 L480 740 L350 740 L305 300 L295 300 L250 740 L120 740 Z';
const SWEATER =
	'M200 170 Q300 130 400 170 L520 260 L570 640 L480 655 L440 420 L440 690 L160 690 L160 420 L120 655 L30 640 L80 260 Z';
const SHAPES = [TEE, DRESS, TROUSERS, SWEATER];

function patternFill(n: number, accent: string): string {
	switch (n % 3) {
		case 1:
			return `<rect width="60" height="30" fill="${accent}"/>`;
		case 2:
			return `<circle cx="30" cy="30" r="12" fill="${accent}"/>`;
		default:
			return '';
	}
}

/**
 * An SVG of a garment alone on a white ground: a tee, a dress, trousers or a sweater.
 * @param n chooses shape, colour and pattern; the same number always gives the same garment
 */
export function garmentSvg(n: number): string {
	const cloth = pick(CLOTHS, n);
	const shape = pick(SHAPES, n);
	return svg(
		`<defs><pattern id="p" width="60" height="60" patternUnits="userSpaceOnUse"><rect width="60" height="60" fill="${cloth}"/>${patternFill(n, pick(ACCENTS, n))}</pattern></defs>` +
			'<rect width="600" height="800" fill="#ffffff"/>' +
			`<path d="${shape}" fill="url(#p)" stroke="#00000055" stroke-width="5" stroke-linejoin="round"/>`,
	);
}

/**
 * The letters of SANDBOX as strokes on a grid of 4 x 6. Drawn, not written: a machine without fonts
 * would leave text out.
 */
const LETTERS = [
	'M4 0 H0 V3 H4 V6 H0',
	'M0 6 L2 0 L4 6 M1 4 H3',
	'M0 6 V0 L4 6 V0',
	'M0 0 H2 L4 2 V4 L2 6 H0 Z',
	'M0 0 H3 V3 H0 Z M3 3 H4 V6 H0 V3',
	'M0 0 H4 V6 H0 Z',
	'M0 0 L4 6 M4 0 L0 6',
];

/** Ground of the mark. No garment or wall has this colour. */
export const MARK_COLOUR = { r: 255, g: 0, b: 144 };

/** Height of the mark as a part of the picture's height. */
export const MARK_SHARE = 0.08;

/**
 * The strip that marks a picture as the sandbox's: the word, and the seed as a row of squares, so
 * that different seeds make different pictures.
 * @param seed any integer; its lowest 16 bits show
 */
export function markSvg(width: number, height: number, seed: number): string {
	const { r, g, b } = MARK_COLOUR;
	const letters = LETTERS.map((path, i) => `<path d="${path}" transform="translate(${i * 6} 0)"/>`);
	const bits = Array.from({ length: 16 }, (_, i) => {
		const on = Math.floor(seed / 2 ** i) % 2 === 1;
		return `<rect x="${i * 2.5}" y="7.5" width="2" height="1.2" fill="${on ? '#ffffff' : '#00000066'}"/>`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="rgb(${r},${g},${b})"/><svg x="0" y="0" width="${width}" height="${height}" viewBox="-2 -1.5 44 11.5"><g fill="none" stroke="#ffffff" stroke-width="0.9">${letters.join('')}</g>${bits.join('')}</svg></svg>`;
}
