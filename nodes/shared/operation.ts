import type {
	IDataObject,
	IDisplayOptions,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	IWebhookFunctions,
	NodeHint,
} from 'n8n-workflow';

import { ofFreeCall, TryOnError } from '../../lib/errors';
import type { Door, DoorContext } from '../../lib/http';
import type { Followed, Kept } from '../../lib/jobs/follow';
import { systemClock, type Timing } from '../../lib/time';
import { failedRows, failureOf, type RowItem } from './errorRow';
import { type IdColumn, worksWith } from './row';

/** What every operation works with, whichever its service. */
export interface Session {
	/** The service's name, for messages and error rows. */
	service: string;
	/** The service's own. */
	address: string;
	/** For pictures, which are fetched without the key. */
	door: Door;
	timing: Timing;
	/** What the operation buys, which it says of itself. */
	made?: IdColumn;
}

/** The clock, and the Stop signal where there is an execution. */
export function timingOf(context: DoorContext): Timing {
	return {
		clock: systemClock,
		...('getExecutionCancelSignal' in context && { signal: context.getExecutionCancelSignal() }),
	};
}

/** What a node can do with one of its resources. The page about it stands beside it. */
export interface Operation<Opened extends Session = Session> {
	/** Title case. */
	name: string;
	/** As workflows store it; the file of the operation is called so too. */
	value: string;
	/** As n8n's panel of nodes lists it: sentence case, without an article. */
	action: string;
	description: string;
	/** Without resource and operation among what shows them: the node adds that. */
	properties: INodeProperties[];
	/**
	 * Each of its rows may cost; absent where nothing is bought, so that nobody speaks of a charge.
	 *
	 * @returns the column that tells what is bought in this run, where there is one
	 */
	buys?(context: IExecuteFunctions): IdColumn | undefined;
	/** @returns the items of all rows, in the order of the rows */
	execute(context: IExecuteFunctions, session: Opened): Promise<INodeExecutionData[]>;
	/** How what it has suspended is followed; absent where it never suspends an execution. */
	resume?(
		context: IWebhookFunctions,
		session: Opened,
		purchases: readonly Kept[],
	): Followed<IDataObject, unknown, RowItem>;
}

/** A thing that a node works on. */
export interface Resource<Opened extends Session = Session> {
	name: string;
	value: string;
	/** In the editor's order; the first is chosen at first. */
	operations: readonly [Operation<Opened>, ...Array<Operation<Opened>>];
}

/** What a node does, for its service. */
export interface NodeWork<Opened extends Session> {
	/** The service's name, for error rows. */
	service: string;
	/** Makes what its operations talk to the service with. @throws InputError */
	open(context: IExecuteFunctions | IWebhookFunctions): Promise<Opened>;
	/** As the editor lists them. */
	resources: ReadonlyArray<Resource<Opened>>;
	/** The one that is chosen at first. */
	chosen: Resource<Opened>;
	/** Where a service that calls again names the job that it calls about. */
	idKey?: string;
}

/** A column of what comes out; `optional` ones are not in every item. */
export interface Column {
	meaning: string;
	optional?: true;
}

/** Columns by name, in the order of the page. */
export type Columns = Readonly<Record<string, Column>>;

/** What comes out of an operation: as a rule, and under which settings something else does. */
export interface Output {
	/** A setting, as it continues "What comes out"; nothing for the rule. */
	when?: string;
	columns: Columns;
}

/** A page of a service's documentation. */
export interface DocLink {
	title: string;
	url: string;
}

/**
 * What the reference page says of an operation beside its parameters. It is a function, so that
 * nothing of it is in the package: the bundler leaves out what nobody calls.
 */
export type OperationPage = () => { outputs: readonly Output[]; links: readonly DocLink[] };

/** What the reference page tells of a trigger, which has no operations. */
export type TriggerPage = () => ReturnType<OperationPage> & {
	/** What it does, where n8n shows its description for the node beside it as well. */
	does?: string;
};

/** What the reference page of a node is about, with links about its service as a whole. */
export type NodePage = () => {
	resources: readonly Resource[];
	links: readonly DocLink[];
	/** A choice that the service has retired: what shows with it alone is the page's appendix. */
	retired?: { parameter: string; value: string };
};

/** Parameters that are shown only when others have one of these values, by their names. */
export function shownWhen(
	show: NonNullable<IDisplayOptions['show']>,
	properties: readonly INodeProperties[],
): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			show: { ...show, ...property.displayOptions?.show },
		},
	}));
}

/** One of several; the first is chosen at first, unless another one is named. */
function choiceOf(
	options: INodePropertyOptions[],
	chosen = options[0]?.value,
): Pick<INodeProperties, 'type' | 'noDataExpression' | 'options' | 'default'> {
	return { type: 'options', noDataExpression: true, options, default: chosen };
}

function operationChoice({ value: resource, operations }: Resource): INodeProperties {
	const choices = operations.map(({ name, value, action, description }) => ({
		name,
		value,
		action,
		description,
	}));
	return {
		displayName: 'Operation',
		name: 'operation',
		...choiceOf(choices),
		displayOptions: { show: { resource: [resource] } },
	};
}

/** All parameters of a node: the choice of what it does, and what each operation asks. */
export function resourceProperties({
	resources,
	chosen,
}: Pick<NodeWork<Session>, 'resources' | 'chosen'>): INodeProperties[] {
	const choices = resources.map(({ name, value }) => ({ name, value }));
	const choice: INodeProperties = {
		displayName: 'Resource',
		name: 'resource',
		...choiceOf(choices, chosen.value),
	};
	const ofOperations = resources.flatMap(({ value: resource, operations }) =>
		operations.flatMap(({ value: operation, properties }) =>
			shownWhen({ resource: [resource], operation: [operation] }, properties),
		),
	);
	return [choice, ...resources.map(operationChoice), ...ofOperations];
}

/** Says that rows cost while several are about to be bought, and nothing limits the run. */
export function costHint(
	{ resources }: Pick<NodeWork<Session>, 'resources'>,
	message: string,
): NodeHint {
	const all = resources.flatMap((resource): readonly Operation[] => resource.operations);
	const operations = all.filter(({ buys }) => buys !== undefined).map(({ value }) => value);
	const several = '$input.all().length > 1';
	const unlimited = '!$parameter.options.maxJobs && !$parameter.options.maxCost';
	const buys = `${JSON.stringify(operations)}.includes($parameter.operation)`;
	return {
		message,
		type: 'info',
		location: 'outputPane',
		whenToDisplay: 'beforeExecution',
		displayCondition: `={{ ${buys} && ${several} && ${unlimited} }}`,
	};
}

/** The operation that is chosen; `undefined` where there is no such one. */
export function operationOf<Opened extends Session>(
	resources: ReadonlyArray<Resource<Opened>>,
	resource: unknown,
	name: unknown,
): Operation<Opened> | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === name);
}

/**
 * Runs the chosen operation. What ends it as a whole becomes n8n's own kind of error, or, where n8n
 * is to continue, the error of every row: n8n would hand on the input as a success.
 *
 * @throws NodeOperationError
 */
export async function runOperation<Opened extends Session>(
	context: IExecuteFunctions,
	{ service, open, resources }: NodeWork<Opened>,
): Promise<INodeExecutionData[][]> {
	const [resource, name] = ['resource', 'operation'].map((parameter): unknown =>
		context.getNodeParameter(parameter, 0),
	);
	const operation = operationOf(resources, resource, name);
	let made: IdColumn | undefined;
	try {
		if (!operation) throw new TypeError(`Unknown operation: ${String(resource)} ${String(name)}`);
		made = operation.buys?.(context);
		const session = await open(context);
		worksWith(context, session.address);
		return [await operation.execute(context, { ...session, made })];
	} catch (thrown) {
		const buys = operation?.buys !== undefined;
		if (!buys && thrown instanceof TryOnError) ofFreeCall(thrown);
		if (!context.continueOnFail()) throw failureOf(context, service, thrown);
		return [failedRows(context, service, thrown, buys, made)];
	}
}
