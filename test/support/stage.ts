/** Visitors of many sites at the detector's own pace, seeded: reports every 100 ms from each edge and agent, a turn every 50 ms. */
import { createMemory, detect, remember, takeForUsual } from '../../src/detect/index.ts';
import {
  type AgentReport,
  type CopyReport,
  type DetectorSettings,
  type Finding,
  LATENCY_BOUNDS_MS,
  PATIENCE,
  type Patience,
  type Placement,
  type Report,
  type TrafficWindow,
  type ZoneId,
} from '../../src/model/index.ts';
import { absorb, emptyWindow } from '../../src/observe/window.ts';
import { aCopy, anAgentReport, anEdgeReport, aPlacement } from './fixtures.ts';

export interface StageSite {
  site: string;
  live: ZoneId;
  standby: ZoneId;
  perSecond: number;
  /** Share of answers that are 5xx on any day. */
  errors: number;
}

/** What holds in one stretch; missing: an ordinary day. */
export interface Trouble {
  /** Share of requests answered 5xx beyond the usual, at this copy. */
  errors?(site: StageSite, zone: ZoneId): number;
  /** Share that cannot connect, from this edge. */
  lost?(site: StageSite, zone: ZoneId, edge: string): number;
  /** Share that takes so long, ms. */
  slow?(site: StageSite, zone: ZoneId, edge: string): { share: number; ms: number } | null;
  /** Times the usual number of requests. */
  load?(site: StageSite): number;
  /** What the zone's agent says of its copy. */
  copy?(site: StageSite, zone: ZoneId): Partial<CopyReport>;
  agent?(zone: ZoneId): Partial<AgentReport>;
  /** Its reports take so long, ms; they come in order. */
  late?(edge: string): number;
}

export interface StageOptions {
  seed: number;
  sites: StageSite[];
  edges?: number;
  /** Failed requests are tried once at the standby. */
  retries?: boolean;
  patience?: Patience;
  settings?: DetectorSettings;
}

export interface Stage {
  readonly now: number;
  /** Lives through `ms`; answers every turn's findings in order, those of the turns with any. Ends early when `until` says so. */
  live(ms: number, trouble?: Trouble, until?: (found: Finding[]) => boolean): { afterMs: number; found: Finding[] }[];
  /** Makes known at once what hours of ordinary days would have taught. */
  learn(): void;
  memory: ReturnType<typeof createMemory>;
}

export function sitesIn(zones: ZoneId[], count: number, perSecond: number, errors = 0.0002): StageSite[] {
  return Array.from({ length: count }, (_, index) => {
    const live = zones[index % zones.length]!;
    return { site: `s${index}`, live, standby: live === 'b' ? 'c' : 'b', perSecond, errors };
  });
}

/** mulberry32. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function poisson(chance: () => number, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = chance(); product > limit; product *= chance()) count++;
  return count;
}

function normal(chance: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

function binomial(chance: () => number, count: number, share: number): number {
  if (share <= 0 || count === 0) return 0;
  if (share >= 1) return count;
  if (count * share > 30 && count * (1 - share) > 30)
    return Math.min(
      count,
      Math.max(0, Math.round(count * share + Math.sqrt(count * share * (1 - share)) * normal(chance))),
    );
  if (count > 60 && share < 0.05) return Math.min(count, poisson(chance, count * share));
  let hits = 0;
  for (let index = 0; index < count; index++) if (chance() < share) hits++;
  return hits;
}

const ZONES: ZoneId[] = ['a', 'b', 'c'];
const STEP_MS = 10;

export function createStage({
  seed,
  sites,
  edges = 1,
  retries = false,
  patience = PATIENCE.normal,
  settings = { falseAlarmsPerYear: 0.1 },
}: StageOptions): Stage {
  const chance = seededChance(seed);
  const window = emptyWindow(0);
  const memory = createMemory();
  const placements: Placement[] = sites.map(({ site, live, standby }) => aPlacement({ site, live, standby }));
  const names = Array.from({ length: edges }, (_, index) => `edge-${index + 1}`);
  const phases = new Map([...ZONES, ...names].map((who) => [who, STEP_MS * Math.floor(chance() * 10)]));
  let now = 0;
  let sequence = 0;
  let onTheWay: { at: number; report: Report }[] = [];

  const edgeReport = (edge: string, trouble: Trouble) => {
    const rows: TrafficWindow[] = [];
    for (const site of sites) {
      const asked = poisson(chance, (site.perSecond * (trouble.load?.(site) ?? 1) * 0.1) / edges);
      if (asked === 0) continue;
      const row = ask(site, site.live, edge, asked, trouble);
      rows.push(row);
      const failed = row.serverErrors + row.connectErrors;
      if (retries && failed > 0) rows.push(ask(site, site.standby, edge, failed, trouble));
    }
    return anEdgeReport({ edge, incarnation: edge, sequence: ++sequence, sentAtMs: now, traffic: rows });
  };

  const ask = (site: StageSite, zone: ZoneId, edge: string, attempts: number, trouble: Trouble): TrafficWindow => {
    const connectErrors = binomial(chance, attempts, trouble.lost?.(site, zone, edge) ?? 0);
    const errors = 1 - (1 - site.errors) * (1 - (trouble.errors?.(site, zone) ?? 0));
    const serverErrors = binomial(chance, attempts - connectErrors, errors);
    const latency = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const answers = attempts - connectErrors;
    const slow = trouble.slow?.(site, zone, edge) ?? null;
    const late = slow === null ? 0 : binomial(chance, answers, slow.share);
    const beyond = binomial(chance, answers - late, 0.02);
    latency[1]! += answers - late - beyond;
    latency[3]! += beyond;
    if (slow !== null) latency[classOf(slow.ms)]! += late;
    return {
      site: site.site,
      zone,
      attempts,
      answered: answers - serverErrors,
      serverErrors,
      connectErrors,
      timeouts: 0,
      waiting: 0,
      oldestWaitingMs: 0,
      answeredAgoMs: answers > 0 ? 20 : null,
      latency,
    };
  };

  const agentReport = (zone: ZoneId, trouble: Trouble) =>
    anAgentReport(zone, {
      sequence: ++sequence,
      copies: sites
        .filter(({ live, standby }) => live === zone || standby === zone)
        .map((site) => aCopy({ site: site.site, ...trouble.copy?.(site, zone) })),
      ...trouble.agent?.(zone),
    });

  return {
    get now() {
      return now;
    },
    memory,
    learn() {
      for (const { site, perSecond, errors } of sites) {
        const answers = 20_000 * Math.min(1, perSecond);
        const serverErrors = answers * errors;
        const latency = [0, 0.98 * answers, 0, 0.02 * answers, 0, 0, 0, 0, 0, 0];
        takeForUsual(memory, { site, answers, serverErrors, ended: answers, unanswered: 0, latency, perSecond }, now);
      }
    },
    live(ms, trouble = {}, until = () => false) {
      const from = now;
      const turns: { afterMs: number; found: Finding[] }[] = [];
      while (now < from + ms) {
        now += STEP_MS;
        for (const [who, phase] of phases) {
          if ((now + phase) % 100 !== 0) continue;
          const report = ZONES.includes(who) ? agentReport(who, trouble) : edgeReport(who, trouble);
          onTheWay.push({ at: now + (trouble.late?.(who) ?? 0), report });
        }
        for (const { report } of onTheWay.filter(({ at }) => at <= now)) {
          absorb(window, report, now);
          remember(memory, report, now);
        }
        onTheWay = onTheWay.filter(({ at }) => at > now);
        if (now % 50 !== 0) continue;
        const found = detect({ window, memory, placements, settings, patience, now });
        if (found.length > 0) turns.push({ afterMs: now - from, found });
        if (until(found)) break;
      }
      return turns;
    },
  };
}

function classOf(ms: number): number {
  const index = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return index === -1 ? LATENCY_BOUNDS_MS.length : index;
}
