import { FalApi } from '../../../../credentials/FalApi.credentials';
import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../../sandbox/index';
import { type RunnableNode, runnable } from '../../../engine/bed';
import type { Parameters } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';

/** Short jobs and small pictures, so that many tests stay quick. */
const QUICK = { jobMs: 60, pickUpMs: 20, pictureSize: { width: 60, height: 90 } };

/** A sandbox, and the node that works with it; usually it generates from two addresses. */
export interface Bed extends Pick<RunnableNode, 'run' | 'start' | 'suspend'> {
	sandbox: Sandbox;
	person: string;
	garment: string;
}

/** The parameters of the node as the editor stores them for two addresses. */
export function generate(person: string, garment: string): Parameters {
	return {
		resource: 'tryOn',
		operation: 'generate',
		model_image_source: 'address',
		model_image: person,
		garment_image_source: 'address',
		garment_image: garment,
	};
}

/** Starts a sandbox with two pictures, and a node on it. */
export async function makeBed(options: SandboxOptions = {}): Promise<Bed> {
	const sandbox = await startSandbox({ ...options, fal: { ...QUICK, ...options.fal } });
	const person = sandbox.media.publish(await smallPerson(0), 'image/jpeg');
	const garment = sandbox.media.publish(await smallGarment(0), 'image/png');
	const credential = {
		type: 'falApi',
		credentialType: new FalApi(),
		data: { apiKey: sandbox.fal.key, baseUrl: sandbox.fal.url },
	};
	const node = runnable(FashnTryOn, credential, generate(person, garment));
	return { ...node, sandbox, person, garment };
}
