import type { INodeProperties } from 'n8n-workflow';

import type { EntityField, OptionsField } from '../../lib/fields/field';

/** What n8n's resource locator is made of, beside name and description. */
type Locator = Pick<INodeProperties, 'type' | 'default' | 'modes'>;

const MODE_OF_LIST = { type: 'list' } as const;
const MODE_OF_TEXT = { type: 'string' } as const;

type Mode = NonNullable<INodeProperties['modes']>[number];

/** The service's own list beside what one knows oneself. */
function modesOf(
	searchListMethod: string,
	by: Pick<Mode, 'displayName' | 'name' | 'placeholder'>,
): Mode[] {
	const typeOptions = { searchListMethod, searchable: true };
	return [
		{ displayName: 'From List', name: 'list', ...MODE_OF_LIST, typeOptions },
		{ ...by, ...MODE_OF_TEXT },
	];
}

/** A thing of the service, from a list or by its number or name. */
export function entityProperty(field: EntityField): Locator {
	const { search, byLabel, byFirst, placeholder, default: picked } = field;
	return {
		type: 'resourceLocator',
		default: picked
			? { mode: 'list', value: picked.value, cachedResultName: picked.label }
			: { mode: byFirst ? 'id' : 'list', value: '' },
		modes: modesOf(search, { displayName: byLabel, name: 'id', placeholder }),
	};
}

/** A value from the service's own list, or in words of one's own. */
export function searchProperty(field: OptionsField, search: string): Locator {
	const { default: value = '' } = field;
	return {
		type: 'resourceLocator',
		default: { mode: 'list', value },
		modes: modesOf(search, {
			displayName: 'By Name',
			name: 'name',
			...(value !== '' && { placeholder: `e.g. ${value}` }),
		}),
	};
}
