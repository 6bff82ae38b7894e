import { type Finding, type Look, Lookout, Refusals, type Told } from '../../../lib/jobs/lookout';
import { TestClock } from '../clock';

/** A service whose jobs end when the test says so, and whose answers take their time. */
class Service {
	readonly clock = new TestClock();
	readonly stop = new AbortController();
	readonly questions: string[][] = [];
	readonly over = new Set<string>();
	/** Those that it refuses to tell of. */
	readonly refused = new Set<string>();
	/** How many questions are left that fail. */
	failures = 0;

	constructor(
		readonly ids: readonly string[],
		private readonly answerMs = 0,
	) {}

	lookAt(): Look {
		return {
			ids: this.ids,
			ended: async (ids) => {
				this.questions.push([...ids]);
				const told: Told = {
					ended: ids.filter((id) => this.over.has(id)),
					refused: ids.filter((id) => this.refused.has(id)),
					failed: this.failures > 0,
				};
				this.failures -= 1;
				await this.clock.sleep(this.answerMs);
				return told.failed ? { ...told, ended: [] } : told;
			},
			timing: { clock: this.clock, signal: this.stop.signal },
		};
	}
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `job-${n}`);

test('a call leads to questions for each open job, and none for one that has ended', async () => {
	const service = new Service(ids(3));
	const lookout = new Lookout();
	service.over.add('job-1');
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
	service.over.add('job-0').add('job-2');
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
	const open = Array<string[]>(4).fill(['job-0', 'job-2']);
	expect(service.questions).toEqual([ids(3), ...open]);
});

test('200 calls at once lead to a handful of questions for each job, and one of them hands out', async () => {
	const service = new Service(ids(200), 500);
	const lookout = new Lookout();
	for (const id of service.ids) service.over.add(id);
	const findings = await Promise.all(
		service.ids.map(async () => await lookout.knock('1', 'run', service.lookAt())),
	);
	expect(findings.filter((finding) => finding === 'ended')).toHaveLength(1);
	expect(findings.filter((finding) => finding === 'watched')).toHaveLength(199);
	expect(service.questions).toHaveLength(1);
});

test('a call that comes during a look is looked after, by the one that looks', async () => {
	const service = new Service(ids(3));
	const lookout = new Lookout();
	const look = service.lookAt();
	service.over.add('job-0');
	const calledMeanwhile: Look = {
		...look,
		ended: async (open) => {
			const told = await look.ended(open);
			if (open.length < 3) return told;
			// What it is about ends after it was asked for.
			service.over.add('job-1').add('job-2');
			expect(await lookout.knock('1', 'run', look)).toBe('watched');
			return told;
		},
	};
	expect(await lookout.knock('1', 'run', calledMeanwhile)).toBe('ended');
	expect(service.questions).toEqual([ids(3), ['job-1', 'job-2']]);
});

test('a look that brings news is repeated: that of another call may show a moment later', async () => {
	const service = new Service(ids(2));
	const look = service.lookAt();
	service.over.add('job-0');
	const late: Look = {
		...look,
		ended: async (open) => {
			const told = await look.ended(open);
			service.over.add('job-1');
			return told;
		},
	};
	expect(await new Lookout().knock('1', 'run', late)).toBe('ended');
	expect(service.questions).toEqual([ids(2), ['job-1']]);
});

test('a service in trouble is asked for two minutes: it may not call again', async () => {
	const service = new Service(['job-0']);
	const began = service.clock.now();
	service.over.add('job-0');
	service.failures = 8;
	expect(await new Lookout().knock('1', 'run', service.lookAt())).toBe('ended');
	expect(service.questions).toHaveLength(9);
	expect(service.clock.now() - began).toBe(120_000);
	service.failures = Infinity;
	expect(await new Lookout().knock('2', 'run', service.lookAt())).toBe('open');
	expect(service.questions).toHaveLength(18);
});

describe('a job that the service refuses to tell of', () => {
	test('has not ended by that: it is asked for again', async () => {
		const service = new Service(ids(2));
		const look = service.lookAt();
		service.over.add('job-1');
		service.refused.add('job-0');
		const once: Look = {
			...look,
			ended: async (open) => {
				const told = await look.ended(open);
				service.refused.clear();
				return told;
			},
		};
		expect(await new Lookout().knock('1', 'run', once)).toBe('open');
		service.over.add('job-0');
		expect(await new Lookout().knock('1', 'run', service.lookAt())).toBe('ended');
	});

	test('counts as ended when it was refused for a minute, so that its row says so', async () => {
		const service = new Service(ids(2));
		const began = service.clock.now();
		service.over.add('job-1');
		service.refused.add('job-0');
		expect(await new Lookout().knock('1', 'run', service.lookAt())).toBe('ended');
		expect(service.clock.now() - began).toBeGreaterThanOrEqual(60_000);
		expect(service.clock.now() - began).toBeLessThan(120_000);
	});

	test('is believed when all that was heard of it for a minute is that', () => {
		const refusals = new Refusals();
		expect(refusals.believed(['a', 'b'], 0)).toEqual([]);
		expect(refusals.believed(['a'], 59_999)).toEqual([]);
		expect(refusals.believed(['a', 'b'], 60_000)).toEqual(['a']);
		expect(refusals.believed(['a', 'b'], 119_999)).toEqual(['a']);
		expect(refusals.believed(['b'], 120_000)).toEqual(['b']);
	});
});

test('what the service shows a moment after its call is seen', async () => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	const looks = { ...service.lookAt() };
	const late: Look = {
		...looks,
		ended: async (open) => {
			const told = await looks.ended(open);
			service.over.add('job-0');
			return told;
		},
	};
	expect(await lookout.knock('1', 'run', late)).toBe('ended');
	expect(service.questions).toHaveLength(2);
});

test('a call that ends nothing asks four times at most, and no more often than it rests', async () => {
	const service = new Service(['job-0'], 1000);
	const lookout = new Lookout();
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
	expect(service.questions).toHaveLength(4);
	expect(service.clock.waits).toEqual([
		...[0, 1_000, 1_000, 2_000, 1_000, 3_000],
		...[0, 1_000, 10_000, 0, 1_000],
	]);
});

test.each([
	[0, 250],
	[1_000, 3_000],
	[60_000, 10_000],
])('after a look of %i ms nobody is asked for %i ms', async (answerMs, rest) => {
	const service = new Service(['job-0'], answerMs);
	const lookout = new Lookout();
	await lookout.knock('1', 'run', service.lookAt());
	service.clock.waits.length = 0;
	service.over.add('job-0');
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
	expect(service.clock.waits).toEqual([rest, answerMs]);
});

test('Stop ends the looking', async () => {
	const service = new Service(['job-0']);
	service.stop.abort();
	expect(await new Lookout().knock('1', 'run', service.lookAt())).toBe('open');
	expect(service.questions).toHaveLength(1);
});

test('while a run is handed out, and after it, nobody is asked', async () => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	service.over.add('job-0');
	const knock = async (): Promise<Finding> => await lookout.knock('1', 'run', service.lookAt());
	expect(await knock()).toBe('ended');
	expect(await knock()).toBe('watched');
	lookout.leave('1', service.lookAt().timing, true);
	await service.clock.sleep(59_999);
	expect(await knock()).toBe('watched');
	expect(service.questions).toHaveLength(1);
	await service.clock.sleep(1);
	expect(await knock()).toBe('ended');
});

test('what nobody looks at can be left', () => {
	const { timing } = new Service([]).lookAt();
	expect(() => new Lookout().leave('1', timing, true)).not.toThrow();
});

test.each([
	[4_999, 'watched'],
	[5_000, 'ended'],
])('of %i other executions that were handed out since, one is: %s', async (others, finding) => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	service.over.add('job-0');
	for (let execution = 0; execution <= others; execution += 1) {
		await lookout.knock(`${execution}`, 'run', service.lookAt());
		lookout.leave(`${execution}`, service.lookAt().timing, true);
	}
	expect(await lookout.knock('0', 'run', service.lookAt())).toBe(finding);
});

test('what could not be handed out is handed out by the next call', async () => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	service.over.add('job-0');
	await lookout.knock('1', 'run', service.lookAt());
	lookout.leave('1', service.lookAt().timing, false);
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
});

test.each([
	['1', 'two'],
	['2', 'one'],
])('one run knows nothing of another: execution %s, run %s', async (execution, run) => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	service.over.add('job-0');
	expect(await lookout.knock('1', 'one', service.lookAt())).toBe('ended');
	lookout.leave('1', service.lookAt().timing, true);
	expect(await lookout.knock(execution, run, service.lookAt())).toBe('ended');
});

test('who joins another one need not know what is waited for', async () => {
	const service = new Service(['job-0'], 500);
	const lookout = new Lookout();
	expect(lookout.joins('1')).toBe(false);
	const knock = lookout.knock('1', 'run', service.lookAt());
	expect(lookout.joins('1')).toBe(true);
	await knock;
	expect(lookout.joins('1')).toBe(false);
});

describe('a call that names its job', () => {
	test('says nothing new once that job is known to have ended, and asks nobody', async () => {
		const service = new Service(ids(2));
		const lookout = new Lookout();
		service.over.add('job-0');
		expect(lookout.joins('1', 'job-0')).toBe(false);
		expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
		expect(lookout.joins('1', 'job-0')).toBe(true);
		expect(lookout.joins('1', 'job-1')).toBe(false);
		expect(lookout.joins('1')).toBe(false);
		expect(service.questions).toHaveLength(1);
	});

	test.each([['job-1'], [undefined]])(
		'is looked after as long as another call (%s) is not explained',
		async (other) => {
			const service = new Service(ids(2), 500);
			const lookout = new Lookout();
			service.over.add('job-0');
			lookout.joins('1', 'job-0');
			const first = lookout.knock('1', 'run', service.lookAt());
			// It is left to the first one, which finds nothing.
			expect(lookout.joins('1', other)).toBe(true);
			expect(await first).toBe('open');
			expect(lookout.joins('1', 'job-0')).toBe(false);
			service.over.add('job-1');
			expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
		},
	);

	test('is left to one that has arrived, and is looked after until it is explained', async () => {
		const service = new Service(ids(3));
		const lookout = new Lookout();
		service.over.add('job-0');
		expect(lookout.joins('1', 'job-0')).toBe(false);
		expect(lookout.joins('1', 'job-1')).toBe(true);
		expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
		// It was left to the first one, which has not seen the end of its job.
		expect(lookout.joins('1', 'job-0')).toBe(false);
		service.over.add('job-1');
		expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
		expect(lookout.joins('1', 'job-0')).toBe(true);
	});

	test('leads to one question when all that were left to it are explained by that', async () => {
		const service = new Service(ids(3), 500);
		const lookout = new Lookout();
		service.over.add('job-0').add('job-1');
		const look = service.lookAt();
		const ended = async (open: readonly string[]) => {
			// It comes while the first one looks for the first time.
			if (service.questions.length === 0) expect(lookout.joins('1', 'job-1')).toBe(true);
			return await look.ended(open);
		};
		expect(lookout.joins('1', 'job-0')).toBe(false);
		expect(await lookout.knock('1', 'run', { ...look, ended })).toBe('open');
		expect(service.questions).toEqual([ids(3)]);
	});

	test('is left to nobody when the one that has arrived comes no further', async () => {
		const lookout = new Lookout();
		expect(lookout.joins('1', 'job-0')).toBe(false);
		lookout.depart('1');
		expect(lookout.joins('1', 'job-1')).toBe(false);
	});

	test('is to come again while the service does not tell, so that it comes when the watch is over', async () => {
		const service = new Service(ids(2));
		const lookout = new Lookout();
		service.failures = 2;
		const look = service.lookAt();
		const answers: boolean[] = [];
		const ended: Look['ended'] = async (open) => {
			lookout.joins('1', 'job-1');
			answers.push(lookout.isInTrouble('1'));
			return await look.ended(open);
		};
		service.over.add('job-0').add('job-1');
		expect(lookout.joins('1', 'job-0')).toBe(false);
		expect(await lookout.knock('1', 'run', { ...look, ended })).toBe('ended');
		expect(answers).toEqual([false, true, true]);
		expect(lookout.isInTrouble('1')).toBe(false);
	});

	test('tries again what could not be handed out', async () => {
		const service = new Service(['job-0']);
		const lookout = new Lookout();
		service.over.add('job-0');
		expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
		lookout.leave('1', service.lookAt().timing, false);
		expect(lookout.joins('1', 'job-0')).toBe(false);
		expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
	});
});
