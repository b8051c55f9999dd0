/** What deciding about one site can end in: the next placement, a refusal by name, or nothing to do. */
import type {
  DecisionCode,
  DrillResult,
  Evidence,
  Finding,
  Placement,
  Refusal,
  RefusalCode,
  WallMs,
} from '../model/index.ts';
import type { SiteView } from './world.ts';

export interface Decision {
  kind: 'decision';
  code: DecisionCode;
  next: Placement;
  sentence: string;
  /** The finding that it answers, when there is one. */
  because: Finding | null;
  /** Of the drill that ends with it. */
  result?: DrillResult | undefined;
}

export interface Refused {
  kind: 'refusal';
  refusal: Refusal;
  because: Finding | null;
  /** Trouble that may still end by itself within the site's patience is no incident yet. */
  opensIncident: boolean;
}

export type Outcome = Decision | Refused | { kind: 'nothing' };

export const NOTHING: Outcome = { kind: 'nothing' };

/** What a decision changes; epoch, code and times are filled in here and nowhere else. */
export type Change = Partial<Omit<Placement, 'site' | 'epoch' | 'decision' | 'committedAt' | 'protectionSince'>>;

export function decision(
  site: Pick<SiteView, 'placement'>,
  code: DecisionCode,
  now: WallMs,
  change: Change,
  sentence: string,
  because: Finding | null = null,
): Decision {
  const { placement } = site;
  const inSync = change.inSync ?? placement.inSync;
  const next: Placement = {
    ...placement,
    ...change,
    epoch: placement.epoch + 1,
    decision: code,
    committedAt: now,
    protectionSince: inSync === placement.inSync ? placement.protectionSince : now,
  };
  assertLegal(next);
  return { kind: 'decision', code, next, sentence, because };
}

export function refuse(
  site: SiteView,
  code: RefusalCode,
  sentence: string,
  because: Finding | null,
  evidence: Evidence[] = because?.evidence ?? [],
): Refused {
  const refusal: Refusal = { site: site.placement.site, code, sentence, evidence };
  return { kind: 'refusal', refusal, because, opensIncident: because !== null && code !== 'waiting-it-out' };
}

/** A programmer's error if it fails: such a placement must not reach the store, whoever decided it. */
function assertLegal(next: Placement): void {
  const zones = [next.live, ...(next.standby === null ? [] : [next.standby]), ...next.spares];
  if (new Set(zones).size !== zones.length) throw new Error(`placement names a zone twice: ${JSON.stringify(next)}`);
  if (next.inSync && next.standby === null) throw new Error(`placement in sync with nobody: ${JSON.stringify(next)}`);
}
