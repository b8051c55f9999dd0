/** What each observer says about each zone: answering, silent, or nothing that counts because the observer itself is sick. */
import { type Heard, type MonoMs, observerOf, type Report, type ZoneId, type ZoneProbe } from '../model/index.ts';
import { type DetectInput, FRESH_MS, oncePerTurn } from './rule.ts';

export interface Testimony {
  observer: string;
  /** Where the observer stands; two observers in one place count once. */
  place: string;
  zone: ZoneId;
  says: 'answering' | 'silent';
  silentMs: number;
  /** From how much silence on this observer says `silent`. */
  limitMs: number;
  /** Connections are refused: the program is known to be gone. */
  refused: boolean;
  saw: string;
}

/** Observers whose newest report is fresh. */
export function freshReports({ window, now }: DetectInput): Heard<Report>[] {
  const all: Heard<Report>[] = [...window.agents.values(), ...window.edges.values()];
  return all.filter((heard) => now - heard.receivedAt <= FRESH_MS);
}

/** Milliseconds without any answer from the probed zone, as of `now`. */
function silenceOf(probe: ZoneProbe, heard: Heard<Report>, now: MonoMs): number {
  const before = probe.answeredAgoMs ?? heard.receivedAt - heard.firstReceivedAt;
  return before + (now - heard.receivedAt);
}

function testify(probe: ZoneProbe, heard: Heard<Report>, input: DetectInput): Testimony {
  const silentMs = Math.round(silenceOf(probe, heard, input.now));
  const refused = probe.failure === 'refused' || probe.failure === 'reset';
  const limitMs = refused ? input.patience.refusedMs : input.patience.silenceMs;
  const silent = silentMs >= limitMs;
  return {
    observer: observerOf(heard.report),
    place: heard.report.kind === 'agent' ? `zone ${heard.report.zone}` : `edge ${heard.report.edge}`,
    zone: probe.zone,
    says: silent ? 'silent' : 'answering',
    silentMs,
    limitMs,
    refused,
    saw: silent ? `no answer for ${silentMs} ms (${probe.failure ?? 'nothing heard'})` : `answered ${silentMs} ms ago`,
  };
}

/** Everything that one observer says about the zones that it is not part of. */
export function testimonyOf(heard: Heard<Report>, input: DetectInput): Testimony[] {
  const own = heard.report.kind === 'agent' ? heard.report.zone : null;
  return heard.report.probes.filter((probe) => probe.zone !== own).map((probe) => testify(probe, heard, input));
}

/** What each fresh observer says. Nearly always nobody is silent to anybody: then nothing is said, and nothing put into words. */
export const testimonies = oncePerTurn((input): { heard: Heard<Report>; testimony: Testimony[] }[] =>
  isAnybodySilent(input) ? freshReports(input).map((heard) => ({ heard, testimony: testimonyOf(heard, input) })) : [],
);

/** Is there any probe that could say `silent`? */
function isAnybodySilent({ window, patience, now }: DetectInput): boolean {
  const limitMs = Math.min(patience.refusedMs, patience.silenceMs);
  for (const heard of window.agents.values()) if (findsSilent(heard, heard.report.zone, limitMs, now)) return true;
  for (const heard of window.edges.values()) if (findsSilent(heard, null, limitMs, now)) return true;
  return false;
}

function findsSilent(heard: Heard<Report>, own: ZoneId | null, limitMs: number, now: MonoMs): boolean {
  if (now - heard.receivedAt > FRESH_MS) return false;
  for (const probe of heard.report.probes)
    if (probe.zone !== own && Math.round(silenceOf(probe, heard, now)) >= limitMs) return true;
  return false;
}

/** An observer that sees everything failing counts itself out: it is the likelier culprit. */
export function isSick(testimony: Testimony[]): boolean {
  return testimony.length > 1 && testimony.every(({ says }) => says === 'silent');
}
