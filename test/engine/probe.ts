import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	NodeConnectionTypes,
	NodeOperationError,
} from 'n8n-workflow';

import { FalApi } from '../../credentials/FalApi.credentials';
import type { NodeUnderTest } from './shapes';

/** What a node sees of one try. */
export interface Sighting {
	executionId: string;
	run: number;
	isTool: boolean;
	/** The parameter `value` of each row. */
	values: unknown[];
	/** What its context held from earlier tries: how many there were. */
	remembered: number;
}

/** A node that does nothing but look around. */
export interface Probe extends NodeUnderTest {
	/** Oldest first. */
	sightings: Sighting[];
	/** How many of the coming tries fail; in the Continue modes with an error row in front. */
	failures: number;
	/** Called in each try, before it ends. */
	meanwhile?: () => Promise<void>;
}

/** @param parameters gives `value`, which is looked at in each row */
export function makeProbe(
	parameters: NodeUnderTest['parameters'],
	settings: NodeUnderTest['settings'] = {},
): Probe {
	const sightings: Sighting[] = [];
	const nodeType: INodeType = {
		description: {
			displayName: 'Probe',
			name: 'probe',
			group: ['transform'],
			version: 1,
			description: 'Looks around',
			defaults: { name: 'Probe' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			usableAsTool: true,
			properties: [{ displayName: 'Value', name: 'value', type: 'string', default: '' }],
		},
		async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
			const context = this.getContext('node');
			const remembered = Number(context.tries ?? 0);
			Object.assign(context, { tries: remembered + 1 });
			const values = this.getInputData().map((_, row) => this.getNodeParameter('value', row));
			sightings.push({
				executionId: this.getExecutionId(),
				run: Number(this.evaluateExpression('{{ $runIndex }}', 0)),
				isTool: this.isToolExecution(),
				values,
				remembered,
			});
			await probe.meanwhile?.();
			const fails = probe.failures > 0;
			if (fails) probe.failures -= 1;
			if (fails && !this.continueOnFail()) {
				throw new NodeOperationError(this.getNode(), 'The probe failed');
			}
			const items = values.map((value, row) => ({
				json: fails && row === 0 ? { error: 'The probe failed' } : { value: String(value) },
				pairedItem: { item: row },
			}));
			return [items];
		},
	};
	const probe: Probe = {
		nodeType,
		credential: { type: 'falApi', credentialType: new FalApi(), data: {} },
		parameters,
		settings,
		sightings,
		failures: 0,
	};
	return probe;
}
