/** Turns what happened into the links of an incident's chain: observation → finding → decision or refusal → action → result. */
import type { Decision } from '../decide/index.ts';
import type {
  ActionReport,
  CopyReport,
  Finding,
  IncidentEntry,
  Refusal,
  RouteReport,
  SiteId,
  WallMs,
  ZoneId,
} from '../model/index.ts';

export interface Author {
  /** `controller:b` */
  by: string;
  at: WallMs;
  sentenceOf(finding: Finding): string;
}

/** What goes into the chain together with a decision's commit. */
export function decisionEntries(decision: Decision, author: Author): IncidentEntry[] {
  const { next, because, code, sentence } = decision;
  const entry = { at: author.at, by: author.by, site: next.site, epoch: next.epoch };
  const found = because === null ? [] : findingEntries(because, author, next.site);
  const kind = code === 'close-incident' || code === 'record-in-sync' ? 'result' : 'decision';
  return [...found, { ...entry, kind, code, sentence, evidence: [] }];
}

function findingEntries(finding: Finding, author: Author, site: SiteId): IncidentEntry[] {
  const entry = { at: author.at, by: author.by, site };
  const saw = finding.evidence.map(
    (evidence): IncidentEntry => ({
      ...entry,
      kind: 'observation',
      code: finding.code,
      sentence: `${evidence.observer}: ${evidence.saw}`,
      evidence: [evidence],
    }),
  );
  return [
    ...saw,
    {
      ...entry,
      kind: 'finding',
      code: finding.code,
      sentence: author.sentenceOf(finding),
      evidence: finding.evidence,
      forMs: Math.round(finding.forMs),
    },
  ];
}

export function refusalEntry(refusal: Refusal, author: Author): IncidentEntry {
  const { site, code, sentence, evidence } = refusal;
  return { at: author.at, kind: 'refusal', by: author.by, site, code, sentence, evidence };
}

/** An agent's action, at the time it ended; the same action told twice has the same `actionId`. */
export function actionEntry(action: ActionReport, copy: CopyReport, zone: ZoneId): IncidentEntry {
  return {
    at: Math.round(action.startedAt + action.tookMs),
    kind: 'action',
    by: `agent:${zone}`,
    site: copy.site,
    code: action.verb,
    sentence: `${action.verb} ${action.outcome === 'done' ? 'done' : 'failed'} after ${Math.round(action.tookMs)} ms${action.detail === '' ? '' : `: ${action.detail}`}`,
    evidence: [],
    actionId: action.id,
    epoch: action.epoch,
    tookMs: action.tookMs,
  };
}

/** The edge's part: when visitors were led to the new zone, and when the first write was answered there. */
export function routeEntries(route: RouteReport, edge: string): { key: string; entry: IncidentEntry }[] {
  const { site, epoch, routedAt, firstWriteAt } = route;
  const base = { by: `edge:${edge}`, site, epoch, evidence: [] };
  const routed: IncidentEntry = {
    ...base,
    at: routedAt,
    kind: 'action',
    code: 'route',
    sentence: `visitors of ${site} are led by epoch ${epoch}`,
  };
  const routedKey = `route-${edge}-${site}-${epoch}`;
  if (firstWriteAt === null) return [{ key: routedKey, entry: routed }];
  const written: IncidentEntry = {
    ...base,
    at: firstWriteAt,
    kind: 'result',
    code: 'first-write',
    sentence: `first write answered under epoch ${epoch}`,
  };
  return [
    { key: routedKey, entry: routed },
    { key: `first-write-${edge}-${site}-${epoch}`, entry: written },
  ];
}
