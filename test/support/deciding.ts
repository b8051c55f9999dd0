/** Deciding about one site of the base world, told by what differs. */
import { decide, type SiteVerdict, type ZoneView } from '../../src/decide/index.ts';
import {
  DEFAULT_POLICY,
  type FailoverPolicy,
  type Finding,
  type FindingCode,
  type WallMs,
  type ZoneId,
} from '../../src/model/index.ts';
import { aSite, aSpec, aWorld, type SiteChange } from './fixtures.ts';

/** Long-held trouble of the live zone, or of the live copy. */
export function aFinding(code: FindingCode, change: Partial<Finding> = {}): Finding {
  return {
    code,
    zone: 'a',
    site: code.startsWith('copy-') || code === 'standby-lost' ? 'shop' : null,
    observer: null,
    forMs: 3_600_000,
    outright: false,
    loadRatio: null,
    evidence: [{ observer: 'edge:edge-1', saw: '180 of 200 requests failed' }],
    ...change,
  };
}

export interface Case {
  policy?: Partial<FailoverPolicy>;
  site?: SiteChange;
  findings?: Finding[];
  /** Zones that are not heard. */
  unheard?: ZoneId[];
  zones?: Record<ZoneId, Partial<ZoneView>>;
  now?: WallMs;
}

export function decideShop({ policy, site, findings = [], unheard = [], zones = {}, now = 10_000 }: Case): SiteVerdict {
  const spec = aSpec({ failover: { ...DEFAULT_POLICY, ...policy }, ...site?.spec });
  const world = aWorld(aSite({ ...site, spec }), unheard, zones);
  return decide({ world, findings, now })[0]!;
}

/** `failover`, or `–`; and the codes of what was refused. */
export function outcomeOf({ decision, refusals }: SiteVerdict): string {
  return [decision?.code ?? '–', ...refusals.map(({ refusal }) => refusal.code)].join(' ');
}
