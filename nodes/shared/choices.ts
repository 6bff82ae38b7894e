import type { INodeProperties } from 'n8n-workflow';

import type { OptionsField } from '../../lib/fields/field';
import { isUnset, readField } from '../../lib/fields/values';
import { choicesOf } from './fieldProperty';

/** A field of which several choices can be made at once; none of the services has one. */
type ManyOptions<Value extends string> = OptionsField<Value> & { required: true };

/** The parameter of such a field. @param chosen what is chosen at first */
export function choicesProperty<Value extends string>(
	name: string,
	field: ManyOptions<Value>,
	chosen: readonly Value[],
): INodeProperties {
	return {
		displayName: field.label,
		name,
		type: 'multiOptions',
		options: choicesOf(field),
		default: [...chosen],
		required: true,
		description: field.help,
	};
}

/**
 * Reads what was chosen, by value or label and in any case: an expression may make a list, or one
 * text with commas.
 *
 * @throws InputError when nothing is chosen, or something that is none of the choices
 */
export function readChoices<const Value extends string>(
	field: ManyOptions<Value>,
	value: unknown,
): Set<Value> {
	const given: unknown[] = typeof value === 'string' ? value.split(',') : [value].flat();
	const chosen = given.filter((one) => !isUnset(one));
	const words = chosen.length > 0 ? chosen : [undefined];
	const names = words.map((one): string => readField(field, one));
	const isName = (name: string): name is Value => Object.hasOwn(field.options, name);
	return new Set(names.filter(isName));
}
