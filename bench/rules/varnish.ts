/**
 * Varnish's backend probe: every `interval` one poll that may take `timeout`; the backend is healthy while at least `threshold`
 * of the newest `window` polls were good. Defaults 5s, 2s, 8, 3 (vcl-probe(7)): a backend that was well is sick with the sixth
 * bad poll of eight.
 */
import type { Rule } from './rule.ts';

const WINDOW = 8;
const THRESHOLD = 3;

export function varnishProbe(): Rule {
  return {
    name: 'Varnish probe',
    settings: '.window 8 .threshold 3 .interval 5s .timeout 2s',
    scope: 'site-at-edge',
    check: { everyMs: 5_000, timeoutMs: 2_000 },
    turnEveryMs: null,
    create: () => {
      const polls = [0, 1, 2].map(() => Array<boolean>(WINDOW).fill(true));
      return {
        checked(_, server, ok) {
          const window = polls[server]!;
          const healthyBefore = isHealthy(window);
          window.shift();
          window.push(ok);
          return healthyBefore && !isHealthy(window);
        },
      };
    },
  };
}

const isHealthy = (window: boolean[]) => window.filter(Boolean).length >= THRESHOLD;
