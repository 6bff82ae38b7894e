import type { IExecuteFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { InputError, toTryOnError } from '../../lib/errors';
import type { NumberField, OptionsField } from '../../lib/fields/field';
import { readField } from '../../lib/fields/values';
import { SECOND_MS } from '../../lib/time';
import { obstacleTo, urlOf } from '../../lib/url';
import { fieldProperties } from './fieldProperty';
import { type Columns, type Output, type Session, shownWhen } from './operation';
import { outputProperties } from './pictures';
import { includesInput, isTool, SHEET_ROW } from './row';
import { type Callback, RESUME_PATH } from './suspend';

/** Name of the parameter that says how a node waits. */
const WAIT = 'wait';

/** How a node waits for what it has ordered. */
type WaitMode = 'node' | 'callback' | 'none';

const WAITED = {
	node: { label: 'In the Node', help: '' },
	callback: { label: 'By Callback', help: '' },
};

/** What it is read as; what a choice means differs between operations. */
const WAIT_FIELD = {
	type: 'options',
	label: 'Wait',
	help: '',
	options: { ...WAITED, none: { label: "Don't Wait", help: '' } },
	default: 'node',
	defaultApplies: true,
	ofNode: true,
} as const satisfies OptionsField<WaitMode>;

/** The same where nobody needs to go on without waiting. */
const WAITING_FIELD = { ...WAIT_FIELD, options: WAITED } as const satisfies OptionsField;

const LIMIT = 'callbackLimit';

/** n8n looks once a minute for executions whose time is over. */
const SHORTEST_LIMIT_S = 60;

const LIMIT_FIELD = {
	type: 'integer',
	label: 'If No Callback Comes',
	help: 'Seconds after which the workflow goes on all the same. Each row then has its IDs and the status waiting.',
	hint: 'In seconds: 3600 is 1 hour',
	min: SHORTEST_LIMIT_S,
	default: 3600,
} as const satisfies NumberField;

/** Which choices an operation has. */
interface WaitOffer {
	/** Whether nobody may wait as well; where another operation is for that, nobody needs it. */
	mayNotWait?: true;
}

/** What differs between operations that can wait by callback. */
interface WaitChoice extends WaitOffer {
	/** Who calls back, such as "fal". */
	service: string;
	/** What is waited for, such as "the pictures". */
	things: string;
	/** How long that takes, where it is worth saying. */
	time?: string;
	/** What another operation does about what nobody waits for; default: Get fetches it. */
	later?: string;
	/** Seconds, in place of an hour. */
	limit?: number;
}

/** The parameters about how to wait. */
export function waitProperties({
	service,
	things,
	time,
	mayNotWait,
	later = `Get fetches ${things} later`,
	limit = LIMIT_FIELD.default,
}: WaitChoice): INodeProperties[] {
	const options: INodePropertyOptions[] = [
		{
			name: WAITED.node.label,
			value: 'node',
			description: `The node waits for ${things}, and the execution runs as long`,
		},
		{
			name: WAITED.callback.label,
			value: 'callback',
			description: `The execution is suspended, and goes on when ${service} has called back for all rows. It costs nothing meanwhile and survives a restart, but n8n has to be open to the internet. One item per row, and a row that fails is an error row, whatever On Error says.`,
		},
		...(mayNotWait
			? [
					{
						name: WAIT_FIELD.options.none.label,
						value: 'none',
						description: `The node hands back the IDs at once; ${later}`,
					},
				]
			: []),
	];
	return [
		{
			displayName: WAIT_FIELD.label,
			name: WAIT,
			type: 'options',
			options,
			default: 'node',
			description: `How to wait for ${things}${time === undefined ? '' : `, which takes ${time}`}. As a tool of an AI agent the node waits in place.`,
		},
		...shownWhen(
			{ [WAIT]: ['callback'] },
			fieldProperties(LIMIT, {
				...LIMIT_FIELD,
				help: `${LIMIT_FIELD.help} ${later}.`,
				default: limit,
			}),
		),
	];
}

/**
 * The parameters about what comes out of what was waited for. A suspended execution gives one item
 * per row: n8n pairs what comes out of it with the input one to one.
 */
export const waitedOutputProperties: INodeProperties[] = outputProperties.flatMap((property) =>
	shownWhen({ [WAIT]: property.name === 'output' ? ['node'] : ['node', 'callback'] }, [property]),
);

function waitMode(context: IExecuteFunctions, { mayNotWait }: WaitOffer): WaitMode {
	const field = mayNotWait ? WAIT_FIELD : WAITING_FIELD;
	const mode = readField(field, context.getNodeParameter(WAIT, 0, ''));
	return mode === 'callback' && isTool(context) ? 'node' : mode;
}

/** How the rows of a run are waited for. */
export interface Wait {
	mode: WaitMode;
	/** How the run is to be suspended, in the mode that does so. */
	callback?: Callback;
}

function readLimit(context: IExecuteFunctions): number {
	try {
		const given: unknown = context.getNodeParameter(LIMIT, 0, LIMIT_FIELD.default);
		return (readField(LIMIT_FIELD, given) ?? LIMIT_FIELD.default) * SECOND_MS;
	} catch (error) {
		throw toTryOnError(error, 'input').add({ charged: 'no' });
	}
}

/**
 * How this run is waited for. It is read once, before anything is bought: an expression may say
 * something else later, and n8n makes an error of each row of what fails later, where nothing could
 * tell the ids.
 *
 * @throws InputError when it is no choice, the service could not call n8n, or the time limit is none
 */
export function readWait(
	context: IExecuteFunctions,
	{ address: service }: Session,
	offer: WaitOffer = { mayNotWait: true },
): Wait {
	const mode = waitMode(context, offer);
	if (mode !== 'callback') return { mode };
	const limitMs = readLimit(context);
	const includes = includesInput(context);
	const found: unknown = context.evaluateExpression('{{ $execution.resumeUrl }}', 0);
	const url = typeof found === 'string' ? urlOf(found) : undefined;
	if (url) url.pathname += `/${RESUME_PATH}`;
	const address = url?.href ?? '';
	const obstacle = obstacleTo(address, service);
	if (!obstacle) return { mode, callback: { address, limitMs, includesInput: includes } };
	const origin = url?.origin ?? 'unknown';
	throw new InputError(
		WAIT_FIELD.label,
		`is By Callback, but n8n's own address ${origin} ${obstacle.problem}`,
		`Set the environment variable WEBHOOK_URL of n8n, and of its workers, to its public https:// address; or set '${WAIT_FIELD.label}' to ${WAITED.node.label}.`,
	);
}

/**
 * What comes out of a row that ran out of time.
 *
 * @param ids columns that tell what was ordered
 */
export const waitingOutput = (ids: Columns): Output => ({
	when: 'with *Wait* set to *By Callback*, for a row whose callback did not come in time',
	columns: {
		...ids,
		status: { meaning: '`waiting`' },
		[SHEET_ROW]: {
			meaning: 'The number of the row in its sheet, where it has one',
			optional: true,
		},
	},
});
