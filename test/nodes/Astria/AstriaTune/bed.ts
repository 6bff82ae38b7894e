import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeExecutionData,
	NodeParameterValueType,
} from 'n8n-workflow';

import { AstriaApi } from '../../../../credentials/AstriaApi.credentials';
import { systemClock } from '../../../../lib/time';
import { AstriaTune } from '../../../../nodes/Astria/AstriaTune/AstriaTune.node';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../../sandbox/index';
import { samplePerson } from '../../../../sandbox/pictures';
import type { RecordedCall } from '../../../../sandbox/types';
import { editorContext } from '../../../engine/editor';
import {
	type NodeResult,
	type NodeRun,
	runNode,
	type StartedRun,
	startNode,
} from '../../../engine/engine';

/** Parameters as the editor stores them. */
export type Parameters = Record<string, NodeParameterValueType>;

/** Rows as plain columns, or as whole items. */
export type Rows = IDataObject[] | INodeExecutionData[];

/** A sandbox, and the node that works with it. */
export interface Bed {
	sandbox: Sandbox;
	/** Address of a picture. */
	person: string;
	run(rows: Rows, parameters?: Parameters, settings?: NodeRun['settings']): Promise<NodeResult>;
	start(rows: Rows, parameters?: Parameters, settings?: NodeRun['settings']): StartedRun;
	/** What the editor hands to the lists of the node. */
	editor(): ILoadOptionsFunctions;
	/** Calls that Astria got, without those of the media host. */
	calls(pattern?: RegExp): RecordedCall[];
}

/** What differs from a Bed's usual credential. */
export interface BedOptions extends SandboxOptions {
	credential?: IDataObject;
}

function isItem(row: IDataObject | INodeExecutionData): row is INodeExecutionData {
	return typeof row.json === 'object';
}

/** A Create of a reference from one address. */
export function createTune(person: string): Parameters {
	return {
		resource: 'tune',
		operation: 'create',
		title: '={{ $json.title ?? "A tune" }}',
		name: 'woman',
		images_source: 'address',
		images: person,
		base_tune_id: { __rl: true, mode: 'id', value: '1504944' },
		model_type: 'faceid',
	};
}

/** A tune as the resource locator holds it. */
export function picked(id: number | string): NodeParameterValueType {
	return { __rl: true, mode: 'id', value: id };
}

/** Starts a sandbox with a picture, and a node on it. */
export async function makeBed({ credential, ...options }: BedOptions = {}): Promise<Bed> {
	const sandbox = await startSandbox(options);
	const person = sandbox.media.publish(await samplePerson(0), 'image/jpeg');
	const nodeRun = (
		rows: Rows,
		parameters: Parameters = {},
		settings: NodeRun['settings'] = {},
	): NodeRun => ({
		nodeType: new AstriaTune(),
		credential: {
			type: 'astriaApi',
			credentialType: new AstriaApi(),
			data: { apiKey: sandbox.astria.key, baseUrl: sandbox.astria.url, ...credential },
		},
		parameters: { ...createTune(person), ...parameters },
		items: rows.map((row) => (isItem(row) ? row : { json: row })),
		settings,
	});
	return {
		sandbox,
		person,
		run: async (...run) => await runNode(nodeRun(...run)),
		start: (...run) => startNode(nodeRun(...run)),
		editor: () => editorContext(nodeRun([])),
		calls: (pattern = /./) =>
			sandbox.calls.filter(
				({ service, method, path }) => service === 'astria' && pattern.test(`${method} ${path}`),
			),
	};
}

/** The JSON of items. */
export function jsonOf(items: INodeExecutionData[] | undefined): IDataObject[] {
	return (items ?? []).map(({ json }) => json);
}

/** The messages of error rows. */
export function errorsOf(items: INodeExecutionData[] | undefined): string[] {
	return jsonOf(items).map(({ error }) => String(error));
}

/**
 * Lets the node's hours pass quickly: its clock runs so many times faster than the machine's.
 * Undone by `jest.restoreAllMocks()`.
 */
export function speedUp(factor: number): void {
	const { now, sleep } = systemClock;
	const start = now();
	jest.spyOn(systemClock, 'now').mockImplementation(() => start + (now() - start) * factor);
	jest.spyOn(systemClock, 'sleep').mockImplementation(async (ms, signal) => {
		await sleep(ms / factor, signal);
	});
}
