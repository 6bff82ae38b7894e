import type { WorkflowJson } from '../test/host/workflow';

/** A row of the demo: who wears what. */
export interface DemoRow {
	sku: string;
	model: string;
	garment: string;
}

/** Name of the node that starts the demo. */
export const START = 'Start';

/** Name of the node that saves the pictures. */
export const SAVE = 'Save Picture';

/**
 * The workflow of the demo: rows, FASHN Try-On, files.
 *
 * @param folder where the pictures go
 */
export function demoWorkflow(rows: DemoRow[], folder: string): WorkflowJson {
	const next = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
	return {
		name: 'Virtual Try-On Demo',
		nodes: [
			{
				id: 'demo-start',
				name: START,
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: 'demo-rows',
				name: 'Rows',
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				position: [220, 0],
				parameters: { mode: 'raw', jsonOutput: JSON.stringify({ rows }, null, '\t'), options: {} },
			},
			{
				id: 'demo-split',
				name: 'One Item per Row',
				type: 'n8n-nodes-base.splitOut',
				typeVersion: 1,
				position: [440, 0],
				parameters: { fieldToSplitOut: 'rows', options: {} },
			},
			{
				id: 'demo-try-on',
				name: 'FASHN Try-On',
				type: 'n8n-nodes-virtual-try-on.fashnTryOn',
				typeVersion: 1,
				position: [660, 0],
				parameters: {
					model_image: '={{ $json.model }}',
					garment_image: '={{ $json.garment }}',
				},
				credentials: { falApi: { id: '', name: 'fal.ai account' } },
			},
			{
				id: 'demo-save',
				name: SAVE,
				type: 'n8n-nodes-base.readWriteFile',
				typeVersion: 1,
				position: [880, 0],
				parameters: {
					operation: 'write',
					fileName: `=${folder}/{{ $('One Item per Row').item.json.sku }}.png`,
					options: {},
				},
			},
		],
		connections: {
			[START]: next('Rows'),
			Rows: next('One Item per Row'),
			'One Item per Row': next('FASHN Try-On'),
			'FASHN Try-On': next(SAVE),
		},
	};
}
