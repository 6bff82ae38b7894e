import { startKit } from './astria-kit';
import type { Ask, Kit } from './astria-kit';

/** A call of Astria's documentation, its tools or its users' code, and what it must get. */
export interface Vector {
	name: string;
	/** May prepare what the call needs. */
	ask: (kit: Kit) => Ask | Promise<Ask>;
	status: number;
	/** Matched against the JSON, or the text when it is a text; an object may have more. */
	body: unknown;
}

export const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const LINK: unknown = expect.stringMatching(/^https?:\/\/\S+$/);
export const ID: unknown = expect.any(Number);
export const PUBLIC_URL = 'https://pictures.example/HLHBnl9.jpeg';

/** Makes a test of each vector, all against one sandbox. */
export function testVectors(vectors: Vector[]): void {
	let kit: Kit;

	beforeAll(async () => {
		kit = await startKit();
	});

	afterAll(() => kit.sandbox.close());

	test.each(vectors)('$name', async ({ ask, status, body }) => {
		const answer = await kit.ask(await ask(kit));
		const seen = typeof body === 'string' ? answer.text : answer.body;
		expect([answer.status, seen]).toMatchObject([status, body]);
	});
}
