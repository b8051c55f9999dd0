/** An observer to which every zone is silent is itself cut off; what it says is not counted. */
import { type Finding, observerOf } from '../model/index.ts';
import type { FindingRule } from './rule.ts';
import { isSick, testimonies } from './witness.ts';

export const observerSick: FindingRule = {
  code: 'observer-sick',
  severity: 'notice',
  sentence: (finding) => `${finding.observer} sees every zone failing and is not counted.`,
  detect: (input) =>
    testimonies(input).flatMap(({ heard, testimony }): Finding[] => {
      if (!isSick(testimony)) return [];
      return [
        {
          code: 'observer-sick',
          zone: heard.report.kind === 'agent' ? heard.report.zone : null,
          site: null,
          observer: observerOf(heard.report),
          forMs: Math.min(...testimony.map(({ silentMs }) => silentMs)),
          outright: false,
          loadRatio: null,
          evidence: testimony.map(({ observer, zone, saw }) => ({ observer, saw: `zone ${zone}: ${saw}` })),
        },
      ];
    }),
};
