/**
 * What the observations mean. Pure: the same window, placements, settings and `now` always give the same findings.
 * Rules run in this order, and each sees what the ones before it found.
 */
import type { Finding } from '../model/index.ts';
import { copyDown } from './copy-down.ts';
import { copyErring } from './copy-erring.ts';
import { observerSick } from './observer-sick.ts';
import type { DetectInput, FindingRule } from './rule.ts';
import { standbyLost } from './standby-lost.ts';
import { zoneDark } from './zone-dark.ts';
import { zoneErring } from './zone-erring.ts';

export { createMemory, forgetPresent, type Memory, remember } from './memory.ts';
export type { DetectInput } from './rule.ts';

export const RULES: readonly FindingRule[] = [observerSick, zoneDark, zoneErring, copyDown, copyErring, standbyLost];

export function detect(input: DetectInput): Finding[] {
  const found: Finding[] = [];
  for (const rule of RULES) found.push(...rule.detect(input, [...found]));
  return found;
}

/** The plain sentence of a finding. */
export function findingSentence(finding: Finding): string {
  const rule = RULES.find(({ code }) => code === finding.code);
  if (rule === undefined) throw new Error(`no rule for finding ${finding.code}`);
  return rule.sentence(finding);
}
