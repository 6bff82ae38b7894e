import { type Finding, type Look, Lookout } from '../../../lib/jobs/lookout';
import { TestClock } from '../clock';

/** A service whose jobs end when the test says so, and whose answers take their time. */
class Service {
	readonly clock = new TestClock();
	readonly questions: string[][] = [];
	readonly over = new Set<string>();

	constructor(
		readonly ids: readonly string[],
		private readonly answerMs = 0,
	) {}

	lookAt(): Look {
		return {
			ids: this.ids,
			ended: async (ids) => {
				this.questions.push([...ids]);
				await this.clock.sleep(this.answerMs);
				return ids.filter((id) => this.over.has(id));
			},
			timing: { clock: this.clock },
		};
	}
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `job-${n}`);

test('a call leads to one question for each open job, and none for one that has ended', async () => {
	const service = new Service(ids(3));
	const lookout = new Lookout();
	service.over.add('job-1');
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
	service.over.add('job-0').add('job-2');
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('ended');
	expect(service.questions).toEqual([ids(3), ['job-0', 'job-2']]);
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
	const service = new Service(ids(2), 500);
	const lookout = new Lookout();
	service.over.add('job-0');
	const first = lookout.knock('1', 'run', service.lookAt());
	const second = lookout.knock('1', 'run', service.lookAt());
	expect(await second).toBe('watched');
	service.over.add('job-1');
	expect(await first).toBe('ended');
});

test('what the service shows a moment after its call is seen', async () => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	const looks = { ...service.lookAt() };
	const late: Look = {
		...looks,
		ended: async (open) => {
			const found = await looks.ended(open);
			service.over.add('job-0');
			return found;
		},
	};
	expect(await lookout.knock('1', 'run', late)).toBe('ended');
	expect(service.questions).toHaveLength(2);
});

test('a call that ends nothing asks three times at most, and no more often than it rests', async () => {
	const service = new Service(['job-0'], 1000);
	const lookout = new Lookout();
	expect(await lookout.knock('1', 'run', service.lookAt())).toBe('open');
	expect(service.questions).toHaveLength(3);
	const asked = service.clock.now();
	await lookout.knock('1', 'run', service.lookAt());
	// Three questions of a second each, with a rest of three seconds before each.
	expect(service.clock.now() - asked).toBeGreaterThanOrEqual(3 * 1000 + 3 * 3000);
});

test('while a run is handed out, and after it, nobody is asked', async () => {
	const service = new Service(['job-0']);
	const lookout = new Lookout();
	service.over.add('job-0');
	const knock = async (): Promise<Finding> => await lookout.knock('1', 'run', service.lookAt());
	expect(await knock()).toBe('ended');
	expect(await knock()).toBe('watched');
	lookout.leave('1', service.lookAt().timing, true);
	expect(await knock()).toBe('watched');
	expect(service.questions).toHaveLength(1);
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
