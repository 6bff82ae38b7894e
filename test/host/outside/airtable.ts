import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxAnswer, SandboxRequest } from '../../../sandbox/types';

/** Where n8n's Airtable node goes. */
export const AIRTABLE_HOST = 'api.airtable.com';

const TWO_HOURS_MS = 2 * 60 * 60 * 1000;

type Matches = (record: AirtableRecord, statusSetAt: number) => boolean;

/** The formulas that the stand-in reads, but for that of the rows of a run. */
const FORMULAS: Record<string, Matches> = {
	// Whole rows that nobody has begun.
	'AND({Status} = BLANK(), {SKU} != BLANK(), {Person}, {Garment})': ({ fields }) =>
		isEmpty(fields.Status) && !['SKU', 'Person', 'Garment'].some((name) => isEmpty(fields[name])),
	// Rows that somebody has begun long ago.
	"AND({Status} = 'Running', IS_BEFORE(LAST_MODIFIED_TIME({Status}), DATEADD(NOW(), -2, 'hours')))":
		({ fields }, statusSetAt) =>
			fields.Status === 'Running' && statusSetAt < Date.now() - TWO_HOURS_MS,
};

/** The rows that a run works on. */
const OF_RUN = /^AND\(\{Run\} & '' = '(?<run>[^']+)', \{Status\} = 'Running'\)$/;

function matchesOf(formula: string): Matches | undefined {
	const run = OF_RUN.exec(formula)?.groups?.run;
	if (run === undefined) return FORMULAS[formula];
	return ({ fields }) => String(fields.Run ?? '') === run && fields.Status === 'Running';
}

/** What the table has. */
const FIELDS = [
	'SKU',
	'Person',
	'Garment',
	'Category',
	'Status',
	'Picture',
	'Cost',
	'Reason',
	'Run',
];

/** A row, as the API has it; empty fields are absent. */
export interface AirtableRecord {
	id: string;
	createdTime: string;
	fields: Record<string, unknown>;
}

function refusal(status: number, type: string, message: string): SandboxAnswer {
	return { status, body: { error: { type, message } } };
}

const isEmpty = (value: unknown): boolean =>
	value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** One table of a base: the calls that search and update make (airtable.com/developers, Web API). */
export class StandInAirtable {
	readonly token = 'pat-stand-in';
	readonly tableUrl = 'https://airtable.com/appStandIn0000001/tblStandIn0000001/viwStandIn0000001';
	records: AirtableRecord[] = [];
	/** A field that the user has not made. */
	missingField?: string;
	/** When the Status of a row was last set, by its id; milliseconds since the epoch. */
	private readonly statusSetAt = new Map<string, number>();

	/** Puts other rows into the table. */
	fill(rows: ReadonlyArray<Record<string, unknown>>): void {
		const createdTime = new Date().toISOString();
		this.statusSetAt.clear();
		this.records = rows.map((fields, index) => ({
			id: `recStandIn${String(index + 1).padStart(7, '0')}`,
			createdTime,
			fields: { ...fields },
		}));
	}

	/** The fields of the row with a SKU. */
	row(sku: string): Record<string, unknown> {
		return this.records.find(({ fields }) => fields.SKU === sku)?.fields ?? {};
	}

	/** Lets three hours pass for what has a Status. */
	age(): void {
		for (const [id, at] of this.statusSetAt) this.statusSetAt.set(id, at - 1.5 * TWO_HOURS_MS);
	}

	guard = ({ headers }: SandboxRequest): SandboxAnswer | undefined => {
		if (headers.authorization === `Bearer ${this.token}`) return undefined;
		return refusal(401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
	};

	routes(): Route[] {
		const path = /\/v0\/appStandIn0000001\/tblStandIn0000001/;
		return [
			{ method: 'GET', path, handle: ({ query }) => this.search(query) },
			{ method: 'PATCH', path, handle: ({ body }) => this.update(parseJson(body.toString())) },
		];
	}

	private search(query: URLSearchParams): SandboxAnswer {
		const formula = query.get('filterByFormula') ?? '';
		const matches = matchesOf(formula);
		if (!matches) {
			return refusal(422, 'INVALID_FILTER_BY_FORMULA', `The stand-in does not know ${formula}`);
		}
		const limit = Number(query.get('maxRecords') ?? Infinity);
		const found = this.records.filter((record) =>
			matches(record, this.statusSetAt.get(record.id) ?? Date.now()),
		);
		return { status: 200, body: { records: found.slice(0, limit) } };
	}

	private update(body: unknown): SandboxAnswer {
		const given = isRecord(body) && Array.isArray(body.records) ? body.records : [];
		const changed: AirtableRecord[] = [];
		for (const change of given.filter(isRecord)) {
			const record = this.records.find(({ id }) => id === change.id);
			if (!record || !isRecord(change.fields)) {
				return refusal(404, 'MODEL_ID_NOT_FOUND', `Record ${String(change.id)} was not found`);
			}
			const unknown = Object.keys(change.fields).find(
				(name) => !FIELDS.includes(name) || name === this.missingField,
			);
			if (unknown !== undefined) {
				return refusal(422, 'UNKNOWN_FIELD_NAME', `Unknown field name: "${unknown}"`);
			}
			const { Status } = change.fields;
			// A choice is emptied with null; an empty text would be a choice of its own.
			if (Status === '') {
				const message = 'Insufficient permissions to create new select option ""';
				return refusal(422, 'INVALID_MULTIPLE_CHOICE_OPTIONS', message);
			}
			if ('Status' in change.fields) this.statusSetAt.set(record.id, Date.now());
			const fields = Object.entries({ ...record.fields, ...change.fields });
			record.fields = Object.fromEntries(fields.filter(([, value]) => value !== null));
			changed.push(record);
		}
		return { status: 200, body: { records: changed } };
	}
}
