import { AstriaClient } from '../../../../lib/astria/api/client';
import { TrainedPacks } from '../../../../lib/astria/packs/trained';
import { TestClock } from '../../clock';
import { fakeDoor } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

type Shown = Record<string, unknown>;

const PACK: Shown = {
	id: 260,
	prompts_per_class: { woman: [{ id: 501 }, { id: 502 }], man: [{ id: 511 }] },
};

const prompt = (id: number, more: Shown = {}): Shown => ({ id, base_pack_id: 260, ...more });

/**
 * @param lists what Astria lists at each look; the last one from then on
 */
function trained(lists: Shown[][], pack = PACK) {
	const clock = new TestClock(NOW);
	const asked: string[] = [];
	let looks = 0;
	const door = fakeDoor(({ url }) => {
		const { pathname, searchParams } = new URL(url);
		asked.push(pathname);
		if (pathname.startsWith('/p/')) return { json: pack };
		const before = Number(searchParams.get('before_id') ?? Infinity);
		if (before === Infinity) looks += 1;
		const list = lists[Math.min(looks, lists.length) - 1] ?? [];
		const limit = Number(searchParams.get('limit'));
		return { json: list.filter(({ id }) => Number(id) < before).slice(0, limit) };
	});
	const packs = new TrainedPacks(new AstriaClient(door, 'https://astria.test', clock));
	const waited = () => clock.waits.reduce((sum, wait) => sum + wait, 0);
	const idsOf = async (className: string, promptIds: number[] = []) =>
		await packs.promptIds(
			{ tuneId: 7, reused: false, recovered: false, pack: { id: '260', className, promptIds } },
			{ clock },
		);
	return { asked, idsOf, waited };
}

test.each<[string, string, number[], number, number]>([
	['those of the class', 'man', [], 1, 0],
	['as many as were chosen', 'woman', [501], 1, 0],
	['until no more come, for a class that has more', 'woman', [], 1, 60_000],
	['those of the largest class where the class is unknown', 'dog', [], 2, 0],
])('%s are waited for', async (_, className, chosen, there, waitMs) => {
	const { idsOf, waited } = trained([[prompt(12), prompt(11)].slice(-there)]);
	expect(await idsOf(className, chosen)).toEqual([11, 12].slice(0, there));
	expect(waited()).toBe(waitMs);
});

test('where the pack does not tell how many they are, no more come after a minute', async () => {
	const { idsOf, waited } = trained([[], [prompt(11)], [prompt(12), prompt(11)]], { id: 260 });
	expect(await idsOf('woman')).toEqual([11, 12]);
	expect(waited()).toBe(80_000);
});

test('whatever else was made on the tune is left out, however the list is sorted', async () => {
	const mine = prompt(13, { base_pack_id: null });
	const other = prompt(14, { base_pack_id: 261 });
	const { idsOf } = trained([[prompt(11), mine, other, prompt(12)]]);
	expect(await idsOf('woman')).toEqual([11, 12]);
});

test('a pack is read once for all its tunes, and a long list to its end', async () => {
	const ids = Array.from({ length: 130 }, (_, n) => n + 1);
	const { idsOf, asked } = trained([ids.toReversed().map((id) => prompt(id))]);
	expect(await idsOf('woman')).toEqual(ids);
	await idsOf('man');
	const pages = Array(3).fill('/tunes/7/prompts');
	expect(asked).toEqual(['/p/260', ...pages, ...pages]);
});
