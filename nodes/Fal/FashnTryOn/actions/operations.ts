import type { Resource } from '../../../shared/operation';
import { cancelJob } from './tryOn/cancel.operation';
import { generate } from './tryOn/generate.operation';
import { getJob } from './tryOn/get.operation';
import { submitJob } from './tryOn/submit.operation';

export { serviceLinks } from '../helpers/links';

const TRY_ON: Resource = {
	name: 'Try-On',
	value: 'tryOn',
	// In the order of use: the first is what most people want.
	operations: [generate, submitJob, getJob, cancelJob],
};

/** What the node can do. */
export const FASHN_RESOURCES = [TRY_ON] as const;
