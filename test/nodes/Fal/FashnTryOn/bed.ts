import type { IDataObject, INodeExecutionData, NodeParameterValueType } from 'n8n-workflow';

import { FalApi } from '../../../../credentials/FalApi.credentials';
import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../../sandbox/index';
import { sampleGarment, samplePerson } from '../../../../sandbox/pictures';
import {
	type NodeResult,
	type NodeRun,
	runNode,
	type StartedRun,
	startNode,
} from '../../../engine/engine';

/** Short jobs and small pictures, so that many tests stay quick. */
const QUICK = { jobMs: 150, pickUpMs: 20, pictureSize: { width: 60, height: 90 } };

/** A sandbox, and the node that works with it. */
export interface Bed {
	sandbox: Sandbox;
	person: string;
	garment: string;
	/** What is different from the defaults of a Generate with two addresses. */
	run(
		rows: IDataObject[] | INodeExecutionData[],
		parameters?: Record<string, NodeParameterValueType>,
		settings?: NodeRun['settings'],
	): Promise<NodeResult>;
	start: (
		rows: IDataObject[] | INodeExecutionData[],
		parameters?: Record<string, NodeParameterValueType>,
		settings?: NodeRun['settings'],
	) => StartedRun;
}

function isItem(row: IDataObject | INodeExecutionData): row is INodeExecutionData {
	return typeof row.json === 'object';
}

/** The parameters of the node as the editor stores them for two addresses. */
export function generate(person: string, garment: string): Record<string, NodeParameterValueType> {
	return {
		resource: 'tryOn',
		operation: 'generate',
		model_image_source: 'address',
		model_image: person,
		garment_image_source: 'address',
		garment_image: garment,
	};
}

/** Starts a sandbox with two pictures, and a node on it. */
export async function makeBed(options: SandboxOptions = {}): Promise<Bed> {
	const sandbox = await startSandbox({ ...options, fal: { ...QUICK, ...options.fal } });
	const person = sandbox.media.publish(await samplePerson(0), 'image/jpeg');
	const garment = sandbox.media.publish(await sampleGarment(0), 'image/png');
	const nodeRun = (
		rows: IDataObject[] | INodeExecutionData[],
		parameters: Record<string, NodeParameterValueType> = {},
		settings: NodeRun['settings'] = {},
	): NodeRun => ({
		nodeType: new FashnTryOn(),
		credential: {
			type: 'falApi',
			credentialType: new FalApi(),
			data: { apiKey: sandbox.fal.key, baseUrl: sandbox.fal.url },
		},
		parameters: { ...generate(person, garment), ...parameters },
		items: rows.map((row) => (isItem(row) ? row : { json: row })),
		settings,
	});
	return {
		sandbox,
		person,
		garment,
		run: async (...run) => await runNode(nodeRun(...run)),
		start: (...run) => startNode(nodeRun(...run)),
	};
}

/** The messages of error rows. */
export function errorsOf(items: INodeExecutionData[] | undefined): string[] {
	return (items ?? []).map(({ json }) => String(json.error));
}
