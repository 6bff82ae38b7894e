import type { Operations } from '../../../shared/operation';
import * as inspectImage from './image/inspect.operation';
import * as createTuneFromPack from './pack/createTune.operation';
import * as getPack from './pack/get.operation';
import * as getPacks from './pack/getAll.operation';
import * as createTune from './tune/create.operation';
import * as deleteTune from './tune/delete.operation';
import * as getTune from './tune/get.operation';
import * as getTunes from './tune/getAll.operation';
import * as updateTune from './tune/update.operation';
import * as waitForTune from './tune/wait.operation';

/** All operations of the node. */
export const OPERATIONS: Operations = {
	image: { inspect: inspectImage },
	pack: { createTune: createTuneFromPack, get: getPack, getAll: getPacks },
	tune: {
		create: createTune,
		delete: deleteTune,
		get: getTune,
		getAll: getTunes,
		update: updateTune,
		wait: waitForTune,
	},
};
