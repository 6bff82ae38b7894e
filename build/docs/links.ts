import type { Link } from './text';

const fal = (title: string, path: string): Link => ({ title, url: `https://fal.ai/${path}` });

const FASHN_INPUT = [
	fal('FASHN Try-On v1.6', 'models/fal-ai/fashn/tryon/v1.6/api'),
	fal('v1.5', 'models/fal-ai/fashn/tryon/v1.5/api'),
	fal('legacy endpoint', 'models/fashn/tryon/api'),
	{
		title: 'parameters, explained by FASHN',
		url: 'https://docs.fashn.ai/guides/tryon-parameters-guide',
	},
];

const FAL_HEADERS = fal('platform headers', 'docs/documentation/model-apis/common-parameters');

const FAL_QUEUE = fal('queue', 'docs/documentation/model-apis/queue');

const astria = (title: string, path: string): Link => ({
	title,
	url: `https://docs.astria.ai/docs/${path}`,
});

const ASTRIA_OVERVIEW = astria('API overview', 'api/overview');

const CREATE_TUNE = astria('create a tune', 'api/tune/create');
const CREATE_PROMPT = astria('create a prompt', 'api/prompt/create');
const TRY_ON = astria('virtual try-on', 'use-cases/virtual-try-on');
const FACEID = astria('FaceID', 'features/faceid');

/** Documentation of what an operation calls; by the operation's resource and name. */
type OperationLinks = Readonly<Record<string, readonly Link[]>>;

const FASHN_TRY_ON: OperationLinks = {
	'tryOn.cancel': [FAL_QUEUE],
	'tryOn.generate': [...FASHN_INPUT, FAL_HEADERS],
	'tryOn.get': [FAL_QUEUE],
	'tryOn.submit': [...FASHN_INPUT, FAL_HEADERS],
};

const ASTRIA_TUNE: OperationLinks = {
	'image.inspect': [astria('inspect an image', 'api/images/inspect')],
	'pack.createTune': [astria('create a tune from a pack', 'api/pack/tunes/create')],
	'pack.get': [astria('get a pack', 'api/pack/get')],
	'pack.getAll': [astria('list packs', 'api/pack/list')],
	'tune.create': [CREATE_TUNE, astria('Flux', 'api/flux-api'), FACEID],
	'tune.delete': [astria('delete a tune', 'api/tune/delete')],
	'tune.get': [astria('retrieve a tune', 'api/tune/retrieve')],
	'tune.getAll': [astria('list tunes', 'api/tune/list')],
	'tune.update': [CREATE_TUNE],
	'tune.wait': [astria('retrieve a tune', 'api/tune/retrieve')],
};

const ASTRIA_PROMPT: OperationLinks = {
	'prompt.create': [
		CREATE_PROMPT,
		astria('video', 'features/video'),
		astria('ControlNet', 'use-cases/controlnet'),
		astria('LoRA', 'features/lora'),
		FACEID,
	],
	'prompt.delete': [astria('delete a prompt', 'api/prompt/delete')],
	'prompt.duplicate': [astria('duplicate a prompt', 'api/prompt/duplicate'), CREATE_PROMPT],
	'prompt.get': [astria('retrieve a prompt', 'api/prompt/retrieve')],
	'prompt.getAll': [astria('list prompts', 'api/prompt/list')],
	'prompt.like': [astria('like a prompt', 'api/like/create')],
	'prompt.unlike': [astria('take a like back', 'api/like/delete')],
	'prompt.update': [CREATE_PROMPT],
	'tryOn.dressPerson': [TRY_ON, FACEID],
};

/** Documentation of the services, by node. */
const LINKS: Readonly<Record<string, { service: readonly Link[]; operations: OperationLinks }>> = {
	astriaPrompt: { service: [ASTRIA_OVERVIEW, TRY_ON], operations: ASTRIA_PROMPT },
	astriaTune: { service: [ASTRIA_OVERVIEW, TRY_ON], operations: ASTRIA_TUNE },
	fashnTryOn: {
		service: [fal('FASHN Try-On', 'models/fal-ai/fashn/tryon/v1.6'), FAL_QUEUE],
		operations: FASHN_TRY_ON,
	},
};

/** Pages about the service of a node. @throws Error when none is named here */
export function serviceLinks(node: string): readonly Link[] {
	const links = LINKS[node]?.service;
	if (links === undefined) throw new Error(`build/docs/links.ts has no links for the node ${node}`);
	return links;
}

/** Pages about what an operation calls. @throws Error when none is named here */
export function operationLinks(node: string, resource: string, operation: string): readonly Link[] {
	const links = LINKS[node]?.operations[`${resource}.${operation}`];
	if (links !== undefined) return links;
	throw new Error(`build/docs/links.ts has no link for ${node}, ${resource}.${operation}`);
}
