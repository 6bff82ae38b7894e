import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { Parameters } from '../engine/items';
import type { MatrixBed, NodeClass, Service } from './bed';

/** Something that was bought: what the service would charge for. */
export interface Purchase {
	/** Its id at the service. */
	id: string;
	/** The number of the row that it was made for; NaN for what rows share. */
	number: number;
}

/** What a node is given for a cell. */
export interface Given {
	items: INodeExecutionData[];
	parameters: Parameters;
	/** How many items come out when all is well; default one for each row. */
	count?: number;
}

/** One call that the package makes, and an operation in which it makes it. */
export interface MatrixCall {
	/** What it is for. */
	name: string;
	/** Resource and operation, as the editor has them. */
	operation: string;
	service: Service;
	nodeType: NodeClass;
	/** Matched against `METHOD /path?query`. */
	on: RegExp;
	/** Whether the operation buys. */
	buys: boolean;
	/** Whether this very call changes something at the service. */
	changes: boolean;
	/** How much more it may buy than there are rows: what rows share. Default: nothing. */
	shared?: number;
	/** Besides the fault that is under test: what else goes wrong, so that the call is made at all. */
	provoke?(bed: MatrixBed): void;
	/** Makes the rows, with what they are about; the numbers of the rows tell their purchases. */
	give(bed: MatrixBed, numbers: readonly number[]): Promise<Given>;
}

/** The rows of these numbers. */
export function rowsOf(numbers: readonly number[], more: IDataObject = {}): INodeExecutionData[] {
	return numbers.map((number) => ({ json: { number, ...more } }));
}
