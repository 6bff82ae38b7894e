import type { SandboxAnswer } from '../../../../sandbox/types';
import { RETRY } from '../../../engine/engine';
import { errorsOf } from '../../../engine/items';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const SUBMIT = /POST \/fal-ai\/fashn\/tryon/;

/** The right answer with other members in it. */
const answeredWith = (members: object) => (answer: SandboxAnswer) => ({
	...answer,
	body: { ...Object(answer.body), ...members },
});

/** Method and path of everything that fal was asked. */
const asked = () =>
	bed.sandbox.calls
		.filter(({ service }) => service === 'fal')
		.map(({ method, path }) => `${method} ${path}`);

test('a request id of an answer goes nowhere when it is none, and is not bought again', async () => {
	const change = answeredWith({ request_id: '../../../storage/auth/token?x=' });
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'change', change } });
	const { outputs } = await bed.run([{}], {}, { ...RETRY, onError: 'continueErrorOutput' });
	// Its job is found in fal's history all the same.
	const [job] = bed.sandbox.fal.submits();
	expect(outputs[0]?.[0]?.json).toMatchObject({ requestId: job?.requestId, status: 'COMPLETED' });
	expect(asked().filter((call) => /\.\.|auth|token/.test(call))).toEqual([]);
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
});

test('where fal keeps no history of it, its outcome is unknown, and it is not bought again', async () => {
	const change = answeredWith({ request_id: '../../../storage/auth/token?x=' });
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'change', change } });
	const settings = { ...RETRY, onError: 'continueErrorOutput' } as const;
	const { outputs } = await bed.run([{}], { options: { storeIo: false } }, settings);
	expect(errorsOf(outputs[1])[0]).toMatch(/no usable request id.*unknown whether fal took it/);
	expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown', retryable: false });
	expect(asked()).toEqual(['POST /fal-ai/fashn/tryon/v1.6']);
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
});
