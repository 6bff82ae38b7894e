import type { FalOptions, Price } from './options';
import type { FieldRule } from './validate';

/** A model endpoint that the stand-in runs. */
export interface Endpoint {
	fields: Record<string, FieldRule>;
	/** Output size in pixels. */
	size: { width: number; height: number };
}

/** FASHN's largest seed. Source: docs.fashn.ai, tryon-v1.6 parameters. */
const MAX_SEED = 2 ** 32 - 1;

/**
 * Input of v1.5 and v1.6, which share one schema. Source: fal.ai/models/fal-ai/fashn/tryon/v1.6/api;
 * the ranges: docs.fashn.ai, tryon-v1.6 parameters.
 */
const TRY_ON_FIELDS: Record<string, FieldRule> = {
	model_image: { type: 'string', required: true },
	garment_image: { type: 'string', required: true },
	category: { type: 'enum', values: ['tops', 'bottoms', 'one-pieces', 'auto'] },
	mode: { type: 'enum', values: ['performance', 'balanced', 'quality'] },
	garment_photo_type: { type: 'enum', values: ['auto', 'model', 'flat-lay'] },
	moderation_level: { type: 'enum', values: ['none', 'permissive', 'conservative'] },
	seed: { type: 'integer', min: 0, max: MAX_SEED, nullable: true },
	num_samples: { type: 'integer', min: 1, max: 4 },
	segmentation_free: { type: 'boolean' },
	output_format: { type: 'enum', values: ['png', 'jpeg'] },
	sync_mode: { type: 'boolean' },
};

/** The endpoints that run, by id. Sizes: the model pages on fal.ai. */
const ENDPOINTS = new Map<string, Endpoint>([
	['fal-ai/fashn/tryon/v1.6', { fields: TRY_ON_FIELDS, size: { width: 864, height: 1296 } }],
	['fal-ai/fashn/tryon/v1.5', { fields: TRY_ON_FIELDS, size: { width: 576, height: 864 } }],
]);

/** Endpoints that fal has retired: they answer 410. */
const RETIRED = new Set(['fashn/tryon']);

/** Price of one generated picture. Source: fal.ai/models/fal-ai/fashn/tryon/v1.6/llms.txt */
const PRICE: Price = { unitPrice: 0.075, unit: 'images' };

/** Looks an endpoint up by its id: the endpoint, `retired`, or undefined when fal has none so named. */
export function findEndpoint(id: string): Endpoint | 'retired' | undefined {
	return RETIRED.has(id) ? 'retired' : ENDPOINTS.get(id);
}

/** What an endpoint costs; undefined when there is none so named, or none any more. */
export function priceOf(
	id: string,
	{ otherEndpoints }: Pick<FalOptions, 'otherEndpoints'>,
): Price | undefined {
	return ENDPOINTS.has(id) ? PRICE : otherEndpoints[id];
}

/**
 * The application an endpoint belongs to: its first two parts. Status, result and cancel live under
 * it. Source: fal.ai/docs, Queue API.
 */
export function appOf(endpointId: string): string {
	return endpointId.split('/').slice(0, 2).join('/');
}
