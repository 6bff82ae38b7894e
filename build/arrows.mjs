import { readdirSync } from 'node:fs';
import path from 'node:path';

const VENDORS = { Astria: 'astria', Fal: 'fal' };

/** Floors that know no vendor: a package of one service is cut from them and that vendor's own. */
const SHARED_FLOORS = ['./lib/*.ts', './lib/fields', './lib/jobs', './lib/media', './nodes/shared'];

/** What a vendor owns. */
const roomsOf = (vendor) => [`./nodes/${vendor}`, `./lib/${VENDORS[vendor]}`];

/**
 * The arrows of the house: down only, no node to another, no vendor to another.
 *
 * @returns zones of the rule import-x/no-restricted-paths
 */
export function forbiddenArrows() {
	const folders = readdirSync('nodes', { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.node.ts'))
		.map(({ parentPath }) => parentPath);
	return [
		{ target: './lib', from: './nodes' },
		{ target: './lib/*.ts', from: ['./lib/fields', './lib/jobs', './lib/media'] },
		{ target: SHARED_FLOORS, from: Object.keys(VENDORS).flatMap(roomsOf) },
		...Object.keys(VENDORS).map((vendor) => ({
			target: roomsOf(vendor),
			from: Object.keys(VENDORS)
				.filter((other) => other !== vendor)
				.flatMap(roomsOf),
		})),
		...folders.map((folder) => ({
			target: `./${folder}`,
			from: `./${path.dirname(folder)}`,
			except: [`./${path.basename(folder)}`, './shared'],
		})),
	];
}
