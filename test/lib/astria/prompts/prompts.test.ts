import {
	finishedPrompt,
	promptColumns,
	PROMPTS,
	promptSummary,
	readPrompt,
	statusOf,
} from '../../../../lib/astria/prompts/prompt';
import { JobFailedError } from '../../../../lib/errors';

const TIME = '2026-01-01T00:00:00.000Z';
const PICTURE = 'https://mp.astria.ai/abc';

function promptOf(json: Record<string, unknown>) {
	const prompt = readPrompt({ id: 7, tune_id: 1, ...json });
	if (!prompt) throw new Error('No prompt');
	return prompt;
}

describe('an answer holds a prompt', () => {
	const bare = { id: 7, tune_id: 1, images: [] };
	test.each([
		['bare', bare],
		['wrapped', { prompt: bare }],
		['in a list', [bare]],
		['wrapped in a list', [{ prompt: bare }]],
	])('%s', (_, answer) => {
		expect(readPrompt(answer)).toMatchObject({ id: 7, tuneId: 1, outputs: [], json: bare });
	});

	test.each([undefined, null, 'no', [], {}, { id: 'x' }, { id: 0 }, [[]]])(
		'%j does not',
		(answer) => {
			expect(readPrompt(answer)).toBeUndefined();
		},
	);

	test('lists come bare or wrapped, with whatever else in them', async () => {
		const read = async (answer: unknown) => await PROMPTS.page(async () => answer, {}, 10);
		const mixed = await read([bare, null, { prompt: { id: 8 } }]);
		expect(mixed.map(({ id }) => id)).toEqual([7, 8]);
		expect(await read({ prompts: [bare] })).toHaveLength(1);
		await expect(read('no')).rejects.toThrow('holds no list');
		await expect(read({ tunes: [bare] })).rejects.toThrow('holds no list');
	});
});

test('pictures are texts or objects, each with the type and name beside it', () => {
	const { outputs } = promptOf({
		images: [PICTURE, {}, { url: `${PICTURE}2` }],
		content_types: ['image/jpeg', null, 'image/png'],
		filenames: ['a.jpg'],
	});
	expect(outputs).toEqual([
		{ url: PICTURE, contentType: 'image/jpeg', fileName: 'a.jpg' },
		{ url: `${PICTURE}2`, contentType: 'image/png' },
	]);
});

const VIDEO = { video_model: 'kling25' };
const STATES: Array<[string, Record<string, unknown>, string]> = [
	['nothing yet', { images: [] }, 'IN_QUEUE'],
	['no list at all', {}, 'IN_QUEUE'],
	['started', { images: [], started_training_at: TIME }, 'IN_PROGRESS'],
	['pictures', { images: [PICTURE], trained_at: TIME }, 'COMPLETED'],
	['pictures before the end', { images: [PICTURE] }, 'COMPLETED'],
	[
		'the first frame of a video',
		{ ...VIDEO, images: [PICTURE], content_types: ['image/jpeg'], started_training_at: TIME },
		'IN_PROGRESS',
	],
	['a video', { ...VIDEO, images: [PICTURE], content_types: ['video/mp4'] }, 'COMPLETED'],
	[
		'a frame and the video',
		{ ...VIDEO, images: [PICTURE, PICTURE], content_types: ['image/jpeg', 'video/mp4'] },
		'COMPLETED',
	],
	[
		'an ended video',
		{ ...VIDEO, images: [PICTURE], content_types: [], trained_at: TIME },
		'COMPLETED',
	],
	['an error', { images: [], user_error: 'Refused.', trained_at: TIME }, 'FAILED'],
	['an error beside pictures', { images: [PICTURE], user_error: 'Refused' }, 'FAILED'],
	['an empty error', { images: [PICTURE], user_error: '' }, 'COMPLETED'],
	['a time of failure', { images: [], failed_at: TIME }, 'FAILED'],
	['a time of failure beside pictures', { images: [PICTURE], failed_at: TIME }, 'FAILED'],
	['no time of failure', { images: [PICTURE], failed_at: null }, 'COMPLETED'],
	['an end without pictures', { images: [], trained_at: TIME }, 'FAILED'],
	['an end without a list', { trained_at: TIME }, 'FAILED'],
];

test.each(STATES)('%s is %3$s', (_, json, status) => {
	const prompt = promptOf(json);
	expect(statusOf(prompt)).toBe(status);
	if (status === 'FAILED') expect(() => finishedPrompt(prompt)).toThrow(JobFailedError);
	else expect(finishedPrompt(prompt)).toBe(status === 'COMPLETED' ? prompt : undefined);
});

function failureOf(json: Record<string, unknown>): JobFailedError {
	try {
		finishedPrompt(promptOf(json));
	} catch (error) {
		if (error instanceof JobFailedError) return error;
	}
	throw new Error('It did not fail');
}

test.each([
	[{ cost_mc: 4000 }, 'yes'],
	[{ cost_mc: 0 }, 'no'],
	[{ cost_mc: null }, 'unknown'],
	[{}, 'unknown'],
])('a failure with %j was charged: %s', (cost, charged) => {
	const { details, message } = failureOf({ user_error: 'The provider refused.', ...cost });
	expect(message).toBe('Astria says: The provider refused.');
	expect(details).toMatchObject({
		charged,
		retryable: false,
		serviceMessage: 'The provider refused.',
	});
});

test('a failure keeps the pictures that were made all the same', () => {
	const { details } = failureOf({ user_error: 'Half of it', images: [PICTURE] });
	expect(details.imageUrls).toEqual([PICTURE]);
});

test('an item tells what Astria tells, flat, and nothing that it does not', () => {
	const prompt = promptOf({
		text: 'a photo',
		images: [PICTURE, `${PICTURE}2`],
		trained_at: TIME,
		created_at: TIME,
		cost_mc: 33_000,
		seed: 0,
		workspace_id: null,
		cfg_scale: '3.0',
		negative_prompt: '',
		callback: 'https://n8n.example.com/webhook/1?secret=2',
	});
	const columns = {
		promptId: 7,
		tuneId: 1,
		status: 'COMPLETED',
		text: 'a photo',
		seed: 0,
		cost: 0.33,
		currency: 'USD',
		createdAt: TIME,
		endedAt: TIME,
	};
	expect(promptColumns(prompt)).toEqual(columns);
	const { input, ...summary } = promptSummary(prompt);
	expect(summary).toEqual({
		...columns,
		imageUrl: PICTURE,
		imageUrls: [PICTURE, `${PICTURE}2`],
		imageCount: 2,
		referenceTuneIds: [],
	});
	expect(JSON.parse(input)).toEqual({ text: 'a photo', seed: 0, cfg_scale: '3.0' });
});
