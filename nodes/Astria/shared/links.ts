import type { DocLink } from '../../shared/operation';

/** A page of Astria's documentation. */
export const astriaLink = (title: string, path: string): DocLink => ({
	title,
	url: `https://docs.astria.ai/docs/${path}`,
});

export const createTuneLink = () => astriaLink('create a tune', 'api/tune/create');
export const createPromptLink = () => astriaLink('create a prompt', 'api/prompt/create');
export const tryOnLink = () => astriaLink('virtual try-on', 'use-cases/virtual-try-on');
export const faceIdLink = () => astriaLink('FaceID', 'features/faceid');

/** Pages about the service as a whole. */
export const astriaLinks = (): DocLink[] => [
	astriaLink('API overview', 'api/overview'),
	tryOnLink(),
];
