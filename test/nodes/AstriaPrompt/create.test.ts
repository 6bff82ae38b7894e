import { jsonOf } from '../AstriaTune/bed';
import { type Bed, makeBed, PARTNER } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

test('a row becomes a prompt, and its picture an item', async () => {
	const { outputs, error } = await bed.run([{ text: 'a red dress' }], { basics: { num_images: 2 } });
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toMatchObject([
		{ tuneId: PARTNER, status: 'COMPLETED', text: 'a red dress', imageIndex: 0, imageCount: 2 },
		{ imageIndex: 1 },
	]);
	expect(bed.prompts()).toHaveLength(1);
	console.log(outputs[0]?.[0], bed.sent(), bed.calls().map((c) => c.method + c.path));
});
