import { FAL } from '../../../../lib/fal/errors';
import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import type { NodePage, NodeWork, Resource } from '../../../shared/operation';
import { openFal, type FalSession } from '../../shared/session';
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
const TRY_ON: Resource<FalSession> = {
	name: 'Try-On',
	value: 'tryOn',
	operations: [generate, submitJob, estimateTryOn],
};

/** What the node can do, in the alphabetical order that n8n wants. */
export const FASHN_WORK: NodeWork<FalSession> = {
	service: FAL,
	open: openFal,
	resources: [JOB, TRY_ON],
	chosen: TRY_ON,
	idKey: 'request_id',
};

export const fashnNodePage: NodePage = () => ({
	resources: FASHN_WORK.resources,
	links: fashnLinks(),
	retired: { parameter: 'endpoint', value: ENDPOINTS.legacy },
});
