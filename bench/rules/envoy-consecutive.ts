/**
 * Envoy's outlier detection by consecutive 5xx: a host is ejected inline when so many answers in a row were 5xx or errors of
 * Envoy's own that are mapped to one (time-outs, resets, failed connections); any other answer begins the count anew. Default 5,
 * enforced at 100 %. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 */
import type { Rule } from './rule.ts';

export function envoyConsecutive(scope: 'site-at-edge' | 'zone-at-edge', limit = 5): Rule {
  return {
    name: `Envoy consecutive 5xx${scope === 'zone-at-edge' ? ', zones as hosts' : ''}`,
    settings: `consecutive_5xx ${limit}`,
    scope,
    check: null,
    turnEveryMs: null,
    create: () => {
      const inARow = [0, 0, 0];
      return {
        request(_, server, ok) {
          inARow[server] = ok ? 0 : inARow[server]! + 1;
          return inARow[server] === limit;
        },
      };
    },
  };
}
