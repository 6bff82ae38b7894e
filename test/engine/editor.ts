import { configureGlobalAxiosDefaults } from '@n8n/backend-network';
import { LoadOptionsContext } from 'n8n-core';
import type { ILoadOptionsFunctions } from 'n8n-workflow';

import { additionalData, NODE, type NodeRun, workflowOf } from './engine';

/** What n8n's editor hands to a node's lists to pick from. */
export function editorContext(run: NodeRun): ILoadOptionsFunctions {
	configureGlobalAxiosDefaults();
	const { workflow } = workflowOf(run);
	const node = workflow.getNode(NODE);
	if (!node) throw new Error('The workflow lacks the node');
	return new LoadOptionsContext(workflow, node, additionalData(run.credential), '');
}
