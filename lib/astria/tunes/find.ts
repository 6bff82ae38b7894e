import { oneLine } from '../../fields/values';
import { textOf } from '../../json';
import type { Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { CREATED_AT_ROUNDING_MS, idOf, timeOf } from '../api/entity';
import type { TuneRequest } from './request';
import { MOCK, stateOf, type Tune, TUNES } from './tune';

interface TuneTraits {
	title: string;
	/** Class. */
	name?: string;
	/** Absent for a checkpoint. */
	model_type?: string;
	branch?: string;
}

/** What a tune that is to be made would be known by. */
export function traitsOf({ title, fields }: TuneRequest): TuneTraits {
	return {
		title,
		name: textOf(fields.name),
		model_type: textOf(fields.model_type),
		branch: textOf(fields.branch),
	};
}

/** What every training on SDXL is, whatever was asked for (docs.astria.ai, Create a tune). */
const SDXL_TYPE = 'pti';

/** How many of the newest tunes with the title are looked at after a lost answer. */
const NEWEST = 20;

/** Astria's filter finds parts of titles, without regard to case; a title means itself only. */
function hasTitle(tune: Tune, { title }: TuneTraits): boolean {
	return oneLine(textOf(tune.title) ?? '') === oneLine(title);
}

function isOfType(tune: Tune, { model_type: wanted }: TuneTraits): boolean {
	const type = textOf(tune.model_type);
	return type === wanted || (type === SDXL_TYPE && wanted !== 'faceid');
}

/**
 * Looks for a tune of the account that can stand for one that would be made: same title, same
 * model type, neither failed nor expired, and a mock only for a mock.
 *
 * @returns the newest, or `undefined`
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function findToReuse(
	client: AstriaClient,
	timing: Timing,
	traits: TuneTraits,
): Promise<Tune | undefined> {
	const now = client.astriaTime(timing.clock.now());
	const filters = { title: traits.title };
	for await (const tune of TUNES.own.each(client.reader(timing), { filters })) {
		const sameKind = (textOf(tune.branch) === MOCK) === (traits.branch === MOCK);
		if (!hasTitle(tune, traits) || !isOfType(tune, traits) || !sameKind) continue;
		if (!['failed', 'expired'].includes(stateOf(tune, now))) return tune;
	}
	return undefined;
}

/**
 * Looks for a tune that a request takes in place of a new one: by its own title, then by the other one
 * that will do.
 *
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function findThere(
	client: AstriaClient,
	timing: Timing,
	request: TuneRequest,
): Promise<Tune | undefined> {
	const traits = traitsOf(request);
	const found = await findToReuse(client, timing, traits);
	if (found || request.orTitled === undefined) return found;
	return await findToReuse(client, timing, { ...traits, title: request.orTitled });
}

/**
 * Looks for the tune of a call whose answer was lost.
 *
 * @param sentAt milliseconds since the epoch, by this machine's clock
 * @param isOthers whether a tune is known to be that of another call
 */
export async function findCreated(
	client: AstriaClient,
	{ signal }: Pick<Timing, 'signal'>,
	traits: TuneTraits,
	sentAt: number,
	isOthers: (id: number) => boolean,
): Promise<Tune | undefined> {
	const read = client.readerOnce('submit', signal);
	const tunes = await TUNES.own.page(read, { filters: { title: traits.title } }, NEWEST);
	const since = client.astriaTime(sentAt) - CREATED_AT_ROUNDING_MS;
	return tunes.find((tune) => {
		const id = idOf(tune);
		const created = timeOf(tune.created_at);
		return (
			hasTitle(tune, traits) &&
			(traits.name === undefined || textOf(tune.name) === traits.name) &&
			id !== undefined &&
			!isOthers(id) &&
			created !== undefined &&
			created >= since
		);
	});
}
