import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import type { NodePage, Resource } from '../../../shared/operation';
import type { FalSession } from '../../shared/session';
import { fashnLinks } from '../helpers/links';
import { cancelJob } from './job/cancel.operation';
import { getJob } from './job/get.operation';
import { getJobs } from './job/getAll.operation';
import { estimateTryOn } from './tryOn/estimate.operation';
import { generate } from './tryOn/generate.operation';
import { submitJob } from './tryOn/submit.operation';

const JOB: Resource<FalSession> = {
	name: 'Job',
	value: 'job',
	operations: [getJob, getJobs, cancelJob],
};

/** What the node is for most of all; in the order of use. */
export const TRY_ON: Resource<FalSession> = {
	name: 'Try-On',
	value: 'tryOn',
	operations: [generate, submitJob, estimateTryOn],
};

/** What the node can do, in the alphabetical order that n8n wants. */
export const FASHN_RESOURCES = [JOB, TRY_ON] as const;

export const fashnNodePage: NodePage = () => ({
	resources: FASHN_RESOURCES,
	links: fashnLinks(),
	retired: { parameter: 'endpoint', value: ENDPOINTS.legacy },
});
