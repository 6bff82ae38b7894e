import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import type { NodePage, Resource } from '../../../shared/operation';
import { serviceLinks } from '../helpers/links';
import { cancelJob } from './tryOn/cancel.operation';
import { generate } from './tryOn/generate.operation';
import { getJob } from './tryOn/get.operation';
import { submitJob } from './tryOn/submit.operation';

const TRY_ON: Resource = {
	name: 'Try-On',
	value: 'tryOn',
	// In the order of use: the first is what most people want.
	operations: [generate, submitJob, getJob, cancelJob],
};

/** What the node can do. */
export const FASHN_RESOURCES = [TRY_ON] as const;

export const fashnNodePage: NodePage = () => ({
	resources: FASHN_RESOURCES,
	links: serviceLinks(),
	retired: { parameter: 'endpoint', value: ENDPOINTS.legacy },
});
