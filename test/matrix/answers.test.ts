import fc from 'fast-check';

import type { SandboxAnswer } from '../../sandbox/types';
import { ASTRIA_CALLS } from './astriaCalls';
import { type MatrixBed, openBed } from './bed';
import { FAL_CALLS } from './falCalls';
import { runAnswers } from './faultCells';

/** Answers of each call. */
const ANSWERS = 4;

const SEED = Number(process.env.RANDOM_SEED ?? 20_261_126);

let bed: MatrixBed;

beforeAll(async () => {
	bed = await openBed();
});

afterAll(async () => {
	await bed.close();
});

/**
 * Whole answers, and what comes in place of a part of the right one. The service does its work, so
 * that none of them is a refusal.
 */
const WILD = fc.record({ status: fc.constantFrom(200, 201, 500), json: fc.jsonValue() });
const PART = fc.record({ place: fc.nat(), json: fc.jsonValue() });

type Part = { place: number; json: unknown };

/** Puts something else in the place of a part, however deep. */
function withPart(value: unknown, { place, json }: Part): unknown {
	if (typeof value !== 'object' || value === null) return json;
	const keys = Object.keys(value);
	const key = keys[place % Math.max(keys.length, 1)];
	if (key === undefined) return json;
	const inner: unknown = Reflect.get(value, key);
	const changed = withPart(inner, { place: Math.floor(place / keys.length), json });
	if (Array.isArray(value))
		return value.map((entry: unknown, at) => (String(at) === key ? changed : entry));
	return { ...value, [key]: changed };
}

async function* eventsOf(events: AsyncIterable<unknown>, change: (event: unknown) => unknown) {
	for await (const event of events) yield change(event);
}

function changed(answer: SandboxAnswer, change: (body: unknown) => unknown): SandboxAnswer {
	const { events } = answer;
	return events === undefined
		? { ...answer, body: change(answer.body) }
		: { ...answer, events: eventsOf(events, change) };
}

const ANY_ANSWER = fc.oneof(
	WILD.map(({ status, json }) => (answer: SandboxAnswer) => ({
		...changed(answer, () => json),
		status: answer.events === undefined ? status : answer.status,
	})),
	PART.map((part) => (answer: SandboxAnswer) => changed(answer, (body) => withPart(body, part))),
);

describe('an answer of any JSON', () => {
	const failures: unknown[] = [];
	const note = (reason: unknown) => failures.push(reason);

	beforeAll(() => {
		process.on('unhandledRejection', note);
	});

	afterAll(() => {
		process.removeListener('unhandledRejection', note);
	});

	test.each(
		[...FAL_CALLS, ...ASTRIA_CALLS].map((call) => [call.service, call.name, call] as const),
	)(
		'%s, %s: ends, tells no key, and buys no row twice',
		async (_service, _name, call) => {
			await fc.assert(
				fc.asyncProperty(ANY_ANSWER, async (change) => {
					const { broken } = await runAnswers(bed, call, { kind: 'change', change });
					// What is no entry of a list is left out of it.
					const isList = call.operation.endsWith('Get Many');
					expect(broken.filter((what) => !isList || !/is missing$/.test(what))).toEqual([]);
				}),
				{ numRuns: ANSWERS, seed: SEED, endOnFailure: true },
			);
			expect(failures).toEqual([]);
		},
		60_000,
	);
});
