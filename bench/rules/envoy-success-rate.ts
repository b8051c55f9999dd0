/**
 * Envoy's outlier detection by success rate: every `interval`, hosts with at least `request_volume` requests in it are compared;
 * one is ejected when its success rate is below mean − stdev × factor of them all (stdev_factor 1900 means 1.9). Nothing is done
 * with fewer such hosts than `minimum_hosts`. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 *
 * With n hosts none can lie more than √(n − 1) standard deviations from the mean of all (P. A. Samuelson, How deviant can you
 * be?, JASA 63, 1968): 1.41 with three. So with three zones as hosts a factor of 1.9 can never eject, whatever happens.
 */
import type { Rule } from './rule.ts';

export interface SuccessRateOptions {
  minimumHosts?: number;
  stdevFactor?: number;
}

const INTERVAL_MS = 10_000;
const REQUEST_VOLUME = 100;

export function envoySuccessRate({ minimumHosts = 5, stdevFactor = 1.9 }: SuccessRateOptions = {}): Rule {
  return {
    name: `Envoy success rate, minimum hosts ${minimumHosts}, factor ${stdevFactor}`,
    settings: `interval 10s, stdev_factor ${stdevFactor * 1_000}, request_volume ${REQUEST_VOLUME}, minimum_hosts ${minimumHosts}`,
    scope: 'zone-at-edge',
    check: null,
    turnEveryMs: INTERVAL_MS,
    create: () => {
      let good = [0, 0, 0];
      let all = [0, 0, 0];
      return {
        request(_, server, ok) {
          all[server]! += 1;
          if (ok) good[server]! += 1;
          return false;
        },
        turn() {
          const outlier = outlierOf(good, all, minimumHosts, stdevFactor);
          good = [0, 0, 0];
          all = [0, 0, 0];
          return outlier;
        },
      };
    },
  };
}

function outlierOf(good: number[], all: number[], minimumHosts: number, stdevFactor: number): number | null {
  const hosts = all.flatMap((count, server) =>
    count >= REQUEST_VOLUME ? [{ server, rate: good[server]! / count }] : [],
  );
  if (hosts.length < minimumHosts) return null;
  const mean = hosts.reduce((sum, { rate }) => sum + rate, 0) / hosts.length;
  const variance = hosts.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / hosts.length;
  const limit = mean - stdevFactor * Math.sqrt(variance);
  return hosts.find(({ rate }) => rate < limit)?.server ?? null;
}
