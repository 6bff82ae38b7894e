import type { Operations } from '../../../shared/operation';
import * as cancel from './tryOn/cancel.operation';
import * as generate from './tryOn/generate.operation';
import * as get from './tryOn/get.operation';
import * as submit from './tryOn/submit.operation';

/** What the node can do, by resource and operation. */
export const OPERATIONS: Operations = { tryOn: { cancel, generate, get, submit } };
