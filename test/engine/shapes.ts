import type { IDataObject, INode, INodeExecutionData, INodeType } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { AGENT } from './agentNode';
import type { TestCredential } from './credentials';
import { NODE, type NodeRun } from './engine';
import { connect, isRow, type Line, node } from './graph';
import { EXECUTE_WORKFLOW, TRIGGER, WORKFLOW_TRIGGER } from './helperNodes';
import { LOOP, LOOP_OUTPUTS } from './loopNode';
import { toolTypeName, typeName } from './nodeTypes';
import { tasksOf, type WorkflowResult, type WorkflowRun } from './workflow';

/** An expression for a column of the row, in the way that the shape has. */
export type Column = (name: string, type?: 'string' | 'number' | 'boolean' | 'json') => string;

/** A node as the editor has it, apart from the workflow around it. */
export interface NodeUnderTest {
	nodeType: INodeType;
	credential: TestCredential;
	parameters(column: Column): NodeRun['parameters'];
	settings?: NodeRun['settings'];
}

/** What became of the rows. */
export interface Rows {
	good: IDataObject[];
	/** Error rows: those with a column `error`. */
	failed: IDataObject[];
}

/**
 * A way in which people build a node into a workflow. What they do with the workflow comes on top:
 *
 *     const run = shape.workflow(underTest, rows);
 *     const result = await runWorkflow(run);              // or startWorkflow(run), with stop()
 *     const retried = await retryInEditor(result);        // or startRetry(result)
 *     const step = await executeStep(result, NODE);       // or startStep(result, NODE)
 *     await atCall(sandbox, /^POST/, 2);                  // a moment for stop()
 *     const { good, failed } = shape.rows(result);
 */
export interface Shape {
	name: string;
	/** The workflow that has the node as `NODE` and gives it these rows. */
	workflow(underTest: NodeUnderTest, rows: readonly IDataObject[]): WorkflowRun;
	/** What the rest of the workflow gets to see of the rows. */
	rows(result: WorkflowResult): Rows;
}

const START = 'Start';
const LOOP_NAME = 'Loop Over Items';
const AGENT_NAME = 'AI Agent';

const fromRow: Column = (name) => `={{ $json.${name} }}`;
const fromModel: Column = (name, type = 'string') => `={{ $fromAI('${name}', '', '${type}') }}`;

const itemsOf = (rows: readonly IDataObject[]): INodeExecutionData[] =>
	rows.map((json) => ({ json }));

function placed(underTest: NodeUnderTest, type: string, column: Column): INode {
	const { credential, parameters, settings } = underTest;
	return node(NODE, type, parameters(column), {
		credentials: { [credential.type]: { id: '1', name: 'Test' } },
		...settings,
	});
}

function inRows(underTest: NodeUnderTest): INode {
	return placed(underTest, typeName(underTest.nodeType), fromRow);
}

function built(
	{ nodeType, credential }: NodeUnderTest,
	items: INodeExecutionData[],
	nodes: INode[],
	...lines: Line[]
): WorkflowRun {
	return {
		nodeTypes: [nodeType],
		credential,
		items,
		nodes: [node(START, TRIGGER), ...nodes],
		connections: connect(...lines),
	};
}

function sorted(items: readonly IDataObject[]): Rows {
	const hasFailed = ({ error }: IDataObject) => error !== undefined;
	return {
		good: items.filter((json) => !hasFailed(json)),
		failed: items.filter(hasFailed),
	};
}

/** The node's own outputs, success and error, over all of its runs. */
function rowsOfNode(result: WorkflowResult): Rows {
	const items = tasksOf(result, NODE).flatMap(({ data }) => (data?.main ?? []).flat());
	return sorted(items.flatMap((item) => (item ? [item.json] : [])));
}

/** All rows in one run of the node. */
export const together: Shape = {
	name: 'all rows at once',
	workflow: (underTest, rows) =>
		built(underTest, itemsOf(rows), [inRows(underTest)], { from: START, to: NODE }),
	rows: rowsOfNode,
};

/** Loop Over Items: a run of the node for each batch; both of its outputs lead back to the loop. */
export function loop(batchSize: number): Shape {
	return {
		name: `loop, batches of ${batchSize}`,
		workflow: (underTest, rows) =>
			built(
				underTest,
				itemsOf(rows),
				[node(LOOP_NAME, LOOP, { batchSize }, { typeVersion: 3 }), inRows(underTest)],
				{ from: START, to: LOOP_NAME },
				{ from: LOOP_NAME, output: LOOP_OUTPUTS.loop, to: NODE },
				{ from: NODE, to: LOOP_NAME },
				{ from: NODE, output: 1, to: LOOP_NAME },
			),
		rows: rowsOfNode,
	};
}

/** The node in a sub-workflow: one execution for all rows, or one for each. */
export function subWorkflow(mode: 'once' | 'each'): Shape {
	const caller = 'Execute Sub-workflow';
	const called = 'When Executed by Another Workflow';
	return {
		name: mode === 'once' ? 'sub-workflow' : 'a sub-workflow for each row',
		workflow: (underTest, rows) => ({
			...built(
				underTest,
				itemsOf(rows),
				[node(caller, EXECUTE_WORKFLOW, { workflowId: 'sub', mode })],
				{ from: START, to: caller },
			),
			subWorkflows: {
				sub: {
					nodes: [node(called, WORKFLOW_TRIGGER), inRows(underTest)],
					connections: connect({ from: called, to: NODE }),
				},
			},
		}),
		rows: rowsOfNode,
	};
}

/** What an agent has been told by its calls; n8n hides a thrown error from agents v1 and v2. */
function rowsOfAgent(result: WorkflowResult): Rows {
	const told = tasksOf(result, AGENT_NAME)
		.flatMap(({ data }) => data?.main?.[0] ?? [])
		.flatMap(({ json: { observations } }): unknown[] =>
			Array.isArray(observations) ? observations : [],
		);
	return sorted(
		told.flatMap((text) => {
			if (text === '') return [{ error: '' }];
			const observation: unknown = JSON.parse(String(text));
			const items: unknown[] = Array.isArray(observation) ? observation : [observation];
			return items.map((item) => (isRow(item) ? item : { error: String(item) }));
		}),
	);
}

/** How an agent comes to call its tool for several rows. */
export interface AgentWay {
	/** Each row is an item of the agent, or all of them are calls of one item. Default `item`. */
	rowIs?: 'item' | 'call';
	/** Agent v2: how many items are worked on side by side. Default 1, as in n8n. */
	batchSize?: number;
	/** Agent v2: the calls of an item come when those of the item before are answered. */
	inTurn?: boolean;
}

/** The node as a tool of an AI agent of this version, called once for each row. */
export function tool(version: 1 | 2 | 3, way: AgentWay = {}): Shape {
	const { rowIs = 'item', batchSize = 1, inTurn = false } = way;
	const rowsAre = rowIs === 'item' ? 'items' : 'calls of one item';
	const pace = batchSize > 1 ? `, ${batchSize} ${inTurn ? 'in turn' : 'side by side'}` : '';
	return {
		name: `tool of Agent v${version}, ${rowsAre}${pace}`,
		workflow: (underTest, rows) =>
			built(
				underTest,
				rowIs === 'item'
					? rows.map((row) => ({ json: { calls: [[row]] } }))
					: [{ json: { calls: [[...rows]] } }],
				[
					node(AGENT_NAME, AGENT, { batchSize, inTurn }, { typeVersion: version }),
					placed(underTest, toolTypeName(underTest.nodeType), fromModel),
				],
				{ from: START, to: AGENT_NAME },
				{ from: NODE, to: AGENT_NAME, type: NodeConnectionTypes.AiTool },
			),
		rows: rowsOfAgent,
	};
}

/** Every shape, for tests that hold whatever the workflow looks like. */
export const SHAPES: readonly Shape[] = [
	together,
	loop(1),
	loop(2),
	subWorkflow('once'),
	subWorkflow('each'),
	tool(1),
	tool(2),
	tool(3),
];
