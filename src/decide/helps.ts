/** Would it help? The place to go to must be up now, and what fails here must not fail there as well. */
import { type CopyReport, type Finding, RUSH_TIMES, type ZoneId } from '../model/index.ts';
import { findingsAbout, servesNobody } from './findings.ts';
import type { Objection, WantedMove } from './move.ts';
import { refuse } from './outcome.ts';
import { freshReport, type SiteView } from './world.ts';

/** Of the newest so many readiness checks, a second's worth, all must be good. */
const NEWEST_CHECKS = 4;
/** A disk that does not answer for so long there is in trouble, not busy. */
const DISK_STUCK_MS = 1_000;
/** A standby that takes as long as this for its readiness answer is slow itself, unless the live copy takes twice as long. */
const SLOW_MS = 300;

/** The zone to go to is heard and its database runs. */
export const standbyUnwell: Objection = ({ site, world, to, because }) => {
  const name = site.placement.site;
  if (!world.zones.get(to)?.heard) {
    const sentence = `${name} cannot move to zone ${to}: that zone is not answering either.`;
    return refuse(site, 'standby-unwell', sentence, because);
  }
  const state = freshReport(site, to)?.database.state ?? 'unknown';
  if (state === 'running') return null;
  const sentence = `${name} cannot move to zone ${to}: its database there is ${state}.`;
  return refuse(site, 'standby-unwell', sentence, because);
};

/**
 * The application there is ready and answers now, no finding speaks against that zone or copy, and a slow copy is not left for
 * another slow one. A dark zone is left all the same: there certainly nobody is served.
 */
export const wouldNotHelp: Objection = (move) => {
  const { site, to, because } = move;
  if (because?.code === 'zone-dark') return null;
  const why = foundThere(move) ?? cannotWrite(move) ?? notReady(move) ?? slowThere(move);
  if (why === null) return null;
  return refuse(site, 'would-not-help', `Moving ${site.placement.site} to zone ${to} would not help: ${why}.`, because);
};

/** What it has received but not applied it would have to apply first, while nobody is served. A dark zone is left all the same. */
export const standbyBehind: Objection = ({ site, because, to }) => {
  const behindMs = lagOf(site, to);
  const { mostLagMs } = site.spec.failover;
  if (because?.code === 'zone-dark' || behindMs <= mostLagMs) return null;
  const sentence = `${site.placement.site} does not move to zone ${to} yet: its copy there is ${Math.round(behindMs)} ms behind in what it has applied, and ${mostLagMs} ms is the most that its policy allows.`;
  return refuse(site, 'standby-behind', sentence, because);
};

/** 0 where it is not known. */
export function lagOf(site: SiteView, zone: ZoneId): number {
  return freshReport(site, zone)?.database.lag?.ms ?? 0;
}

function foundThere({ site, findings, to }: WantedMove): string | null {
  const found = findingsAbout(findings, site.placement.site, to).find(({ code }) => code !== 'standby-lost');
  return found === undefined ? null : `${found.code} holds there too (${found.evidence[0]?.saw ?? 'no evidence'})`;
}

/**
 * A standby whose disk takes nothing in acknowledges what it cannot apply: promoted, it would neither become writable nor be safe
 * from losing what it has only received.
 */
function cannotWrite({ site, to }: WantedMove): string | null {
  const disk = freshReport(site, to)?.database.disk ?? null;
  if (disk?.full) return 'its disk there is full';
  if (disk === null || disk.stuckForMs < DISK_STUCK_MS) return null;
  return `its disk there has not answered for ${Math.round(disk.stuckForMs)} ms`;
}

function notReady({ site, to }: WantedMove): string | null {
  const application = freshReport(site, to)?.application;
  const newest = application?.checks.slice(-NEWEST_CHECKS) ?? [];
  if (application?.state === 'ready' && newest.every((status) => status > 0 && status < 500)) return null;
  return `its application there is ${application?.state ?? 'unknown'} (newest checks: ${newest.join(', ') || 'none'})`;
}

function slowThere({ site, to, because }: WantedMove): string | null {
  if (because === null || !isSlow(because)) return null;
  const there = typicalMs(freshReport(site, to));
  const here = typicalMs(freshReport(site, site.placement.live));
  if (there === null || there < SLOW_MS || (here !== null && here >= 2 * there)) return null;
  const compared = here === null ? '' : `, here ${Math.round(here)} ms`;
  return `its readiness answers take ${Math.round(there)} ms there${compared}`;
}

/** Median of the newest readiness answers' times. */
function typicalMs(report: CopyReport | null): number | null {
  const newest = report?.application.tookMs.slice(-NEWEST_CHECKS).toSorted((one, other) => one - other) ?? [];
  return newest[Math.floor(newest.length / 2)] ?? null;
}

function isSlow({ code }: Finding): boolean {
  return code === 'zone-slow' || code === 'copy-slow';
}

/** What all zones share is not left behind by moving. */
export const troubleEverywhere: Objection = ({ site, findings, because }) => {
  const { everywhere } = findings;
  if (because === null || everywhere === null || servesNobody(because)) return null;
  const { site: name, live } = site.placement;
  const sentence = `${name} stays in zone ${live}: the same trouble is seen in other zones, and would be there too.`;
  return refuse(site, 'trouble-everywhere', sentence, because, [...because.evidence, ...everywhere.evidence]);
};

/** More visitors than usual are taken along. */
export const loadFollows: Objection = ({ site, because, to }) => {
  if (because === null || servesNobody(because)) return null;
  const { loadRatio } = because;
  if (loadRatio === null || loadRatio < RUSH_TIMES) return null;
  const sentence = `${site.placement.site} is asked for ${loadRatio.toFixed(1)} times as much as usual, and that would follow it to zone ${to}.`;
  return refuse(site, 'load-follows', sentence, because);
};
