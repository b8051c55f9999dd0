/** Every goal in every observed state has an action, and none of them is one that could lose a write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Promotion } from '../../model/index.ts';
import type { DatabaseGoal } from './goal.ts';
import { FAILOVER_GRACE_MS, type Observed, plan, SILENT_LIMIT_MS } from './plan.ts';
import type { Sample } from './sampler.ts';
import { replicationUser } from './users.ts';

const source = { zone: 'a', host: '10.0.0.1', port: 7400, agent: '10.0.0.1:7100' };
const reign: Promotion = { epoch: 7, from: 'b', position: '0-10101-5', open: true, acceptedLoss: null };

const SAMPLE: Sample = {
  at: 0,
  writable: false,
  waiting: false,
  waitingConfirmed: true,
  syncReplica: false,
  syncReplicaConnected: false,
  binlogPosition: '0-10101-5',
  appliedPosition: '0-10101-5',
  receivedPosition: '0-10101-5',
  follows: null,
  io: 'no',
  sqlRunning: false,
  ioErrno: 0,
  ioError: '',
  sqlErrno: 0,
  sqlError: '',
  acknowledgers: [],
  connections: { used: 3, most: 151 },
  backlogBytes: 0,
  open: [],
  everHeard: true,
  heard: '',
};
const SEEN: Observed = {
  zone: 'c',
  data: true,
  process: 'answering',
  processForMs: 1_000,
  sample: SAMPLE,
  created: false,
  promotedEpoch: null,
  waitsFor: null,
  admitted: undefined,
  kept: false,
  complete: true,
  diverged: null,
  outdated: null,
  detour: null,
};
const live = (change: Partial<Extract<DatabaseGoal, { role: 'live' }>> = {}): DatabaseGoal => ({
  role: 'live',
  epoch: 9,
  standby: null,
  inSync: false,
  promotion: reign,
  mayCreate: false,
  ...change,
});
const replica = (role: 'standby' | 'spare', promotion = reign): DatabaseGoal => ({ role, epoch: 9, source, promotion });
const NONE: DatabaseGoal = { role: 'none', epoch: 9 };

const following = (role: 'standby' | 'spare', change: Partial<Sample> = {}): Sample => ({
  ...SAMPLE,
  follows: { host: source.host, port: source.port, user: replicationUser(role, 'c') },
  syncReplica: role === 'standby',
  syncReplicaConnected: role === 'standby',
  io: 'yes',
  sqlRunning: true,
  ...change,
});
const reigning: Observed = { ...SEEN, promotedEpoch: 7, admitted: null, sample: { ...SAMPLE, writable: true } };
const waitingFor = (zone: string): Observed => ({
  ...reigning,
  waitsFor: zone,
  admitted: zone,
  sample: { ...SAMPLE, writable: true, waiting: true },
});
const connected = { ...SAMPLE, writable: true, acknowledgers: [{ zone: 'b', close: true }] };

describe('the table', () => {
  it.each<[string, DatabaseGoal, Partial<Observed>, string]>([
    ['a new site', live({ mayCreate: true }), { data: false, process: 'none', sample: null }, 'create'],
    ['an interrupted creation', live({ mayCreate: true }), { process: 'none', sample: null }, 'create'],
    ['live without data', live(), { data: false, process: 'none', sample: null }, 'wait'],
    ['a standby called to be live', live(), { sample: following('standby') }, 'promote'],
    ['an interrupted promotion', live(), { promotedEpoch: 7, sample: following('standby', { io: 'no' }) }, 'promote'],
    ['live, restarted', live(), { promotedEpoch: 7 }, 'resume'],
    ['live, died, not protected', live(), { process: 'none', sample: null, processForMs: 0 }, 'start-plain'],
    [
      'live, just died, protected',
      live({ standby: 'b', inSync: true }),
      { process: 'none', sample: null, processForMs: 0 },
      'wait',
    ],
    [
      'live, died, protected, nobody took over',
      live({ standby: 'b', inSync: true }),
      { process: 'none', sample: null, processForMs: FAILOVER_GRACE_MS },
      'start-plain',
    ],
    ['live, alone', live(), reigning, 'wait'],
    ['live, alone, door unseen to', live(), { ...reigning, admitted: undefined }, 'admit'],
    ['a standby is named', live({ standby: 'b' }), reigning, 'admit'],
    ['it is not connected yet', live({ standby: 'b' }), { ...reigning, admitted: 'b' }, 'wait'],
    ['it is connected', live({ standby: 'b' }), { ...reigning, admitted: 'b', sample: connected }, 'gate'],
    ['waiting for it', live({ standby: 'b' }), waitingFor('b'), 'wait'],
    ['given up', live(), waitingFor('b'), 'release'],
    ['replaced by another', live({ standby: 'a' }), waitingFor('b'), 'release'],
    ['protected, but not waiting', live({ standby: 'b', inSync: true }), reigning, 'gate'],
    ['waiting, for whom is not known', live({ standby: 'b' }), { ...waitingFor('b'), waitsFor: null }, 'gate'],
    ['hung for long', live(), { ...reigning, process: 'silent', processForMs: SILENT_LIMIT_MS + 1 }, 'end-silent'],
    ['a spare without data', replica('spare'), { data: false, process: 'none', sample: null }, 'build'],
    ['a returned copy', replica('spare'), { process: 'none', sample: null }, 'start-rejoin'],
    ['was live until now', replica('spare'), reigning, 'step-down'],
    ['returned and started', replica('spare'), {}, 'follow'],
    ['follows', replica('spare'), { sample: following('spare') }, 'wait'],
    ['a spare becomes standby', replica('standby'), { sample: following('spare') }, 'follow'],
    [
      'connected without acknowledging',
      replica('standby'),
      { sample: following('standby', { syncReplicaConnected: false }) },
      'follow',
    ],
    [
      'position unknown at the source',
      replica('spare'),
      { sample: following('spare', { io: 'no', ioErrno: 1236 }) },
      'judge',
    ],
    ['out of order', replica('spare'), { sample: following('spare', { sqlRunning: false, sqlErrno: 1950 }) }, 'judge'],
    ['diverged', replica('spare'), { diverged: 'it holds more' }, 'set-aside'],
    ['slow, and to be promoted', live(), { process: 'silent', sample: following('standby') }, 'promote'],
    ['not let in yet', replica('spare'), { sample: following('spare', { io: 'connecting', ioErrno: 4151 }) }, 'follow'],
    ['no part any more', NONE, {}, 'stop'],
    ['no part, no server', NONE, { process: 'none', sample: null }, 'wait'],
  ])('%s', (_, goal, change, action) => {
    expect(plan(goal, { ...SEEN, ...change }, true).action).toBe(action);
  });
});

const zone = fc.constantFrom('a', 'b');
const promotion = fc.record({
  epoch: fc.constantFrom(7, 8),
  from: fc.constantFrom(null, 'a'),
  position: fc.constantFrom(null, '', '0-10101-5'),
  open: fc.boolean(),
  acceptedLoss: fc.constant(null),
});
const goals: fc.Arbitrary<DatabaseGoal> = fc.oneof(
  fc
    .record({
      role: fc.constant('live' as const),
      epoch: fc.constant(9),
      standby: fc.option(zone),
      inSync: fc.boolean(),
      promotion,
      mayCreate: fc.boolean(),
    })
    .filter((goal) => goal.standby !== null || !goal.inSync),
  fc.record({
    role: fc.constantFrom('standby' as const, 'spare' as const),
    epoch: fc.constant(9),
    source: fc.constant(source),
    promotion,
  }),
  fc.constant(NONE),
);
const samples: fc.Arbitrary<Sample> = fc.record({
  ...(Object.fromEntries(Object.entries(SAMPLE).map(([name, value]) => [name, fc.constant(value)])) as {
    [K in keyof Sample]: fc.Arbitrary<Sample[K]>;
  }),
  writable: fc.boolean(),
  waiting: fc.boolean(),
  syncReplica: fc.boolean(),
  syncReplicaConnected: fc.boolean(),
  follows: fc.constantFrom(
    null,
    ...(['standby', 'spare'] as const).map((role) => ({
      host: source.host,
      port: source.port,
      user: replicationUser(role, 'c'),
    })),
  ),
  io: fc.constantFrom('no' as const, 'connecting' as const, 'yes' as const),
  sqlRunning: fc.boolean(),
  ioErrno: fc.constantFrom(0, 1236, 2003),
  sqlErrno: fc.constantFrom(0, 1950, 1032),
  acknowledgers: fc.constantFrom([], [{ zone: 'a', close: true }], [{ zone: 'b', close: false }]),
});
const observations: fc.Arbitrary<Observed> = fc.record({
  zone: fc.constant('c'),
  data: fc.boolean(),
  process: fc.constantFrom('none' as const, 'starting' as const, 'silent' as const, 'answering' as const),
  processForMs: fc.constantFrom(0, 4_000, 20_000),
  sample: fc.option(samples),
  created: fc.boolean(),
  promotedEpoch: fc.constantFrom(null, 7, 8),
  waitsFor: fc.option(zone),
  admitted: fc.constantFrom(undefined, null, 'a', 'b'),
  kept: fc.boolean(),
  complete: fc.boolean(),
  diverged: fc.constantFrom(null, 'it holds more'),
  outdated: fc.constantFrom(null, 'too old'),
  detour: fc.constantFrom(null, { epoch: 9, via: source, until: '0-101-9', tried: ['b'] }),
});

/** Checks what must hold of every plan; runs a few thousand random worlds. */
function always(claim: (goal: DatabaseGoal, seen: Observed, action: string) => boolean): void {
  fc.assert(
    fc.property(goals, observations, (goal, seen) => claim(goal, seen, plan(goal, seen, true).action)),
    { numRuns: 4_000 },
  );
}

describe('safety', () => {
  it('nothing at all happens under a placement that the store has not confirmed', () => {
    fc.assert(fc.property(goals, observations, (goal, seen) => plan(goal, seen, false).action === 'wait'));
  });

  it('never stops waiting for the standby that the placement names', () => {
    always(
      (goal, seen, action) =>
        action !== 'release' || (goal.role === 'live' && (goal.standby === null || goal.standby !== seen.waitsFor)),
    );
  });

  it('never stops waiting under a placement that calls the site protected', () => {
    always((goal, _, action) => action !== 'release' || (goal.role === 'live' && !goal.inSync));
  });

  it('becomes or stays writable only as live (I2)', () => {
    always(
      (goal, _, action) =>
        !['promote', 'resume', 'create', 'gate', 'start-plain'].includes(action) || goal.role === 'live',
    );
  });

  it('resumes only a reign that this copy was promoted for, or the very first one', () => {
    always(
      (goal, seen, action) =>
        action !== 'resume' ||
        (goal.role === 'live' && (goal.promotion.from === null || seen.promotedEpoch === goal.promotion.epoch)),
    );
  });

  it('creates a database only where the placement says that there is none yet', () => {
    always((goal, _, action) => action !== 'create' || (goal.role === 'live' && goal.mayCreate));
  });

  it('never follows, builds or sets aside for following before the promotion is complete', () => {
    always(
      (goal, _, action) =>
        !['follow', 'build', 'judge'].includes(action) || ('promotion' in goal && goal.promotion.position !== null),
    );
  });

  it('a server that takes writes follows nobody: it steps down first', () => {
    always((_, seen, action) => action !== 'follow' || seen.sample?.writable === false);
  });

  it('cuts a tail off only in a copy that is to follow', () => {
    always((goal, _, action) => action !== 'start-rejoin' || goal.role === 'standby' || goal.role === 'spare');
  });

  it('builds only where no data is, and sets aside only what was proved to be different (I13)', () => {
    always((_, seen, action) => action !== 'build' || !seen.data);
    always((_, seen, action) => action !== 'set-aside' || seen.diverged !== null);
  });
});
