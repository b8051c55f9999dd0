/** What became of a site by a row of happenings, in one word and with its severity. Pure. */
import type { Severity, SiteId } from '../model/index.ts';
import { SEVERITIES } from '../model/index.ts';
import type { Happening } from './happenings.ts';

export interface SiteState {
  site: SiteId;
  kind: Happening['kind'];
  severity: Severity;
  /** The happening that gives the text its time and values. */
  by: Happening;
  /** The trouble has ended since: protected again, or at peace in its one zone. */
  over: boolean;
  /** What people wrote meanwhile, oldest first. */
  updates: Happening[];
}

const SEVERITY: Record<Happening['kind'], Severity> = {
  'in-trouble': 'critical',
  loss: 'critical',
  moved: 'warning',
  exposed: 'warning',
  'loss-known': 'warning',
  update: 'warning',
  level: 'warning',
  'protected-again': 'info',
  planned: 'info',
  plan: 'info',
};

/** A later one of the same rank says more than an earlier one; one of a lower rank does not hide it. A move ends the trouble before it. */
const RANK: Record<Happening['kind'], number> = {
  loss: 4,
  'in-trouble': 3,
  moved: 3,
  exposed: 2,
  level: 2,
  planned: 2,
  plan: 2,
  'loss-known': 1,
  update: 0,
  'protected-again': 0,
};

/** `happenings` of one site, oldest first; null when there are none. */
export function stateOf(site: SiteId, happenings: readonly Happening[]): SiteState | null {
  let main: Happening | null = null;
  let ended: Happening | null = null;
  const updates: Happening[] = [];
  for (const happening of happenings) {
    if (happening.kind === 'update') updates.push(happening);
    else if (happening.kind === 'protected-again') ended = happening;
    else {
      if (main === null || RANK[happening.kind] >= RANK[main.kind]) main = happening;
      // What is learnt of a trouble that is over does not bring it back.
      if (happening.kind !== 'loss-known') ended = null;
    }
  }
  const by = main ?? ended ?? updates.at(-1);
  if (by === undefined) return null;
  const over = ended !== null;
  const severity = by.kind === 'in-trouble' && over ? 'warning' : severityOf(by);
  return { site, kind: by.kind, severity, by, over, updates };
}

/** Nothing is left to be done about it, or nothing ever was: a change of plan, a planned move that has ended. */
export function isPast({ kind, over, by }: SiteState): boolean {
  return over || kind === 'plan' || kind === 'loss-known' || (kind === 'planned' && by.values.code !== 'order');
}

function severityOf({ kind, values }: Happening): Severity {
  const own = values.severity as Severity | undefined;
  return own !== undefined && SEVERITIES.includes(own) ? own : SEVERITY[kind];
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

export function worst(severities: Iterable<Severity>): Severity {
  let found: Severity = 'info';
  for (const severity of severities) if (isAtLeast(severity, found)) found = severity;
  return found;
}
