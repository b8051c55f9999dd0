import { describe, expect, it } from 'vitest';
import { envoyConsecutive } from './envoy-consecutive.ts';
import { envoySuccessRate } from './envoy-success-rate.ts';
import { haproxyCheck, haproxyObserve } from './haproxy.ts';
import { phiAccrual } from './phi-accrual.ts';
import type { Rule, Watcher } from './rule.ts';
import { sreBurn } from './sre-burn.ts';
import { varnishProbe } from './varnish.ts';

const PAST = { rates: [100, 100, 100], errors: [0.001, 0.001, 0.001] };
const ONE_SITE = { rates: [200, 0, 0], errors: [0, 0, 0] };
const start = (rule: Rule): Watcher => rule.create(0, PAST);

/** `x` failed, `.` well; answers at which of them (from one) the rule said to leave, or null. */
function firesAt(outcomes: string, ask: (ok: boolean, index: number) => boolean): number | null {
  const index = [...outcomes].findIndex((outcome, place) => ask(outcome === '.', place));
  return index < 0 ? null : index + 1;
}

describe('rules over visitors’ requests fire exactly at', () => {
  it.each<[string, Rule, string, number | null]>([
    ['the fifth 5xx in a row', envoyConsecutive('site-at-edge'), 'xxxxx', 5],
    ['not the fourth', envoyConsecutive('site-at-edge'), 'xxxx.xxxx.xxxx', null],
    ['error-limit, when it marks down', haproxyObserve('mark-down'), 'xxxxxxxxx.xxxxxxxxxx', 20],
    ['three times error-limit, when it fails a check', haproxyObserve('fail-check'), 'x'.repeat(40), 30],
  ])('%s', (_, rule, outcomes, expected) => {
    const watcher = start(rule);
    expect(firesAt(outcomes, (ok, index) => watcher.request!(index, 0, ok))).toBe(expected);
  });
});

describe('rules over checks of their own fire exactly at', () => {
  it.each<[string, Rule, string, number | null]>([
    ['the third failed check in a row', haproxyCheck(), '..xx.xxx', 8],
    ['not two of three', haproxyCheck(), 'xx.xx.xx.', null],
    ['the sixth failed poll of eight', varnishProbe(), 'xxxxxx', 6],
    ['six of eight in any order', varnishProbe(), 'xx.xx.xx', 8],
    ['not while three of eight are good', varnishProbe(), 'xxx.xx..xxx.xx..', null],
  ])('%s', (_, rule, outcomes, expected) => {
    const watcher = start(rule);
    expect(firesAt(outcomes, (ok, index) => watcher.checked!(index, 1, ok))).toBe(expected);
  });
});

it('a passed check forgets failed observations', () => {
  const watcher = start(haproxyObserve('fail-check'));
  firesAt('x'.repeat(20), (ok, index) => watcher.request!(index, 0, ok));
  expect(watcher.checked!(21, 0, true)).toBe(false);
  expect(firesAt('x'.repeat(29), (ok, index) => watcher.request!(index, 0, ok))).toBeNull();
});

describe('success rate', () => {
  const feed = (watcher: Watcher, failures: number[], requests = 200) =>
    failures.forEach((failed, server) => {
      for (let index = 0; index < requests; index += 1) watcher.request!(index, server, index >= failed);
    });

  it.each<[string, Rule, number[], number | null]>([
    ['needs five hosts by default', envoySuccessRate(), [200, 0, 0], null],
    [
      'cannot eject one of three at a factor of 1.9, even when all fails',
      envoySuccessRate({ minimumHosts: 3 }),
      [200, 0, 0],
      null,
    ],
    ['can at 1.4', envoySuccessRate({ minimumHosts: 3, stdevFactor: 1.4 }), [200, 0, 0], 0],
    ['does so for a hair as well', envoySuccessRate({ minimumHosts: 3, stdevFactor: 1.4 }), [0, 1, 0], 1],
    ['sees nothing when all fail alike', envoySuccessRate({ minimumHosts: 3, stdevFactor: 1.4 }), [90, 90, 90], null],
  ])('%s', (_, rule, failures, expected) => {
    const watcher = start(rule);
    feed(watcher, failures);
    expect(watcher.turn!(10_000)).toBe(expected);
  });

  it('does not compare hosts with fewer than 100 requests', () => {
    const watcher = start(envoySuccessRate({ minimumHosts: 3, stdevFactor: 1.4 }));
    feed(watcher, [99, 0, 0], 99);
    expect(watcher.turn!(10_000)).toBeNull();
  });
});

describe('phi', () => {
  /** Heartbeats every 100 ms for 20 s, then silence: when it is said first, ms after the last. */
  const silenceUntil = (rule: Rule) => {
    const watcher = start(rule);
    for (let at = 0; at <= 20_000; at += 100) for (const server of [0, 1, 2]) watcher.heartbeat!(at, server);
    for (let at = 20_000; at < 30_000; at += 10) {
      watcher.heartbeat!(at, 1);
      watcher.heartbeat!(at, 2);
      if (watcher.turn!(at) === 0) return at - 20_000;
    }
    return null;
  };

  // 1 − Φ(z) = 1e-8 at z = 5.612, so the mean of 100 ms and 5.612 deviations of 100 ms each.
  it('8 is 661 ms of silence after a steady heartbeat', () => {
    expect(silenceUntil(phiAccrual({ acceptablePauseMs: 0 }))).toBe(670);
  });
  it('an accepted pause comes on top', () => {
    expect(silenceUntil(phiAccrual({ acceptablePauseMs: 3_000 }))).toBe(3_670);
  });
});

describe('burn rate', () => {
  const failing = (share: number, past = ONE_SITE) => {
    const watcher = sreBurn().create(0, past);
    for (let second = 1; second < 600; second += 1) {
      for (let index = 0; index < 200; index += 1)
        watcher.request!(second * 1_000 - 5 * index, 0, index >= share * 200);
      if (watcher.turn!(second * 1_000) === 0) return second;
    }
    return null;
  };

  // 0.72 % of an hour is 25.92 s of a total outage.
  it('notices a total outage after 26 s', () => expect(failing(1)).toBe(26));
  it('notices 20 % after 130 s', () => expect(failing(0.2)).toBe(130));
  it('never notices 0.5 %', () => expect(failing(0.005)).toBeNull());
  it('leaves out what burns on any day', () => expect(failing(1, { ...ONE_SITE, errors: [0.05, 0, 0] })).toBeNull());
});
