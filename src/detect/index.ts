/**
 * What the observations mean. Pure: the same window, placements, settings and `now` always give the same findings.
 * Rules run in this order, and each sees what the ones before it found.
 */
import type { Finding } from '../model/index.ts';
import { unwellCopies } from './copies.ts';
import { copyDown } from './copy-down.ts';
import { copyErring } from './copy-erring.ts';
import { copySlow } from './copy-slow.ts';
import { copyStuck } from './copy-stuck.ts';
import { calibrate, knowPlacements } from './memory/memory.ts';
import { observerSick } from './observer-sick.ts';
import type { DetectInput, FindingRule } from './rule.ts';
import { standbyLost } from './standby-lost.ts';
import { troubleEverywhere } from './trouble-everywhere.ts';
import { testimonies } from './witness.ts';
import { zoneDark } from './zone-dark.ts';
import { zoneErring } from './zone-erring.ts';
import { zoneSlow } from './zone-slow.ts';

export { isSuspect } from './copy-trouble.ts';
export { createMemory, forgetPresent, type Memory, remember } from './memory/memory.ts';
export { isPuzzling, takeForUsual, type Usual, usualOf } from './memory/usual.ts';
export type { DetectInput } from './rule.ts';

export const RULES: readonly FindingRule[] = [
  observerSick,
  zoneDark,
  troubleEverywhere,
  zoneErring,
  zoneSlow,
  copyDown,
  copyStuck,
  copyErring,
  copySlow,
  standbyLost,
];

export function detect(given: DetectInput): Finding[] {
  // An input of this call's own: what is worked out once per turn belongs to no other.
  const input = { ...given };
  const { memory, window, placements, settings } = input;
  calibrate(memory, settings, { sites: placements.length, edges: window.edges.size, zones: window.agents.size });
  knowPlacements(memory, placements);
  if (nothingToFind(input)) return [];
  let found: Finding[] = [];
  for (const rule of RULES) {
    const more = rule.detect(input, found);
    if (more.length > 0) found = [...found, ...more];
  }
  return found;
}

/**
 * Every rule begins with an observer to whom somebody is silent, a copy that is unwell by its own agent's word, or a run of visitors'
 * failures. On an ordinary day most turns have none of them, and end here.
 */
function nothingToFind(input: DetectInput): boolean {
  for (const { running, troubled } of input.memory.zones.values())
    if (running !== 0 || troubled.length > 0) return false;
  return testimonies(input).length === 0 && unwellCopies(input).length === 0;
}

/** The plain sentence of a finding. */
export function findingSentence(finding: Finding): string {
  const rule = RULES.find(({ code }) => code === finding.code);
  if (rule === undefined) throw new Error(`no rule for finding ${finding.code}`);
  return rule.sentence(finding);
}
