import type { IDataObject, INodeExecutionData, NodeParameterValueType } from 'n8n-workflow';

import type { NodeResult } from './engine';

/** Parameters as the editor stores them. */
export type Parameters = Record<string, NodeParameterValueType>;

/** Rows as plain columns, or as whole items. */
export type Rows = IDataObject[] | INodeExecutionData[];

function isItem(row: IDataObject | INodeExecutionData): row is INodeExecutionData {
	return typeof row.json === 'object' || 'binary' in row;
}

/** Rows as the items that n8n hands to a node. */
export function itemsOf(rows: Rows): INodeExecutionData[] {
	return rows.map((row) => (isItem(row) ? row : { json: row }));
}

/** The JSON of items. */
export function jsonOf(items: INodeExecutionData[] | undefined): IDataObject[] {
	return (items ?? []).map(({ json }) => json);
}

/** The messages of error rows. */
export function errorsOf(items: INodeExecutionData[] | undefined): string[] {
	return jsonOf(items).map(({ error }) => String(error));
}

/** All that a person reads of the error that ended a node: its title, and what stands below it. */
export function panelOf({ error }: Pick<NodeResult, 'error'>): string {
	return [error?.message, error?.description].join('\n');
}

/** An id as a resource locator holds it. */
export function picked(id: number | string): NodeParameterValueType {
	return { __rl: true, mode: 'id', value: id };
}
