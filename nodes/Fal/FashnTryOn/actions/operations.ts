import type { Resource } from '../../../shared/operation';
import { cancelJob } from './job/cancel.operation';
import { getJob } from './job/get.operation';
import { estimateTryOn } from './tryOn/estimate.operation';
import { generate } from './tryOn/generate.operation';
import { submitJob } from './tryOn/submit.operation';

export { serviceLinks } from '../helpers/links';

const JOB: Resource = { name: 'Job', value: 'job', operations: [getJob, cancelJob] };

/** What the node is for most of all; in the order of use. */
export const TRY_ON: Resource = {
	name: 'Try-On',
	value: 'tryOn',
	operations: [generate, submitJob, estimateTryOn],
};

/** What the node can do, in the alphabetical order that n8n wants. */
export const FASHN_RESOURCES = [JOB, TRY_ON] as const;
