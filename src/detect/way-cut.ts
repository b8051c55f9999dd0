/**
 * The way between a live copy and its standby is cut, while both are well and heard: commits wait for an acknowledgement that
 * cannot come. Both ends have to say so, and each has to reach somebody else: a zone that is losing everybody, one after the
 * other, is about to be dark, and its standby is then all there is to move to.
 */
import type { Evidence, Placement, ZoneId } from '../model/index.ts';
import { copyReport } from './copies.ts';
import type { DetectInput } from './rule.ts';
import { isSick, testimonies } from './witness.ts';

export interface CutWay {
  evidence: Evidence[];
  /** For how long neither end has heard the other's programs. */
  forMs: number;
}

const NONE: ReadonlyMap<string, CutWay> = new Map();

/** Ways between two zones that both ends find silent, for `downMs` at least; by `from to`, both directions. */
export function cutWays(input: DetectInput): ReadonlyMap<string, CutWay> {
  if (testimonies(input).length === 0) return NONE;
  const limitMs = Math.max(input.patience.silenceMs, input.patience.downMs);
  const silent = new Map<string, { evidence: Evidence; silentMs: number }>();
  for (const { heard, testimony } of testimonies(input)) {
    if (heard.report.kind !== 'agent') continue;
    if (testimony.length < 2 || isSick(testimony)) continue;
    for (const { observer, zone, silentMs, saw } of testimony) {
      if (silentMs < limitMs) continue;
      silent.set(wayOf(heard.report.zone, zone), { evidence: { observer, saw: `zone ${zone}: ${saw}` }, silentMs });
    }
  }
  const cut = new Map<string, CutWay>();
  for (const [way, one] of silent) {
    const [from, to] = way.split(' ') as [ZoneId, ZoneId];
    const other = silent.get(wayOf(to, from));
    if (other === undefined) continue;
    cut.set(way, { evidence: [one.evidence, other.evidence], forMs: Math.min(one.silentMs, other.silentMs) });
  }
  return cut;
}

export function wayOf(from: ZoneId, to: ZoneId): string {
  return `${from} ${to}`;
}

/** Nothing of the source has come through either, by the word of the standby's own database; and commits wait for it. */
export function waitsInVain({ site, live, standby, epoch }: Placement, input: DetectInput): boolean {
  if (standby === null) return false;
  const here = copyReport(input, site, live);
  const there = copyReport(input, site, standby);
  if (here === null || there === null || here.epoch !== epoch || there.epoch !== epoch) return false;
  if (here.database.waitsFor !== standby || there.database.follows !== live) return false;
  const heardAgoMs = there.database.heardAgoMs ?? Number.POSITIVE_INFINITY;
  return !there.database.ioRunning || heardAgoMs >= input.patience.downMs;
}
