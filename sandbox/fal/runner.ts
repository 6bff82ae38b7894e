import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaStore } from '../media';
import { dress } from '../pictures';
import type { BodyArea, DressOptions } from '../pictures';
import type { SandboxAnswer } from '../types';
import { UNITS_HEADER } from './billing';
import { findEndpoint } from './endpoints';
import { detail, modelError, requestError } from './errors';
import { loadPicture } from './inputs';
import type { Job, JobEnd } from './job';
import type { FalOptions } from './options';
import { checkInput } from './validate';

/** A garment URL with this word in it is refused as content, so that a test can have it at will. */
const REFUSED_WORD = 'moderation';

/** Seeds that are not given are drawn below this. */
const RANDOM_SEEDS = 2 ** 31;

const AREAS = new Map<unknown, BodyArea>([
	['bottoms', 'lower'],
	['one-pieces', 'whole'],
]);

/** What a job needs besides its input. */
export interface RunnerTools {
	options: FalOptions;
	media: MediaStore;
}

interface LoadedInput {
	person: Buffer;
	garment: Buffer;
	/** The checked values of the other fields. */
	values: Record<string, unknown>;
	size: { width: number; height: number };
}

function readInput(job: Job): Pick<LoadedInput, 'values' | 'size'> | SandboxAnswer {
	const endpoint = findEndpoint(job.submit.endpointId);
	if (endpoint === undefined || endpoint === 'retired') {
		throw new Error(`No model behind ${job.submit.endpointId}`);
	}
	const checked = checkInput(job.submit.input, endpoint.fields);
	if ('errors' in checked) return modelError(422, checked.errors);
	return { values: checked.values, size: endpoint.size };
}

async function loadInput(job: Job): Promise<LoadedInput | SandboxAnswer> {
	const input = readInput(job);
	if ('status' in input) return input;
	const modelUrl = String(input.values.model_image);
	const garmentUrl = String(input.values.garment_image);
	if (!garmentUrl.startsWith('data:') && garmentUrl.includes(REFUSED_WORD)) {
		const msg =
			'The content could not be processed because it contained material flagged by a content checker.';
		const extras = { field: 'garment_image', input: garmentUrl };
		return modelError(422, [detail('content_policy_violation', msg, extras)]);
	}
	job.log('Loading model image');
	const person = await loadPicture('model_image', modelUrl, job.signal);
	job.log('Loading garment image');
	const garment = await loadPicture('garment_image', garmentUrl, job.signal);
	if ('bytes' in person && 'bytes' in garment) {
		return { ...input, person: person.bytes, garment: garment.bytes };
	}
	const errors = [person, garment].flatMap((file) => ('error' in file ? [file.error] : []));
	return modelError(422, errors);
}

async function makeImage(
	{ person, garment, values }: LoadedInput,
	options: DressOptions & { format: 'png' | 'jpeg' },
	store: (picture: Buffer, contentType: string, fileName: string) => string,
) {
	const picture = await dress(person, garment, options);
	const contentType = `image/${options.format}`;
	const fileName = `${randomInt(RANDOM_SEEDS).toString(36)}.${options.format}`;
	const url =
		values.sync_mode === true
			? `data:${contentType};base64,${picture.toString('base64')}`
			: store(picture, contentType, fileName);
	return { url, content_type: contentType, file_name: fileName, file_size: picture.length };
}

async function generate(job: Job, { options, media }: RunnerTools): Promise<SandboxAnswer> {
	const startedAt = Date.now();
	const input = await loadInput(job);
	if ('status' in input) return input;

	const { seed, num_samples: samples, output_format: wanted, category } = input.values;
	const firstSeed = typeof seed === 'number' ? seed : randomInt(RANDOM_SEEDS);
	const count = typeof samples === 'number' ? samples : 1;
	const { lifecycle } = job.terms;
	const images: unknown[] = [];
	for (let sample = 0; sample < count; sample += 1) {
		job.log(`Generating sample ${sample + 1} of ${count}`);
		const look = {
			...(options.pictureSize ?? input.size),
			format: wanted === 'jpeg' ? ('jpeg' as const) : ('png' as const),
			seed: firstSeed + sample,
			area: AREAS.get(category) ?? 'upper',
		};
		const image = await makeImage(input, look, (picture, contentType, fileName) =>
			media.publish(picture, contentType, { fileName, lifecycle }),
		);
		images.push(image);
	}
	const duration = await durationOf(options, job);
	const rest = startedAt + duration - Date.now();
	if (rest > 0) await sleep(rest, undefined, { signal: job.signal });
	return { status: 200, body: { images } };
}

async function durationOf({ jobMs }: FalOptions, { submit }: Job): Promise<number> {
	return typeof jobMs === 'number' ? jobMs : await jobMs(submit);
}

async function last(job: Job, options: FalOptions): Promise<void> {
	await sleep(await durationOf(options, job), undefined, { signal: job.signal });
}

/**
 * Makes the function that runs jobs: the scripted outcome where there is one; else the input is
 * checked, both pictures are loaded, and as many pictures as asked for are made and stored. A failure
 * ends the job at once, a success after the set time.
 */
export function makeRunner(tools: RunnerTools): (job: Job) => Promise<JobEnd> {
	return async (job) => {
		const { outcome } = job;
		switch (outcome?.kind) {
			case undefined:
				return { answer: await generate(job, tools) };
			case 'stuck':
				return await new Promise<never>(() => undefined);
			case 'model':
				await last(job, tools.options);
				return { answer: outcome.answer, statusError: outcome.statusError };
			case 'output': {
				await last(job, tools.options);
				const { body, units, statusError } = outcome;
				const headers = units === undefined ? undefined : { [UNITS_HEADER]: String(units) };
				return { answer: { status: 200, headers, body }, statusError };
			}
			case 'request': {
				await last(job, tools.options);
				const { status, errorType, message } = outcome;
				return {
					answer: requestError(status, errorType, message),
					statusError: { error: message, errorType },
				};
			}
		}
	};
}
