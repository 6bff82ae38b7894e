import { AstriaClient } from '../../../../lib/astria/api/client';
import { PromptCosts } from '../../../../lib/astria/prompts/cost';
import { TestClock } from '../../clock';
import { fakeDoor } from '../fakeDoor';

type Shown = Record<string, unknown>;

/** What a prompt is estimated at, from one that the account has made. */
async function estimateFrom(made: Shown, wanted: Shown): Promise<number | undefined> {
	const clock = new TestClock();
	const door = fakeDoor(() => ({ json: [{ id: 1, tune_id: 7, ...made }] }));
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	const cost = await new PromptCosts(client, { clock }).costOf({
		target: { kind: 'tune', tuneId: 7 },
		values: wanted,
		files: {},
		distinct: false,
	});
	return cost?.amount;
}

const pictures = (count: number) => Array.from({ length: count }, (_, n) => `https://a/${n}`);

const LARGE = {
	...{ video_model: 'kling25', video_upscale_model: 'seedvr2', images: pictures(1) },
	...{ video_upscale_target_resolution: '4k', cost_mc: 90_000 },
};

test.each<[string, Shown, Shown, number | undefined]>([
	['as many', { num_images: 2, images: pictures(2), cost_mc: 8_000 }, { num_images: 2 }, 0.08],
	['more', { num_images: 1, images: pictures(1), cost_mc: 4_000 }, { num_images: 3 }, 0.12],
	[
		'pictures like those of a prompt that delivered half',
		{ num_images: 4, images: pictures(2), cost_mc: 8_000 },
		{ num_images: 4 },
		0.16,
	],
	['a number as text', { images: pictures(1), cost_mc: 4_000 }, { num_images: '4' }, 0.16],
	['what nothing was made of', { num_images: 2, images: [], cost_mc: 0 }, {}, undefined],
	[
		'a video, whose first picture is part of it',
		{ video_model: 'kling25', images: pictures(2), cost_mc: 50_000 },
		{ video_model: 'kling25' },
		0.5,
	],
	[
		'a video that is to be enlarged, by one that was not',
		{ video_model: 'kling25', images: pictures(1), cost_mc: 50_000 },
		{ video_model: 'kling25', video_upscale_model: 'seedvr2' },
		undefined,
	],
	[
		'a video of another size, or with more pictures per second',
		{ ...LARGE, video_upscale_target_resolution: '720p' },
		{ ...LARGE, video_fps_model: 'video_fps_increaser' },
		undefined,
	],
	['a video that is enlarged, by one that was', LARGE, LARGE, 0.9],
])('%s', async (_name, made, wanted, dollars) => {
	const estimate = await estimateFrom(made, wanted);
	if (dollars === undefined) expect(estimate).toBeUndefined();
	else expect(estimate).toBeCloseTo(dollars);
});
