import { type Bed, jsonOf, makeBed, speedUp } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: 200 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

test('a reference is ready at once', async () => {
	const { outputs, error } = await bed.run([{ title: 'SKU-1' }]);
	expect(error).toBeUndefined();
	const [item] = outputs[0] ?? [];
	const [made] = bed.sandbox.astria.tunes();
	expect(item?.json).toMatchObject({
		tuneId: made?.id,
		title: 'SKU-1',
		name: 'woman',
		modelType: 'faceid',
		branch: 'flux1',
		trained: true,
		status: 'trained',
		reused: false,
	});
	expect(item?.pairedItem).toEqual([{ item: 0 }]);
	expect(bed.calls().map(({ method }) => method)).toEqual(['POST']);
});

test('a training is waited for', async () => {
	speedUp(50);
	const { outputs, error } = await bed.run([{ title: 'Jane' }], { model_type: 'lora' });
	expect(error).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual([
		expect.objectContaining({ title: 'Jane', modelType: 'lora', trained: true, status: 'trained' }),
	]);
});
