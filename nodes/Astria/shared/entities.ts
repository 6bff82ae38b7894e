import { PACK, PROMPT } from '../../../lib/astria/fields/entities';
import { TUNE } from '../../../lib/astria/fields/tune';
import { readField } from '../../../lib/fields/coerce';
import { entityOf } from '../../shared/entity';

/** The tune that an operation is about; the node has `searchTunes`. */
export const theTune = entityOf('tuneId', TUNE, (given) => readField(TUNE, given));

/** The prompt that an operation is about; the node has `searchPrompts`. */
export const thePrompt = entityOf('promptId', PROMPT, (given) => readField(PROMPT, given));

/** The pack that an operation is about; the node has `searchPacks`. */
export const thePack = entityOf('packId', PACK, (given) => readField(PACK, given));
