/** Visitors' requests as one edge lives through them: answers, failures, retries on the standby, ejection, holding; and its counters. */
import type { Placement, TrafficWindow } from '../../src/model/index.ts';
import { type Cluster, type SimSite, ZONES } from './cluster.ts';
import { type Conditions, type CopyTrouble, roundTripLoss } from './conditions.ts';
import { classOf, latencyTable } from './latency.ts';
import { RETRANSMIT_MS } from './probing.ts';
import type { Chance } from './random.ts';
import { clumped, count, drawLatencies, emptyRow, showWaiting } from './rows.ts';

const EDGE_COUNT = 2;
/** Share of requests that are neither GET nor HEAD. */
const WRITES = 0.1;
/** Share of requests that need a new connection to the copy; the others find one that was kept alive. */
export const NEW_CONNECTIONS = 0.2;
const CONNECT_TIMEOUT_MS = 250;
const SUSPECT_AFTER_MS = 500;
const SUSPECT_WAITING = 3;
/** A request that fails by the site's own fault fails likewise on its standby, which runs the same code. */
const SAME_FAULT = 0.9;
/** How unevenly visitors come: standard deviation of the logarithm of each site's rate, anew each second. */
const UNEVEN = 0.2;

/** What visitors asked of a live copy in one stretch, before anything that the edge does about failures. */
export interface Asked {
  edge: number;
  site: number;
  zone: number;
  from: number;
  to: number;
  requests: number;
  /** Of those: answered 5xx. */
  serverErrors: number;
  /** `cut`: the way there is; `hangs`, `refuses`: the copy. Then none of them is answered. */
  answers: 'serves' | 'hangs' | 'refuses' | 'cut';
}

export interface Traffic {
  /** Lives through the time up to `to` under what held since the last call. */
  live(to: number, conditions: Conditions): void;
  /** The edge's counters since the last call. */
  take(now: number): TrafficWindow[];
}

interface Stream {
  /** Requests sent that nobody answers, and since when. */
  hung: number;
  hungSince: number;
  /** Writes kept at the edge until the copy may be asked again. */
  held: number;
  /** Writes that the live database keeps waiting because its standby cannot be reached. */
  blocked: number;
  blockedSince: number;
  ejectedUntil: number;
  probedAt: number;
  answeredAt: number[];
  mood: number;
  rows: (TrafficWindow | null)[];
}

export interface TrafficOptions {
  edge: number;
  cluster: Cluster;
  placements: ReadonlyMap<string, Placement>;
  chance: Chance;
  /** So many times the rates of the cluster: the hour of the day. */
  hour: number;
  start: number;
  onAsked?: ((asked: Asked) => void) | undefined;
}

/** What its parts know of one edge. */
interface EdgeState extends TrafficOptions {
  streams: Stream[];
}

export function createTraffic(options: TrafficOptions): Traffic {
  const { cluster, placements, chance, start } = options;
  const streams = cluster.sites.map(() => newStream(chance, start));
  const own: EdgeState = { ...options, streams };
  let livedTo = start;
  let moodsAt = start;

  return {
    live(to, conditions) {
      if (to <= livedTo) return;
      if (to - moodsAt > 1_000) {
        moodsAt = to;
        for (const stream of streams) stream.mood = Math.exp(UNEVEN * chance.normal());
      }
      // An edge that lost its own way still has visitors; only what it asks of the zones fails.
      for (let index = 0; index < streams.length; index += 1) liveSite(own, index, livedTo, to, conditions);
      livedTo = to;
    },
    take(now) {
      const taken: TrafficWindow[] = [];
      for (let index = 0; index < streams.length; index += 1) {
        const stream = streams[index]!;
        if (stream.hung + stream.blocked > 0) {
          const live = ZONES.indexOf(placements.get(cluster.sites[index]!.site)!.live);
          showWaiting(rowOf(own, index, live), stream, now);
        }
        const { rows, answeredAt } = stream;
        for (let zone = 0; zone < rows.length; zone += 1) {
          const row = rows[zone] ?? null;
          if (row === null) continue;
          row.answeredAgoMs = Math.max(0, Math.round(now - answeredAt[zone]!));
          taken.push(row);
          rows[zone] = null;
        }
      }
      return taken;
    },
  };
}

interface Visit {
  index: number;
  site: SimSite;
  stream: Stream;
  from: number;
  to: number;
  live: number;
  /** -1: none that may be asked. */
  standby: number;
  trouble: CopyTrouble;
  loss: number;
  blocked: boolean;
  conditions: Conditions;
}

function rowOf(own: EdgeState, index: number, zone: number): TrafficWindow {
  const stream = own.streams[index]!;
  const row = stream.rows[zone] ?? emptyRow(own.cluster.sites[index]!.site, ZONES[zone]!);
  stream.rows[zone] = row;
  return row;
}

function liveSite(own: EdgeState, index: number, from: number, to: number, conditions: Conditions): void {
  const site = own.cluster.sites[index]!;
  const stream = own.streams[index]!;
  const mean = (site.rate * own.hour * conditions.load[index]! * stream.mood * (to - from)) / 1_000 / EDGE_COUNT;
  const requests = own.chance.poisson(mean);
  if (requests === 0 && stream.hung === 0 && stream.held === 0 && stream.blocked === 0) return;
  const placement = own.placements.get(site.site)!;
  const live = ZONES.indexOf(placement.live);
  const standby = placement.standby === null || !placement.inSync ? -1 : ZONES.indexOf(placement.standby);
  const trouble = conditions.copies[index]![live]!;
  const loss = roundTripLoss(conditions, 3 + own.edge, live);
  const answers = loss === 1 ? 'cut' : conditions.zoneDead[live] ? 'refuses' : trouble.up;
  const blocked = standby >= 0 && roundTripLoss(conditions, live, standby) === 1;
  const visit: Visit = { index, site, stream, from, to, live, standby, trouble, loss, blocked, conditions };
  const serverErrors = answers === 'serves' ? serve(own, visit, requests) : 0;
  if (answers !== 'serves') leaveUnanswered(own, visit, requests, answers);
  own.onAsked?.({ edge: own.edge, site: index, zone: live, from, to, requests, serverErrors, answers });
}

/** Answers 5xx among those of `requests` that nothing kept from being asked. */
function serve(own: EdgeState, visit: Visit, requests: number): number {
  const { index, stream, to, live, blocked } = visit;
  const row = rowOf(own, index, live);
  if (stream.hung > 0) {
    count(row, stream.hung, classOf(to - stream.hungSince));
    row.answered += stream.hung;
    stream.hung = 0;
    stream.ejectedUntil = 0;
  }
  if (!blocked && stream.blocked > 0) {
    count(row, stream.blocked, classOf(to - stream.blockedSince));
    row.answered += stream.blocked;
    stream.blocked = 0;
  }
  if (to < stream.ejectedUntil) {
    const writes = own.chance.binomial(requests, WRITES);
    stream.held += writes;
    askStandby(own, visit, requests - writes, 0, 0);
    return 0;
  }
  let asked = requests + stream.held;
  stream.held = 0;
  row.attempts += asked;
  if (blocked) {
    const writes = own.chance.binomial(asked, WRITES);
    if (stream.blocked === 0 && writes > 0) stream.blockedSince = to;
    stream.blocked += writes;
    asked -= writes;
  }
  asked -= loseConnections(own, visit, row, asked);
  return answer(own, visit, row, asked);
}

/** New connections that fail on a lossy way; the first of them ejects the copy until a probe gets through. */
function loseConnections(own: EdgeState, visit: Visit, row: TrafficWindow, asked: number): number {
  const { loss, stream, to } = visit;
  if (loss === 0) return 0;
  const failed = own.chance.binomial(own.chance.binomial(asked, NEW_CONNECTIONS), loss);
  if (failed === 0) return 0;
  row.timeouts += failed;
  stream.ejectedUntil = to + 100 * (1 + Math.floor(own.chance.exponential(1 / (1 - loss))));
  askStandby(own, visit, own.chance.binomial(failed, 1 - WRITES), 0, 0);
  return failed;
}

function answer(own: EdgeState, visit: Visit, row: TrafficWindow, asked: number): number {
  if (asked <= 0) return 0;
  const { site, stream, trouble, loss, live, to } = visit;
  const usual = Math.min(asked, clumped(own.chance, asked * site.errors, site.clump));
  const added = own.chance.binomial(asked - usual, trouble.errors);
  row.answered += asked - usual - added;
  row.serverErrors += usual + added;
  stream.answeredAt[live] = to;
  let prompt = asked;
  if (loss > 0) {
    const late = own.chance.binomial(asked, loss);
    prompt -= late;
    count(row, late, classOf(RETRANSMIT_MS + site.medianMs));
  }
  drawLatencies(own.chance, row, prompt, latencyTable(site.medianMs * trouble.slow, site.sigma));
  row.waiting = own.chance.poisson((asked * site.medianMs * trouble.slow) / Math.max(1, to - visit.from));
  row.oldestWaitingMs = row.waiting > 0 ? Math.round(1.5 * site.medianMs * trouble.slow) : 0;
  if (usual + added > 0) retry(own, visit, usual, added);
  return usual + added;
}

/** The edge asks the standby once for every GET and HEAD that was answered with a 5xx. */
function retry(own: EdgeState, visit: Visit, usual: number, added: number): void {
  if (visit.standby < 0) return;
  const there = visit.conditions.copies[visit.index]![visit.standby]!;
  const both = visit.trouble.errors > 0 ? Math.min(1, there.errors / visit.trouble.errors) : 0;
  const shared = there.fails === 'by-request' ? both : there.errors;
  const ofUsual = own.chance.binomial(usual, 1 - WRITES);
  const ofAdded = own.chance.binomial(added, 1 - WRITES);
  const failing = own.chance.binomial(ofUsual, SAME_FAULT) + own.chance.binomial(ofAdded, shared);
  askStandby(own, visit, ofUsual + ofAdded, failing, 1);
}

/** `failing`: so many of these are known to fail there too; the others fail as the site's requests do (`retried` 0). */
function askStandby(own: EdgeState, visit: Visit, requests: number, failing: number, retried: 0 | 1): void {
  const { standby, conditions, index, site, to, stream } = visit;
  if (standby < 0 || requests <= 0) return;
  const loss = roundTripLoss(conditions, 3 + own.edge, standby);
  const there = conditions.copies[index]![standby]!;
  const row = rowOf(own, index, standby);
  row.attempts += requests;
  if (loss === 1) row.timeouts += requests;
  else if (there.up === 'refuses' || conditions.zoneDead[standby]) row.connectErrors += requests;
  else if (there.up === 'hangs') row.timeouts += requests;
  else {
    const bad = failing + (retried ? 0 : own.chance.binomial(requests, Math.min(1, site.errors + there.errors)));
    row.serverErrors += Math.min(bad, requests);
    row.answered += requests - Math.min(bad, requests);
    stream.answeredAt[standby] = to;
    drawLatencies(own.chance, row, requests, latencyTable(site.medianMs * there.slow, site.sigma));
  }
}

function leaveUnanswered(own: EdgeState, visit: Visit, requests: number, answers: 'cut' | 'hangs' | 'refuses'): void {
  const { index, stream, live, from, to } = visit;
  const row = rowOf(own, index, live);
  if (stream.hung === 0 && to >= stream.ejectedUntil) stream.hungSince = from;
  const shunned =
    to < stream.ejectedUntil ||
    (answers === 'hangs' && stream.hung >= SUSPECT_WAITING && to - stream.hungSince > SUSPECT_AFTER_MS);
  if (shunned) {
    probeCopy(stream, row, to, answers);
    const writes = own.chance.binomial(requests, WRITES);
    stream.held += writes;
    askStandby(own, visit, requests - writes, 0, 0);
    return;
  }
  row.attempts += requests + stream.held;
  const sent = requests + stream.held;
  stream.held = 0;
  if (answers === 'refuses') {
    row.connectErrors += sent + stream.hung;
    stream.hung = 0;
    stream.ejectedUntil = to + 1_000;
    askStandby(own, visit, own.chance.binomial(sent, 1 - WRITES), 0, 0);
    return;
  }
  stream.hung += sent;
  if (answers === 'hangs' || to - stream.hungSince < CONNECT_TIMEOUT_MS) return;
  const connecting = own.chance.binomial(stream.hung, NEW_CONNECTIONS);
  stream.hung -= connecting;
  row.timeouts += connecting;
  stream.ejectedUntil = to + 1_000;
  askStandby(own, visit, own.chance.binomial(connecting, 1 - WRITES), 0, 0);
}

/** The edge's own question to a copy that somebody wants, ten times a second; its failure renews the ejection. */
function probeCopy(stream: Stream, row: TrafficWindow, to: number, answers: 'cut' | 'hangs' | 'refuses'): void {
  const everyMs = answers === 'hangs' ? 250 : 100;
  if (to - stream.probedAt < everyMs) return;
  stream.probedAt = to;
  row.attempts += 1;
  if (answers === 'refuses') row.connectErrors += 1;
  else row.timeouts += 1;
  stream.ejectedUntil = to + 1_000;
}

function newStream(chance: Chance, start: number): Stream {
  return {
    hung: 0,
    hungSince: start,
    held: 0,
    blocked: 0,
    blockedSince: start,
    ejectedUntil: 0,
    probedAt: start,
    answeredAt: [start, start, start],
    mood: Math.exp(UNEVEN * chance.normal()),
    rows: [null, null, null],
  };
}
