import { ASTRIA } from '../../../../lib/astria/api/errors';
import type { NodePage, NodeWork, Resource } from '../../../shared/operation';
import { openAstria, type AstriaSession } from '../../shared/session';
import { astriaLinks } from '../../shared/links';
import { inspectImage } from './image/inspect.operation';
import { createTuneFromPack } from './pack/createTune.operation';
import { estimatePack } from './pack/estimate.operation';
import { getPack } from './pack/get.operation';
import { getPacks } from './pack/getAll.operation';
import { createTune } from './tune/create.operation';
import { createOrReuseTune } from './tune/createOrReuse.operation';
import { deleteTune } from './tune/delete.operation';
import { estimateTune } from './tune/estimate.operation';
import { getTune } from './tune/get.operation';
import { getTunes } from './tune/getAll.operation';
import { updateTune } from './tune/update.operation';
import { waitForTune } from './tune/wait.operation';

const IMAGE: Resource<AstriaSession> = {
	name: 'Image',
	value: 'image',
	operations: [inspectImage],
};

const PACK: Resource<AstriaSession> = {
	name: 'Pack',
	value: 'pack',
	operations: [createTuneFromPack, estimatePack, getPack, getPacks],
};

/** What the node is for most of all. */
const TUNE_RESOURCE: Resource<AstriaSession> = {
	name: 'Tune',
	value: 'tune',
	operations: [
		createTune,
		createOrReuseTune,
		deleteTune,
		estimateTune,
		getTune,
		getTunes,
		updateTune,
		waitForTune,
	],
};

/** What the node can do, in the alphabetical order that n8n wants. */
export const TUNE_WORK: NodeWork<AstriaSession> = {
	service: ASTRIA,
	open: openAstria,
	resources: [IMAGE, PACK, TUNE_RESOURCE],
	chosen: TUNE_RESOURCE,
};

export const tuneNodePage: NodePage = () => ({
	resources: TUNE_WORK.resources,
	links: astriaLinks(),
});
