import type { INodeExecutionData } from 'n8n-workflow';

import { forgetKnocks } from '../../../../lib/jobs/knocks';
import { forgetTold } from '../../../../lib/jobs/told';
import { AstriaCallbackTrigger } from '../../../../nodes/Astria/AstriaCallbackTrigger/AstriaCallbackTrigger.node';
import { AstriaTrigger } from '../../../../nodes/Astria/AstriaTrigger/AstriaTrigger.node';
import { until } from '../../../engine/clock';
import { jsonOf } from '../../../engine/items';
import type { PolledTrigger } from '../../../engine/poll';
import { type LiveTrigger, twoTriggers } from '../../../engine/webhook';
import { PARTNER } from '../AstriaPrompt/bed';
import { type Bed, makeBed, SECRET } from './bed';

const FINISHED = { events: ['promptFinished'] };

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.close();
});

const ids = (items: INodeExecutionData[]) => jsonOf(items).map(({ promptId }) => promptId);
const started = ({ starts }: LiveTrigger) => starts.flatMap(ids);

/**
 * Both triggers in one workflow, after the first look. n8n reads static data when the workflow is
 * published for looks, and anew for each call; so what they share is the process, unless n8n starts
 * anew before each look.
 */
async function both(leadTo?: [string, string], events = FINISHED, startsAnew = false) {
	const [one, other] = twoTriggers(new AstriaTrigger(), new AstriaCallbackTrigger(), leadTo);
	const { memory } = startsAnew ? one : { memory: { json: '{}' } };
	const looking = bed.polled(FINISHED, 'trigger', undefined, { ...one, memory });
	const called = await bed.called(events, 'webhook', other);
	await looking.look();
	return { looking, called };
}

async function finished(fields = {}): Promise<number> {
	const id = await bed.made(PARTNER, { text: 'photo', ...fields });
	await bed.end(id);
	return id;
}

async function call({ url }: LiveTrigger, id: number): Promise<number> {
	const answer = await fetch(`${url}?secret=${SECRET}`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ prompt: { id } }),
	});
	await answer.text();
	return answer.status;
}

const told = async (looking: PolledTrigger) => ids(await looking.look());

describe('both triggers of one workflow', () => {
	test('start it once where Astria calls first', async () => {
		const { looking, called } = await both();
		const callback = `${called.url}?secret=${SECRET}`;
		const id = await finished({ callback });
		await until(() => called.starts.length > 0);
		expect(started(called)).toEqual([id]);
		expect(await told(looking)).toEqual([]);
		expect(looking.stored().prompts).toMatchObject({ open: [] });
	});

	test('start it once where the look is first', async () => {
		const { looking, called } = await both();
		const id = await finished();
		expect(await told(looking)).toEqual([id]);
		expect(await call(called, id)).toBe(200);
		expect(called.starts).toEqual([]);
	});

	test('start it once though n8n starts anew in between', async () => {
		const { looking, called } = await both(undefined, FINISHED, true);
		const [first, second] = [await finished(), await finished()];
		await call(called, first);
		forgetKnocks();
		forgetTold();
		expect(await told(looking)).toEqual([second]);
		forgetKnocks();
		forgetTold();
		await call(called, second);
		expect(started(called)).toEqual([first]);
	});

	test('start it by the look where no call comes', async () => {
		const { looking } = await both();
		const id = await finished();
		expect(await told(looking)).toEqual([id]);
		expect(await told(looking)).toEqual([]);
	});

	test('start it by the look where n8n could not store what the call had started', async () => {
		const { looking, called } = await both();
		const id = await finished();
		called.unstored = 1;
		expect(await call(called, id)).toBe(500);
		expect(await told(looking)).toEqual([id]);
	});

	test('start it by the next look where n8n has dropped the first one', async () => {
		const { looking, called } = await both();
		const id = await finished();
		await looking.lookInVain();
		await call(called, id);
		expect(called.starts).toEqual([]);
		expect(await told(looking)).toEqual([id]);
	});

	test('tell nothing again when what is behind them is another', async () => {
		const [one, other] = twoTriggers(new AstriaTrigger(), new AstriaCallbackTrigger());
		const looking = bed.polled(FINISHED, 'trigger', undefined, one);
		const called = await bed.called(FINISHED, 'webhook', other);
		await looking.look();
		await call(called, await finished());
		expect(called.starts).toHaveLength(1);
		const [changed] = twoTriggers(new AstriaTrigger(), new AstriaCallbackTrigger(), [
			'Sheet',
			'Sheet',
		]);
		const beside = { ...changed, memory: one.memory };
		const later = bed.polled(FINISHED, 'trigger', looking.stored(), beside);
		expect(await told(later)).toEqual([]);
	});

	test('each have their own events', async () => {
		const { looking, called } = await both(undefined, { events: ['promptFailed'] });
		const id = await finished();
		await call(called, id);
		expect(called.starts).toEqual([]);
		expect(await told(looking)).toEqual([id]);
	});

	test('each start their own nodes, where they lead to different ones', async () => {
		const { looking, called } = await both(['Sheet', 'Chat']);
		const id = await finished();
		await call(called, id);
		expect(started(called)).toEqual([id]);
		expect(await told(looking)).toEqual([id]);
	});
});

test('while a call is being answered, a look leaves it to the next one', async () => {
	const { looking, called } = await both();
	const id = await finished();
	bed.sandbox.faults.add({
		on: new RegExp(`GET /prompts/${id}$`),
		fault: { kind: 'delay', ms: 100 },
	});
	const calling = call(called, id);
	const looks = [await told(looking), await told(looking)].flat();
	await calling;
	expect([...looks, ...started(called), ...(await told(looking))]).toEqual([id]);
});

test('a trigger alone writes nothing down for others', async () => {
	const called = await bed.called(FINISHED);
	await call(called, await finished());
	expect(Object.keys(called.stored())).toEqual(['started']);
});
