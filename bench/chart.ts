import type { Compared } from './measures';
import { timeText } from './report';

const WIDTH = 720;
const LABEL_HEIGHT = 22;
const BAR_HEIGHT = 16;
const BAR_STEP = 20;
const GROUP_GAP = 14;
const MARGIN = 12;
/** For the names of the bars, and for the times behind them. */
const NAMES_WIDTH = 96;
const TIMES_WIDTH = 84;

/** The axis begins here: a bar of a logarithmic scale has no zero. Milliseconds. */
const AXIS_FROM_MS = 1_000;

const STYLE = `
	text { font: 13px system-ui, sans-serif; fill: #24292f }
	.batch { font-weight: 600 }
	.floor { fill: #8c959f } .ours { fill: #1a7f37 } .naive { fill: #cf222e }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3 }
		.floor { fill: #6e7681 } .ours { fill: #3fb950 } .naive { fill: #f85149 }
	}
`;

/**
 * Draws how long batches take, beside their floor and a naive node, on a logarithmic scale.
 *
 * @returns an SVG for light and dark pages
 */
export function chartOf(batches: readonly Compared[]): string {
	const longest = Math.max(...batches.map(({ naiveMs }) => naiveMs));
	const room = WIDTH - 2 * MARGIN - NAMES_WIDTH - TIMES_WIDTH;
	const decades = Math.log10(longest / AXIS_FROM_MS);
	const length = (ms: number) => Math.max((Math.log10(ms / AXIS_FROM_MS) / decades) * room, 1);
	let y = MARGIN;
	const lines: string[] = [];
	for (const { name, floorMs, ours, naiveMs } of batches) {
		lines.push(`<text class="batch" x="${MARGIN}" y="${y + 14}">${name}</text>`);
		y += LABEL_HEIGHT;
		for (const [kind, title, ms] of [
			['floor', 'Floor', floorMs],
			['ours', 'This node', ours.ms],
			['naive', 'Naive node', naiveMs],
		] as const) {
			const x = MARGIN + NAMES_WIDTH;
			const width = length(ms).toFixed(1);
			const after = (x + length(ms) + 6).toFixed(1);
			lines.push(
				`<text x="${MARGIN}" y="${y + 13}">${title}</text>`,
				`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
				`<text x="${after}" y="${y + 13}">${timeText(ms)}</text>`,
			);
			y += BAR_STEP;
		}
		y += GROUP_GAP;
	}
	lines.push(
		`<text x="${MARGIN}" y="${y + 10}">Time on a logarithmic scale; shorter is better</text>`,
	);
	const size = `width="${WIDTH}" height="${y + 24}" viewBox="0 0 ${WIDTH} ${y + 24}"`;
	const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="How long batches take: floor, this node, naive node">`;
	return [head, `<style>${STYLE}</style>`, ...lines, '</svg>', ''].join('\n');
}
