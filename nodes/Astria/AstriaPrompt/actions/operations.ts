import type { Operations } from '../../../shared/operation';
import * as create from './prompt/create.operation';
import * as remove from './prompt/delete.operation';
import * as duplicate from './prompt/duplicate.operation';
import * as get from './prompt/get.operation';
import * as getAll from './prompt/getAll.operation';
import * as like from './prompt/like.operation';
import * as unlike from './prompt/unlike.operation';
import * as update from './prompt/update.operation';
import * as dressPerson from './tryOn/dressPerson.operation';

/** What the node can do, by resource and operation. */
export const OPERATIONS: Operations = {
	prompt: { create, delete: remove, duplicate, get, getAll, like, unlike, update },
	tryOn: { dressPerson },
};
