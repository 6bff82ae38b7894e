import { AstriaClient } from '../../../../lib/astria/api/client';
import {
	FALLBACK_MODEL,
	familyOf,
	fetchCatalog,
	readCatalog,
	Lookup,
} from '../../../../lib/astria/models/catalog';
import { CLI_MODELS } from '../../../../sandbox/astria/catalog';
import { TestClock } from '../../clock';
import { broken, fakeDoor } from '../fakeDoor';

test.each([
	['partner-1', 'partner'],
	['gemini-2', 'partner'],
	['flux1', 'flux'],
	['flux-pro1', 'flux'],
	['sd15', 'sd'],
	['sdxl1', 'sd'],
	['fast', undefined],
	['something', undefined],
	[null, undefined],
])('the branch %s is of the family %s', (branch, family) => {
	expect(familyOf(branch)).toBe(family);
});

test('the catalog has the defaults first', () => {
	const { models, videoModels } = readCatalog({
		...CLI_MODELS,
		default: 'seedream',
		default_video_model: 'kling25',
	});
	expect(models.map(({ tuneId }) => tuneId)).toEqual([3691308, 4180298, 3618064, 4665564]);
	expect(models[1]).toEqual({
		name: 'nano-banana-2',
		tuneId: 4180298,
		title: 'Nano Banana 2',
		resolutions: ['1K', '2K', '4K'],
	});
	expect(videoModels.map(({ name }) => name)).toEqual(['kling25', 'seedance2_fast_720p']);
});

test.each([
	undefined,
	null,
	[],
	'no',
	{},
	{ models: {} },
	{ models: { x: null, y: { tune_id: 'z' } } },
])('of %j the documented default is left', (answer) => {
	expect(readCatalog(answer)).toEqual({ models: [FALLBACK_MODEL], videoModels: [] });
});

test('a catalog that cannot be had is none', async () => {
	const door = fakeDoor(() => {
		throw broken();
	});
	const client = new AstriaClient(door, 'https://api.astria.ai', new TestClock());
	expect((await fetchCatalog(client)).models).toEqual([FALLBACK_MODEL]);
	expect(door.calls).toHaveLength(1);
});

describe('tunes that rows name', () => {
	const tunes: Record<string, unknown> = {
		'/tunes/1': { id: 1, branch: 'flux1', name: 'woman' },
		'/tunes/2': { id: 2, branch: 'fast', base_tune_id: 1 },
		'/tunes/3': { id: 3, branch: 'fast', base_tune_id: null },
	};
	const door = fakeDoor(({ url }) => {
		const json = tunes[new URL(url).pathname];
		return json === undefined ? { status: 404, json: { error: 'Not Found' } } : { json };
	});
	const clock = new TestClock();
	const lookup = new Lookup(new AstriaClient(door, 'https://api.astria.ai', clock), { clock });

	test('are asked for once', async () => {
		await Promise.all([lookup.get(1), lookup.get(1), lookup.named('Tune', 1)]);
		expect(door.calls).toHaveLength(1);
	});

	test.each([
		[1, 'flux'],
		[2, 'flux'],
		[3, undefined],
		[4, undefined],
	])('%d is of the family %s', async (id, family) => {
		expect(await lookup.familyOf(id)).toBe(family);
	});

	test('that are gone are named', async () => {
		await expect(lookup.named('Garment Tune', 4)).rejects.toThrow(
			"'Garment Tune' names tune 4, which Astria does not have.",
		);
	});
});
