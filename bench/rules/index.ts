/** The rules that people use, each at its documented defaults. */
import { envoyConsecutive } from './envoy-consecutive.ts';
import { envoySuccessRate } from './envoy-success-rate.ts';
import { haproxyCheck, haproxyObserve } from './haproxy.ts';
import { phiAccrual } from './phi-accrual.ts';
import type { Rule } from './rule.ts';
import { sreBurn } from './sre-burn.ts';
import { varnishProbe } from './varnish.ts';

export const RULES: readonly Rule[] = [
  envoyConsecutive('site-at-edge'),
  envoyConsecutive('zone-at-edge'),
  envoySuccessRate(),
  envoySuccessRate({ minimumHosts: 3 }),
  // The largest factor that three hosts can ever reach, less a little.
  envoySuccessRate({ minimumHosts: 3, stdevFactor: 1.4 }),
  haproxyCheck(),
  haproxyObserve('fail-check'),
  haproxyObserve('mark-down'),
  varnishProbe(),
  phiAccrual({ acceptablePauseMs: 0 }),
  phiAccrual({ acceptablePauseMs: 3_000 }),
  sreBurn(),
];
