import type { IDataObject } from 'n8n-workflow';

import { FalApi } from '../../credentials/FalApi.credentials';
import { FashnTryOn } from '../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/index';
import { speedUp } from '../engine/clock';
import type { Column, NodeUnderTest } from '../engine/shapes';
import { generate } from '../nodes/Fal/FashnTryOn/bed';
import { smallGarment, smallPerson } from './pictures';

/** Jobs so short that a test with a dozen of them is a quick one. */
const QUICK = { jobMs: 50, pickUpMs: 5, pictureSize: { width: 30, height: 45 } };

/** So many times faster than the machine's is the node's clock: its pauses of seconds are short. */
const SPEED = 20;

/** A submit, as `METHOD /path`. */
export const SUBMIT = /^POST \/fal-ai\/fashn/;

/** What differs from a Generate with two addresses. */
export type Parameters = (column: Column) => ReturnType<NodeUnderTest['parameters']>;

/** A sandbox, and FASHN Try-On nodes for workflows that use it. */
export interface FashnBed {
	sandbox: Sandbox;
	/** A Generate with two addresses and without download, with what differs. */
	node(parameters?: Parameters, settings?: NodeUnderTest['settings']): NodeUnderTest;
	/** Seeds of the jobs that were bought, in the order of the numbers. */
	seeds(): number[];
	/** How many submits were sent, whatever the service made of them. */
	sent(): number;
}

function seedOf({ input }: { input: unknown }): number {
	return Number(Reflect.get(Object(input), 'seed'));
}

/** Starts a sandbox, and makes the clock of the node fast until `jest.restoreAllMocks()`. */
export async function fashnBed(options: SandboxOptions = {}): Promise<FashnBed> {
	const sandbox = await startSandbox({ ...options, fal: { ...QUICK, ...options.fal } });
	const person = sandbox.media.publish(await smallPerson(), 'image/jpeg');
	const garment = sandbox.media.publish(await smallGarment(), 'image/png');
	speedUp(SPEED);
	return {
		sandbox,
		node: (parameters = () => ({}), settings = {}) => ({
			nodeType: new FashnTryOn(),
			credential: {
				type: 'falApi',
				credentialType: new FalApi(),
				data: { apiKey: sandbox.fal.key, baseUrl: sandbox.fal.url },
			},
			parameters: (column) => ({
				...generate(person, garment),
				download: false,
				...parameters(column),
			}),
			settings,
		}),
		seeds: () =>
			sandbox.fal
				.submits()
				.map(seedOf)
				.sort((one, other) => one - other),
		sent: () => sandbox.calls.filter(({ method, path }) => SUBMIT.test(`${method} ${path}`)).length,
	};
}

/** Rows with the seeds 0, 1, 2 and so on. */
export function seeded(count: number): IDataObject[] {
	return Array.from({ length: count }, (_, seed) => ({ seed }));
}

/** The parameters that take the seed from the row. */
export const seedOfRow: Parameters = (column) => ({
	additionalFields: { seed: column('seed', 'number') },
});

/** A seed that is another one on every try. */
export const randomSeed: Parameters = () => ({
	additionalFields: { seed: '={{ Math.floor(Math.random() * 1e6) }}' },
});

/** fal's request history, as `METHOD /path`. */
export const HISTORY = /^GET \/v1\/models\/requests\//;

/** Looking for a job in vain lasts as long as a row may: some of the machine's tenths of a second. */
export const SHORT_WAIT = { maxWait: 10 };

/** As many tries as n8n makes, with its shortest pause: 0 means its default, a second. */
export const RETRY = { retryOnFail: true, maxTries: 5, waitBetweenTries: 1 };
