import {
	deepCopy,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type IPairedItemData,
	type ISourceData,
	NodeConnectionTypes,
} from 'n8n-workflow';

/** n8n's own name of the type: its partial executions look for it (find-start-nodes.js). */
export const LOOP = 'n8n-nodes-base.splitInBatches';

/** Outputs of the node, by what they are for. */
export const LOOP_OUTPUTS = { done: 0, loop: 1 };

/** What the node keeps in its context from round to round, under the names that n8n uses. */
interface LoopState {
	/** Those that are still to come. */
	items: INodeExecutionData[];
	/** Those that came back. */
	processedItems: INodeExecutionData[];
	currentRunIndex: number;
	maxRunIndex: number;
	sourceData: ISourceData;
	noItemsLeft: boolean;
	done: boolean;
}

function isState(context: object): context is LoopState {
	return 'items' in context;
}

type Pairing = INodeExecutionData['pairedItem'];

/** Items of later rounds still point to the node that gave them to the loop. */
function cameFrom(pairing: Pairing, sourceOverwrite: ISourceData): Pairing {
	const point = (pair: IPairedItemData | number): IPairedItemData =>
		typeof pair === 'number' ? { item: pair, sourceOverwrite } : { ...pair, sourceOverwrite };
	return Array.isArray(pairing) ? pairing.map(point) : point(pairing ?? 0);
}

function begin(context: IExecuteFunctions, batchSize: number): LoopState {
	const items = [...context.getInputData()];
	return {
		items,
		processedItems: [],
		currentRunIndex: 0,
		maxRunIndex: Math.ceil(items.length / batchSize),
		sourceData: deepCopy(context.getInputSourceData()),
		noItemsLeft: false,
		done: false,
	};
}

/** Takes in what a round has made. */
function goOn(context: IExecuteFunctions, state: LoopState): LoopState {
	const sourceOverwrite = context.getInputSourceData();
	const back = context
		.getInputData()
		.map((item, index) => ({ ...item, pairedItem: { item: index, sourceOverwrite } }));
	return {
		...state,
		processedItems: [...state.processedItems, ...back],
		currentRunIndex: state.currentRunIndex + 1,
	};
}

/**
 * Loop Over Items (Split in Batches), version 3, as n8n-nodes-base has it (which cannot be installed
 * here): the first run takes in the items, each run gives the next batch to the output "loop", and
 * the run after the last batch gives all that came back to "done". Its memory is
 * `getContext('node')`, so it is stored with the execution.
 */
export const loopNode: INodeType = {
	description: {
		displayName: 'Loop Over Items (Split in Batches)',
		name: LOOP,
		group: ['organization'],
		version: 3,
		description: 'Split data into batches and iterate over each batch',
		defaults: { name: 'Loop Over Items' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['done', 'loop'],
		properties: [{ displayName: 'Batch Size', name: 'batchSize', type: 'number', default: 1 }],
	},

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const context: IDataObject = this.getContext('node');
		const batchSize = Number(this.getNodeParameter('batchSize', 0));
		const isFirst = !isState(context);
		const state = isFirst ? begin(this, batchSize) : goOn(this, context);
		const batch = state.items.slice(0, batchSize);
		state.items = state.items.slice(batchSize);
		state.noItemsLeft = state.items.length === 0;
		state.done = batch.length === 0;
		Object.assign(context, state);
		if (state.done) return [state.processedItems, []];
		if (isFirst) return [[], batch];
		const { sourceData } = state;
		return [
			[],
			batch.map((item) => ({ ...item, pairedItem: cameFrom(item.pairedItem, sourceData) })),
		];
	},
};
