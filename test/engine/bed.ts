import type { ILoadOptionsFunctions, INodeType } from 'n8n-workflow';

import { editorContext } from './editor';
import { type NodeResult, type NodeRun, runNode, type StartedRun, startNode } from './engine';
import type { TestCredential } from './credentials';
import { itemsOf, type Parameters, type Rows } from './items';
import { type Suspended, suspended } from './suspended';

/** A node that can be run again and again. */
export interface RunnableNode {
	/** Runs it to its end; `parameters` are what differs from its usual ones. */
	run(rows: Rows, parameters?: Parameters, settings?: NodeRun['settings']): Promise<NodeResult>;
	/** The same, for a run that suspends its execution. @throws Error when it does not */
	suspend(rows: Rows, parameters?: Parameters, settings?: NodeRun['settings']): Promise<Suspended>;
	/** The same, for a run that is to be stopped. */
	start(rows: Rows, parameters?: Parameters, settings?: NodeRun['settings']): StartedRun;
	/** What the editor hands to the lists of the node. */
	editor(): ILoadOptionsFunctions;
}

/**
 * Makes a node runnable, anew for each run as n8n does it.
 *
 * @param NodeClass class of the node
 * @param usual its parameters in every run, unless the run says otherwise
 */
export function runnable(
	NodeClass: new () => INodeType,
	credential: TestCredential,
	usual: Parameters,
): RunnableNode {
	const nodeRun = (
		rows: Rows,
		parameters: Parameters = {},
		settings: NodeRun['settings'] = {},
	): NodeRun => ({
		nodeType: new NodeClass(),
		credential,
		parameters: { ...usual, ...parameters },
		items: itemsOf(rows),
		settings,
	});
	return {
		run: async (...run) => await runNode(nodeRun(...run)),
		suspend: async (...run) => {
			const suspending = nodeRun(...run);
			return suspended(suspending, await runNode(suspending));
		},
		start: (...run) => startNode(nodeRun(...run)),
		editor: () => editorContext(nodeRun([])),
	};
}
