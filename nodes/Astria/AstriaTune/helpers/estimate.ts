import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { readBalance } from '../../../../lib/astria/api/client';
import { inDollars } from '../../../../lib/astria/api/entity';
import { TUNE_FIELDS } from '../../../../lib/astria/fields/tune';
import { wantedOf } from '../../../../lib/astria/prompts/cost';
import { findThere } from '../../../../lib/astria/tunes/find';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import { copyOf, shown } from '../../../../lib/errors';
import { objectOf } from '../../../../lib/json';
import { checkReachable } from '../../../../lib/media/reach';
import { type Cost, sumOfAll } from '../../../../lib/money';
import { estimateRows } from '../../../shared/estimate';
import type { Columns } from '../../../shared/operation';
import { fileRules } from '../../shared/promptFields';
import type { AstriaSession } from '../../shared/session';
import { mixedTitles } from './groups';
import { aboutPicture } from './request';

/** What tells a tune that is not made yet. */
export const ESTIMATE_COLUMNS = {
	title: { meaning: 'Title of the tune', optional: true },
	trainingPictures: { meaning: 'How many pictures it would learn from', optional: true },
	reused: {
		meaning: 'Whether a tune that is there already would be taken, at no cost',
		optional: true,
	},
} as const satisfies Columns;

/** Which tunes would be made, and how. */
interface TunePlan {
	/** The rows of each. */
	groups: ReadonlyArray<readonly number[]>;
	/** Reads and checks what a tune is made of, from its rows. @throws InputError */
	read(rows: readonly number[]): Promise<TuneRequest>;
	/** What it would cost, by its first row; `undefined` where nobody knows. */
	costOf(request: TuneRequest, row: number): Promise<Cost | undefined>;
}

/** How many pictures the prompts make that come with a tune; `undefined` where one does not say. */
function picturesOf({ fields }: TuneRequest): number | undefined {
	const prompts: unknown[] = Array.isArray(fields.prompts_attributes)
		? fields.prompts_attributes
		: [];
	return sumOfAll(prompts.map((prompt) => wantedOf(objectOf(prompt))));
}

/** How many tunes are read at once: their files are hashed. */
const READS_AT_ONCE = 4;

/**
 * Reads all tunes, each once, for what is wrong with several of them together.
 *
 * @returns reads that of a group, by its first row. @throws InputError
 */
async function readAll(
	context: IExecuteFunctions,
	session: AstriaSession,
	{ groups, read }: Pick<TunePlan, 'groups' | 'read'>,
): Promise<(rows: readonly number[]) => Promise<TuneRequest>> {
	const limit = pLimit(READS_AT_ONCE);
	const reading = groups.map(async (rows) => ({
		row: rows[0] ?? 0,
		request: await limit(read, rows),
	}));
	const settled = await Promise.allSettled(reading);
	const asked = settled.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
	const mixed = await mixedTitles(context, session, asked);
	const byRow = new Map(groups.map(([row], index) => [row, reading[index]]));
	return async (rows) => {
		const { request } = (await byRow.get(rows[0])) ?? { request: await read(rows) };
		const problem = mixed.get(request.title.trim());
		if (problem) throw copyOf(problem);
		return request;
	};
}

/**
 * Checks tunes as far as it can be without paying, and tells what they would cost.
 *
 * @throws NodeOperationError about the account
 */
export async function estimateTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
	{ groups, read, costOf }: TunePlan,
): Promise<INodeExecutionData[]> {
	const { client, door, timing } = session;
	const requestOf = await readAll(context, session, { groups, read });
	return await estimateRows(context, session, {
		groups,
		balance: async () => await readBalance(client, timing),
		look: async (rows) => {
			const request = await requestOf(rows);
			const rules = fileRules(TUNE_FIELDS.images);
			for (const picture of request.pictures) {
				const which = request.pictures.length > 1 && picture.kind === 'address';
				const ofMany = which ? { ...rules, which: shown(picture.address) } : rules;
				await aboutPicture(
					rows,
					picture,
					async () => await checkReachable(door, timing, ofMany, picture),
				);
			}
			const there = request.orReuse ? await findThere(client, timing, request) : undefined;
			const { title, pictures } = request;
			return {
				pictures: there ? 0 : picturesOf(request),
				cost: there ? inDollars(0) : await costOf(request, rows[0] ?? 0),
				columns: { title, trainingPictures: pictures.length, reused: there !== undefined },
			};
		},
	});
}
