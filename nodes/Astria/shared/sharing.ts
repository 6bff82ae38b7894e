import type { IPollFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { Happening } from '../../../lib/astria/events/event';
import { SharedBook } from '../../../lib/jobs/told';
import { hashOf } from '../../../lib/json';
import { ASTRIA_CREDENTIAL, astriaAddress } from './session';

/** Names of both triggers' types, behind that of the package. */
const TRIGGERS = /\.astria(?:Callback)?Trigger$/;

/** As much of a hash as tells circles of one workflow apart. */
const CIRCLE_SIGNS = 8;

/** What a tune or prompt is called in the book, and by a callback. */
export function thingOf(happening: Happening): string {
	return `${'tune' in happening ? 'tune' : 'prompt'} ${happening.id}`;
}

/**
 * The book of a trigger that has another one of Astria beside it: both are of one account, and lead
 * to the same nodes. Where they lead to different ones, each has its own work to start.
 *
 * @returns `undefined` when there is no other one, and in the editor
 */
export async function sharedBookOf(
	context: IPollFunctions | IWebhookFunctions,
): Promise<SharedBook | undefined> {
	if (context.getMode() === 'manual') return undefined;
	const { name, credentials } = context.getNode();
	const after = (node: string) => context.getChildNodes(node).map((child) => child.name);
	const next = after(name).sort();
	const [first] = next;
	if (first === undefined) return undefined;
	const isBeside = context
		.getParentNodes(first)
		.filter(({ name: other, type, disabled }) => other !== name && !disabled && TRIGGERS.test(type))
		.some((other) => hashOf(after(other.name).sort()) === hashOf(next));
	if (!isBeside) return undefined;
	const account = [await astriaAddress(context), credentials?.[ASTRIA_CREDENTIAL]?.id];
	const circle = hashOf([next, ...account]).slice(0, CIRCLE_SIGNS);
	const workflow = String(context.getWorkflow().id);
	return new SharedBook(workflow, circle, context.getWorkflowStaticData('global'));
}
