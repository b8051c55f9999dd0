/** How a site does, in one word, from its record and the incident that it is part of. Pure. */
import { type Placement, phaseOf } from '../model/index.ts';
import { type IncidentMarks, isInTrouble } from './marks.ts';
import type { SiteCondition } from './model.ts';

/** From the worst to the best. */
export const CONDITIONS: readonly SiteCondition[] = ['down', 'moving', 'maintenance', 'restoring', 'new', 'up'];

export interface ConditionInput {
  placement: Placement | undefined;
  /** The incident that its placement names, as far as it has been read. */
  incident: IncidentMarks | undefined;
  underMaintenance: boolean;
}

/** A move by plan keeps visitors waiting for less than a second: it is no condition. */
export function conditionOf({ placement, incident, underMaintenance }: ConditionInput): SiteCondition {
  if (placement === undefined) return 'new';
  const phase = phaseOf(placement);
  if (phase === 'new') return 'new';
  if (placement.incident !== null) {
    const marks = incident?.sites.get(placement.site);
    if (marks !== undefined && isInTrouble(marks)) return 'down';
    if (phase === 'promoting' || phase === 'opening') return 'moving';
  }
  if (underMaintenance) return 'maintenance';
  return placement.incident === null ? 'up' : 'restoring';
}
