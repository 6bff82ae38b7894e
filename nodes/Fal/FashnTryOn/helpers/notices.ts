import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';

type Show = NonNullable<IDisplayOptions['show']>;

function notice(name: string, displayName: string, show: Show): INodeProperties {
	return { displayName, name, type: 'notice', default: '', displayOptions: { show } };
}

/** Stands below a choice of the endpoint that fal has retired. */
export function legacyNotice({ show }: IDisplayOptions): INodeProperties {
	return notice(
		'legacyNotice',
		'fal has retired this endpoint and answers that it is gone. Choose FASHN Try-On v1.6, unless your account or gateway still has this one.',
		{ ...show, endpoint: [ENDPOINTS.legacy] },
	);
}

/** Stands below Sync Mode while it is on. */
export function syncModeNotice({ show }: IDisplayOptions): INodeProperties {
	return notice(
		'syncModeNotice',
		"With 'Sync Mode' fal keeps its answer for minutes only. After that, the operation Get cannot fetch the pictures any more.",
		{ ...show, sync_mode: [true] },
	);
}

/** Stands below the options while fal is told to store nothing. */
export function storeNotice({ show }: IDisplayOptions): INodeProperties {
	return notice(
		'storeNotice',
		"Without 'Store Request and Answer' fal keeps its answer for minutes only. After that, the operation Get cannot fetch the pictures any more.",
		{ ...show, '/options.storeIo': [false] },
	);
}
