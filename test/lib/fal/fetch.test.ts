import { falFetch, falOrigins } from '../../../lib/fal/fetch';
import type { HttpCall } from '../../../lib/http';
import { StreamedFile } from '../../../lib/media/file';
import { fakeDoor } from '../astria/fakeDoor';

const ORIGINS = falOrigins('https://queue.fal.run');
const PICTURE = new StreamedFile({ open: async () => Buffer.from('x') }, 1, 'a.png', 'image/png');

test.each(['https://queue.fal.run/keys', 'https://rest.fal.ai/keys', 'https://example.com/put'])(
	'a file goes to %s without the key: an answer has named the address',
	async (address) => {
		const withoutKey: HttpCall[] = [];
		const door = fakeDoor(() => ({}));
		const plain = async (call: HttpCall) => {
			withoutKey.push(call);
			return { status: 200, headers: {}, body: Buffer.alloc(0) };
		};
		const send = falFetch({ ...door, plain }, ORIGINS, () => {});
		await send(address, { method: 'PUT', body: PICTURE });
		expect(door.calls).toEqual([]);
		expect(withoutKey).toMatchObject([{ url: address, body: Buffer.from('x') }]);
	},
);
