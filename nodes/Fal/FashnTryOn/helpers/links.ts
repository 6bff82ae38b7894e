import type { DocLink } from '../../../shared/operation';

const fal = (title: string, path: string): DocLink => ({ title, url: `https://fal.ai/${path}` });

/** What fal does with a request, whatever its model. */
export const queueLink = () => fal('queue', 'docs/documentation/model-apis/queue');

/** What an account has asked for. */
export const historyLink = () =>
	fal('request history', 'docs/platform-apis/v1/models/requests/by-endpoint');

/** What a request may hold, and what goes along with it. */
export const inputLinks = (): DocLink[] => [
	fal('FASHN Try-On v1.6', 'models/fal-ai/fashn/tryon/v1.6/api'),
	fal('v1.5', 'models/fal-ai/fashn/tryon/v1.5/api'),
	fal('legacy endpoint', 'models/fashn/tryon/api'),
	{
		title: 'parameters, explained by FASHN',
		url: 'https://docs.fashn.ai/guides/tryon-parameters-guide',
	},
	fal('platform headers', 'docs/documentation/model-apis/common-parameters'),
];

/** Pages about the service as a whole. */
export const fashnLinks = (): DocLink[] => [
	fal('FASHN Try-On', 'models/fal-ai/fashn/tryon/v1.6'),
	queueLink(),
];
