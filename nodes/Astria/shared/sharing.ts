import type { IPollFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { Happening } from '../../../lib/astria/events/event';
import { SharedBook } from '../../../lib/jobs/told';
import { hashOf } from '../../../lib/json';
import { astriaAddress } from './session';

/** Names of both triggers' types, behind that of the package. */
const TRIGGERS = /\.astria(?:Callback)?Trigger$/;

/** As much of a hash as tells circles of one workflow apart. */
const CIRCLE_SIGNS = 8;

/** What a tune or prompt is called in the book, and by a callback. */
export function thingOf(happening: Happening): string {
	return `${'tune' in happening ? 'tune' : 'prompt'} ${happening.id}`;
}

/**
 * The book of a trigger that has another one of Astria beside it that leads to the same nodes. Where
 * they lead to different ones, each has its own work to start. The triggers themselves tell one book
 * from another: what is behind them may change without their telling anything again. Whose account
 * it is need not be in it, since no two things at one address of Astria share an id.
 *
 * @returns `undefined` when there is no other one, and in the editor
 */
export async function sharedBookOf(
	context: IPollFunctions | IWebhookFunctions,
): Promise<SharedBook | undefined> {
	if (context.getMode() === 'manual') return undefined;
	const { name } = context.getNode();
	const after = (node: string) => context.getChildNodes(node).map((child) => child.name);
	const next = after(name).sort();
	const [first] = next;
	if (first === undefined) return undefined;
	const beside = context
		.getParentNodes(first)
		.filter(({ name: other, type, disabled }) => other !== name && !disabled && TRIGGERS.test(type))
		.map((other) => other.name)
		.filter((other) => hashOf(after(other).sort()) === hashOf(next));
	if (beside.length === 0) return undefined;
	const triggers = [name, ...beside].sort();
	const circle = hashOf([triggers, await astriaAddress(context)]).slice(0, CIRCLE_SIGNS);
	const workflow = String(context.getWorkflow().id);
	return new SharedBook(workflow, circle, context.getWorkflowStaticData('global'));
}
