/** The monthly report of one site: its service level with everything that explains it. Pure; every figure is computed in `record/level/`. */
import type { Impact, Incident, IncidentEntry, Maintenance, ServiceSpec, SiteSpec, WallMs } from '../model/index.ts';
import { impactsOf } from '../record/impact/total.ts';
import { isPlanned } from '../record/journal.ts';
import type { MonthLevel } from '../record/level/asked.ts';
import { MINUTE_MS, monthPeriod, type Period } from '../record/level/calendar.ts';
import { spansIn } from '../record/level/level.ts';

export interface ReportIncident {
  id: string;
  /** `zone-dark:a` */
  subject: string;
  openedAt: WallMs;
  /** Null: it goes on. */
  closedAt: WallMs | null;
  /** Null: not counted. */
  impact: Impact | null;
}

export interface Report {
  /** Null: nobody has described the service. */
  service: Pick<ServiceSpec, 'name' | 'contact'> | null;
  hosts: string[];
  /** As customers know it. */
  plan: string;
  madeAt: WallMs;
  level: MonthLevel;
  terms: ServiceSpec['level'];
  incidents: ReportIncident[];
  maintenance: Pick<Maintenance, 'id' | 'title' | 'from' | 'to'>[];
  /** Bad minutes that follow each other. */
  bad: Period[];
}

export interface ReportInput {
  level: MonthLevel;
  spec: SiteSpec;
  service: ServiceSpec | null;
  terms: ServiceSpec['level'];
  /** In the order of their beginnings, with what concerns the site: its own entries. */
  incidents: readonly Incident[];
  /** Of incidents that go on. */
  counting: ReadonlyMap<string, Impact>;
  madeAt: WallMs;
}

export function toReport({ level, spec, service, terms, incidents, counting, madeAt }: ReportInput): Report {
  const period = monthPeriod(level.month)!;
  const touching = new Set(spansIn(spec.site, service?.maintenance ?? [], period).map(({ id }) => id));
  return {
    service: service === null ? null : { name: service.name, contact: service.contact },
    hosts: spec.hosts,
    plan: service?.plans.find(({ name }) => name === spec.plan)?.title ?? spec.plan,
    madeAt,
    level,
    terms,
    incidents: incidents
      .filter(({ subject, openedAt }) => !isPlanned(subject) && within(openedAt, period))
      .map((incident) => toRow(incident, spec.site, counting)),
    maintenance: (service?.maintenance ?? []).filter(({ id }) => touching.has(id)),
    bad: spansOf(level.bad),
  };
}

function toRow(incident: Incident, site: string, counting: ReadonlyMap<string, Impact>): ReportIncident {
  const { id, subject, openedAt, entries } = incident;
  const own = entries.filter((entry) => entry.site === site);
  const known = counting.get(id);
  const impact = impactsOf(own, known === undefined ? [] : [known])[0] ?? null;
  return { id, subject, openedAt, closedAt: closedAt(incident, own), impact };
}

/** For the site itself it may be over while it goes on for others. */
function closedAt(incident: Incident, own: IncidentEntry[]): WallMs | null {
  const closing = own.filter(({ code }) => code === 'close-incident' || code === 'protected').map(({ at }) => at);
  return closing.length > 0 ? Math.max(...closing) : incident.closedAt;
}

function within(at: WallMs, { from, to }: Period): boolean {
  return at >= from * MINUTE_MS && at < to * MINUTE_MS;
}

/** `[3, 4, 5, 9]` → 3 to 6, 9 to 10. */
export function spansOf(minutes: readonly number[]): Period[] {
  const spans: Period[] = [];
  for (const minute of minutes) {
    const last = spans.at(-1);
    if (last?.to === minute) last.to += 1;
    else spans.push({ from: minute, to: minute + 1 });
  }
  return spans;
}
