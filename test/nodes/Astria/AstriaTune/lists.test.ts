import { searchPacks } from '../../../../nodes/Astria/AstriaTune/listSearch/searchPacks';
import { searchTunes } from '../../../../nodes/Astria/shared/search';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

/** All entries that a search shows when it is scrolled to its end. */
async function scroll(filter?: string): Promise<Array<[string, unknown]>> {
	const entries: Array<[string, unknown]> = [];
	let token: string | undefined;
	for (let page = 0; page < 10; page++) {
		const found = await searchTunes.call(bed.editor(), filter, token);
		entries.push(...found.results.map(({ name, value }): [string, unknown] => [name, value]));
		token = typeof found.paginationToken === 'string' ? found.paginationToken : undefined;
		if (token === undefined) return entries;
	}
	throw new Error('The list does not end');
}

test('shows the tunes of the account, newest first, and then the gallery', async () => {
	const titles = Array.from({ length: 40 }, (_, index) => `T${index}`);
	await bed.run(titles.map((title) => ({ title })));
	const entries = await scroll();
	const own = entries.filter(([name]) => !name.startsWith('Gallery: '));
	const ids = bed.sandbox.astria.tunes().map(({ id }) => String(id));
	expect(own.map(([, value]) => value)).toEqual(ids.reverse());
	const gallery = entries.slice(own.length);
	expect(gallery).toContainEqual(['Gallery: Flux1.dev (style, flux1, 1504944)', '1504944']);
	expect(gallery.length).toBeGreaterThan(30);
	expect(new Set(entries.map(([, value]) => value)).size).toBe(entries.length);
});

test('finds by a part of the title, in both', async () => {
	await bed.run(['Flux lady', 'Other'].map((title) => ({ title })));
	const names = (await scroll('flux')).map(([name]) => name);
	expect(names[0]).toMatch(/^Flux lady/);
	expect(names).toContainEqual(expect.stringContaining('Gallery: Flux1.dev'));
	expect(names.some((name) => name.startsWith('Other'))).toBe(false);
});

test('an account without tunes sees the gallery at once', async () => {
	const { results } = await searchTunes.call(bed.editor());
	expect(results.length).toBeGreaterThan(10);
});

test('finds a tune by its id', async () => {
	await bed.run([{ title: 'Jane' }]);
	const id = String(bed.sandbox.astria.tunes()[0]?.id);
	expect((await scroll(id)).map(([, value]) => value)).toEqual([id]);
	expect(await scroll('987654321')).toEqual([]);
});

test('a wrong key is told in words', async () => {
	await bed.sandbox.close();
	bed = await makeBed({ credential: { apiKey: 'sd_wrong' } });
	await expect(searchTunes.call(bed.editor(), '123')).rejects.toThrow(/does not accept the key/);
});

test('packs are found by their title or slug', async () => {
	const all = await searchPacks.call(bed.editor());
	expect(all.results.map(({ value }) => value)).toEqual(expect.arrayContaining(['260', '3041']));
	expect(new Set(all.results.map(({ value }) => value)).size).toBe(all.results.length);
	const some = await searchPacks.call(bed.editor(), 'LOOKBOOK');
	expect(some.results.map(({ value }) => value)).toEqual(['3041']);
});
