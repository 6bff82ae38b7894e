import { configureGlobalAxiosDefaults } from '@n8n/backend-network';
import { PollContext } from 'n8n-core';
import {
	deepCopy,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	Workflow,
} from 'n8n-workflow';

import { parseJson } from '../../sandbox/json';
import { objectOf } from '../../lib/json';
import { additionalData } from './engine';
import type { Parameters } from './items';
import { nodeTypesOf, typeName } from './nodeTypes';
import type { TriggerSetup } from './webhook';

/** A published workflow of one trigger that looks by itself. */
export interface PolledTrigger {
	/**
	 * Lets it look, as n8n does at each of its times.
	 *
	 * @returns what the workflow is started with; none when it is not
	 * @throws what the node throws
	 */
	look(): Promise<INodeExecutionData[]>;
	/** The same at the workflow's activation: n8n then stores nothing unless the workflow starts. */
	activate(): Promise<INodeExecutionData[]>;
	/** What n8n has stored of the node's static data, by its name of now. */
	stored(): IDataObject;
	/** Renames the node, and publishes the workflow anew; n8n keeps static data by the node's name. */
	rename(name: string): void;
	/** Sets the node's parameters, and publishes the workflow anew. */
	change(parameters: Parameters): void;
	/** The same without storing what the look gives, as when the workflow is published meanwhile. */
	lookInVain(): Promise<INodeExecutionData[]>;
	/** Milliseconds that n8n gives a look, where it says so. */
	budgetMs?: number;
	/** Warnings that the node has given to n8n's log. */
	log: string[];
}

const FIRST_NAME = 'Trigger';

/** Publishes a trigger; n8n reads its static data before each look and writes them after it. */
export function polledTrigger(
	setup: Omit<TriggerSetup, 'mode'> & { mode?: 'trigger' | 'manual' },
): PolledTrigger {
	configureGlobalAxiosDefaults();
	const { nodeType, credential, parameters = {}, mode = 'trigger', workflowId } = setup;
	const log: string[] = [];
	const { name = FIRST_NAME, others = [], types = [], connections = {} } = setup.beside ?? {};
	const { memory = { json: '{}' } } = setup.beside ?? {};
	if (setup.stored) memory.json = JSON.stringify({ [`node:${name}`]: setup.stored });
	const node: INode = {
		id: 't',
		name,
		type: typeName(nodeType),
		typeVersion: 1,
		position: [0, 0],
		parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, ...parameters },
		credentials: { [credential.type]: { id: '1', name: 'Test' } },
	};

	async function run(storing: 'look' | 'activation' | 'never'): Promise<INodeExecutionData[]> {
		const staticData: IDataObject = {};
		Object.assign(staticData, parseJson(memory.json));
		const workflow = new Workflow({
			id: workflowId,
			name: 'Test',
			nodes: deepCopy([node, ...others]),
			connections,
			active: true,
			nodeTypes: nodeTypesOf([nodeType, ...types]),
			staticData,
			settings: { executionOrder: 'v1' },
		});
		const own = workflow.getNode(node.name);
		if (!own || !nodeType.poll) throw new Error('The node does not look');
		const context = new PollContext(workflow, own, additionalData(credential), mode, 'activate');
		Object.assign(context.logger, { warn: (message: string) => void log.push(message) });
		const { budgetMs } = trigger;
		if (budgetMs !== undefined) Object.assign(context, { getPollBudgetMs: () => budgetMs });
		const items = await nodeType.poll.call(context);
		const isStored =
			mode === 'trigger' && storing !== 'never' && (items !== null || storing === 'look');
		if (isStored) memory.json = JSON.stringify(workflow.staticData);
		return items?.[0] ?? [];
	}

	const trigger: PolledTrigger = {
		look: async () => await run('look'),
		log,
		activate: async () => await run('activation'),
		lookInVain: async () => await run('never'),
		rename: (name) => void (node.name = name),
		change: (given) => void Object.assign(node.parameters, given),
		stored() {
			const data: IDataObject = {};
			return Object.assign(data, objectOf(objectOf(parseJson(memory.json))[`node:${node.name}`]));
		},
	};
	return trigger;
}
