import { checkCallback } from '../../../lib/url';
import { InputError } from '../../../lib/errors';
import { isUnset } from '../../../lib/fields/coerce';

/**
 * Checks an address that was filled in for Astria to call.
 *
 * @param baseUrl Astria's own address
 * @param isSuspended whether the node itself has to be called: Astria calls one address
 * @throws InputError
 */
export function checkOwnCallback(
	label: string,
	address: unknown,
	baseUrl: string,
	isSuspended: boolean,
): void {
	checkCallback(label, address, baseUrl);
	if (!isSuspended || isUnset(address)) return;
	throw new InputError(
		label,
		'is set, while the node itself waits by callback, and Astria calls one address only',
		"Remove it, or set 'Wait' to In the Node.",
	);
}
