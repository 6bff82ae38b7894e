import type { IDataObject } from 'n8n-workflow';

import type { Door } from '../../lib/http';
import type { Timing } from '../../lib/jobs/retry';

/** What every operation works with, whichever its service. */
export interface Session {
	/** The service's name, for messages and error rows. */
	service: string;
	/** For pictures, which are fetched without the key. */
	door: Door;
	timing: Timing;
	/** Kept by n8n with the execution. */
	memory: IDataObject;
}
