import sharp from 'sharp';

import { readFile } from '../../../engine/engine';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

test('two addresses give a picture', async () => {
	const { outputs, error } = await bed.run([{ sku: 'A' }]);
	expect(error).toBeUndefined();
	const [item] = outputs[0] ?? [];
	expect(item?.json).toMatchObject({
		contentType: 'image/png',
		imageIndex: 0,
		imageCount: 1,
		status: 'COMPLETED',
		endpoint: 'fal-ai/fashn/tryon/v1.6',
	});
	expect(item?.pairedItem).toEqual({ item: 0 });
	const { format } = await sharp(await readFile(item)).metadata();
	expect(format).toBe('png');
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
});
