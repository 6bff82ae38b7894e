import type { IDataObject } from 'n8n-workflow';

import { AstriaPrompt } from '../../nodes/Astria/AstriaPrompt/AstriaPrompt.node.ts';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node.ts';
import { FashnTryOn } from '../../nodes/Fal/FashnTryOn/FashnTryOn.node.ts';
import { isRecord } from '../../sandbox/json';
import type { Parameters } from '../engine/items';
import type { Column, NodeUnderTest } from '../engine/shapes';
import { astriaPurchases, promptOf, trainedTune, tuneOf } from './astriaCalls';
import { credentialOf, type MatrixBed, type NodeClass, type Service } from './bed';
import { falPurchases, tryOn } from './falCalls';

/** What an expression in a parameter does from one try to the next. */
export const EXPRESSIONS = ['constant', 'random', 'time'] as const;
export type Expression = (typeof EXPRESSIONS)[number];

/** A node that buys, in any workflow. */
export interface Buyer {
	name: string;
	service: Service;
	nodeType: NodeClass;
	/** The paid call, as `METHOD /path`. */
	submit: RegExp;
	/** A row; what is bought for a bad one fails at the service. */
	row(number: number, isBad: boolean): IDataObject;
	/** What the node is set to. */
	parameters(column: Column, expression: Expression, jobsInFlight: number): Parameters;
	/** Ids of what the service has sold. */
	sold(): string[];
}

/** What is told apart by an expression that is another one each time, behind the row's own words. */
const BEHIND: Record<Expression, string> = {
	constant: '',
	random: ' {{ Math.random() }}',
	time: ' {{ $now.toMillis() }}',
};

/** A seed, or another field, that is what the expression makes it. */
function falField(column: Column, expression: Expression): Parameters {
	switch (expression) {
		case 'constant':
			return { additionalFields: { seed: column('number', 'number') } };
		case 'random':
			return { additionalFields: { seed: '={{ Math.floor(Math.random() * 1e6) }}' } };
		case 'time':
			return { additionalFields: { additional_fields: '={{ ({ note: $now.toMillis() }) }}' } };
	}
}

/** Of the stand-in: what is asked for this part of the body is refused, and may be charged. */
const REFUSED = 'tops';

/** Seconds that a row may last, and a lost submit is looked for. */
const MAX_WAIT_S = 120;

function fashn(bed: MatrixBed): Buyer {
	const { options } = bed.sandbox.fal;
	const detail = [{ msg: 'The content was flagged', type: 'content_policy_violation' }];
	const good = options.outcome;
	options.outcome = (submit) =>
		isRecord(submit.input) && submit.input.category === REFUSED
			? { kind: 'model', answer: { status: 422, body: { detail } } }
			: good?.(submit);
	return {
		name: 'FASHN Try-On: Generate',
		service: 'fal',
		nodeType: FashnTryOn,
		submit: /^POST \/fal-ai\/fashn/,
		row: (number, isBad) => ({ number, category: isBad ? REFUSED : 'bottoms' }),
		parameters: (column, expression, jobsInFlight) => ({
			...tryOn(bed),
			category: column('category'),
			...falField(column, expression),
			options: { maxWait: MAX_WAIT_S, jobsInFlight },
		}),
		sold: () => falPurchases(bed).map(({ id }) => id),
	};
}

const soldByAstria = (bed: MatrixBed) => () => astriaPurchases(bed).map(({ id }) => id);

async function prompt(bed: MatrixBed): Promise<Buyer> {
	const tuneId = await trainedTune(bed);
	return {
		name: 'Astria Prompt: Create',
		service: 'astria',
		nodeType: AstriaPrompt,
		submit: /^POST \/tunes\/\d+\/prompts/,
		row: (number, isBad) => ({ number, words: `Row ${number}${isBad ? ' an error' : ''}` }),
		parameters: (column, expression, jobsInFlight) => ({
			...promptOf(tuneId),
			text: `${column('words')}${BEHIND[expression]}`,
			options: { jobsInFlight },
		}),
		sold: soldByAstria(bed),
	};
}

function tune(bed: MatrixBed): Buyer {
	return {
		name: 'Astria Tune: Create',
		service: 'astria',
		nodeType: AstriaTune,
		submit: /^POST \/tunes$/,
		row: (number, isBad) => ({ number, words: `Row ${number}${isBad ? ' fails' : ''}` }),
		parameters: (column, expression, jobsInFlight) => ({
			...tuneOf(bed),
			title: `${column('words')}${BEHIND[expression]}`,
			options: { jobsInFlight },
		}),
		sold: soldByAstria(bed),
	};
}

/** Every node that buys, on one bed. */
export async function buyersOf(bed: MatrixBed): Promise<Buyer[]> {
	return [fashn(bed), await prompt(bed), tune(bed)];
}

/** The buyer as a workflow has it. */
export function underTest(
	bed: MatrixBed,
	buyer: Buyer,
	how: {
		expression: Expression;
		jobsInFlight: number;
		settings: NodeUnderTest['settings'];
	},
): NodeUnderTest {
	const { expression, jobsInFlight, settings } = how;
	return {
		nodeType: new buyer.nodeType(),
		credential: credentialOf(bed, buyer.service),
		parameters: (column) => buyer.parameters(column, expression, jobsInFlight),
		settings,
	};
}
