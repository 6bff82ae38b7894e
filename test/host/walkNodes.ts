import path from 'node:path';

import { readManifest } from '../../build/project';

/** How a new user looks for a node, and what is there to be found. */
export interface WalkedNode {
	/** Name of the class and its folder. */
	name: string;
	displayName: string;
	/** What people type who do not know its name. */
	searches: string[];
	/** The first action of the list; a trigger has none of its own. */
	action?: string;
}

const KNOWN: WalkedNode[] = [
	{
		name: 'FashnTryOn',
		displayName: 'FASHN Try-On',
		searches: ['try on', 'virtual fitting', 'fal', 'fashn'],
		action: 'Generate pictures',
	},
	{
		name: 'AstriaTune',
		displayName: 'Astria Tune',
		searches: ['astria', 'tune'],
		action: 'Create tune',
	},
	{
		name: 'AstriaPrompt',
		displayName: 'Astria Prompt',
		searches: ['astria', 'try on'],
		action: 'Create prompt',
	},
	// n8n's panel leaves "Trigger" out of names, and lists a trigger with the node of the same name.
	{
		name: 'FashnTryOnTrigger',
		displayName: 'FASHN Try-On',
		searches: ['fashn'],
	},
	{
		name: 'AstriaTrigger',
		displayName: 'Astria',
		searches: ['astria trigger'],
	},
	{
		name: 'AstriaCallbackTrigger',
		displayName: 'Astria Callback',
		searches: ['astria callback'],
	},
];

/**
 * The nodes of the package.
 *
 * @throws Error when the package has a node that nobody has said how to find
 */
export function walkedNodes(): WalkedNode[] {
	return readManifest().n8n.nodes.map((file) => {
		const name = path.basename(file, '.node.js');
		const known = KNOWN.find((node) => node.name === name);
		if (known) return known;
		throw new Error(`Say in ${path.basename(__filename)} how people find ${name}`);
	});
}
