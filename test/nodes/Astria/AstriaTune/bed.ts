import type { IDataObject, INodeType } from 'n8n-workflow';

import { AstriaApi } from '../../../../credentials/AstriaApi.credentials';
import { AstriaTune } from '../../../../nodes/Astria/AstriaTune/AstriaTune.node';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../../sandbox/index';
import type { RecordedCall } from '../../../../sandbox/types';
import { type RunnableNode, runnable } from '../../../engine/bed';
import type { TestCredential } from '../../../engine/credentials';
import { type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';

/** A sandbox, and the node that works with it. */
export interface Bed extends RunnableNode {
	credential: TestCredential;
	sandbox: Sandbox;
	/** Address of a picture. */
	person: string;
	/** Calls that Astria got, without those of the media host. */
	calls(pattern?: RegExp): RecordedCall[];
}

/** Of the stand-in's pictures, so that many tests stay quick. */
const SMALL = 0.1;

/** What differs from a Bed's usual credential. */
export interface BedOptions extends SandboxOptions {
	credential?: IDataObject;
}

/** A Create of a reference from one address. */
export function createTune(person: string): Parameters {
	return {
		resource: 'tune',
		operation: 'create',
		title: '={{ $json.title ?? "A tune" }}',
		name: 'woman',
		images_source: 'address',
		images: person,
		base_tune_id: picked('1504944'),
		model_type: 'faceid',
	};
}

/**
 * Starts a sandbox with a picture, and a node of Astria's on it.
 *
 * @param usual the node's parameters, of which a run says what differs
 */
export async function makeAstriaBed(
	{ credential, ...options }: BedOptions,
	NodeClass: new () => INodeType,
	usual: (person: string) => Parameters,
): Promise<Bed> {
	const astria = { pictureScale: SMALL, ...options.astria };
	const sandbox = await startSandbox({ ...options, astria });
	const person = sandbox.media.publish(await smallPerson(0), 'image/jpeg');
	const key = {
		type: 'astriaApi',
		credentialType: new AstriaApi(),
		data: { apiKey: sandbox.astria.key, baseUrl: sandbox.astria.url, ...credential },
	};
	return {
		...runnable(NodeClass, key, usual(person)),
		credential: key,
		sandbox,
		person,
		calls: (pattern = /./) =>
			sandbox.calls.filter(
				({ service, method, path }) => service === 'astria' && pattern.test(`${method} ${path}`),
			),
	};
}

/** Starts a sandbox with a picture, and an Astria Tune on it. */
export async function makeBed(options: BedOptions = {}): Promise<Bed> {
	return await makeAstriaBed(options, AstriaTune, createTune);
}
