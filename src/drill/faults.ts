/** The faults of a drill: how each is brought about on the local platform, and how it is undone. */

import { Trouble } from '../cli/trouble.ts';
import {
  breakApplication,
  cutZone,
  freezeZone,
  hangApplication,
  healZone,
  killDatabase,
  killZone,
  mendApplication,
  resumeApplication,
} from '../local/faults.ts';
import type { Instance } from '../local/instance.ts';
import type { SiteId, ZoneId } from '../model/index.ts';
import type { Fault } from './judge.ts';

interface FaultVerb {
  sentence: (zone: ZoneId) => string;
  inject(instance: Instance, zone: ZoneId, site: SiteId): Promise<void>;
  undo(instance: Instance, zone: ZoneId, site: SiteId): Promise<void>;
  /** It hits the standby's zone instead of the live one. */
  ofStandby: boolean;
}

const heal = (instance: Instance, zone: ZoneId) => healZone(instance, zone);

export const FAULT_VERBS: Record<Fault, FaultVerb> = {
  kill: {
    sentence: (zone) => `every process of zone ${zone} is killed`,
    inject: killZone,
    undo: heal,
    ofStandby: false,
  },
  freeze: { sentence: (zone) => `zone ${zone} stands still`, inject: freezeZone, undo: heal, ofStandby: false },
  cut: { sentence: (zone) => `zone ${zone} is cut off in silence`, inject: cutZone, undo: heal, ofStandby: false },
  'standby-kill': {
    sentence: (zone) => `every process of the standby's zone ${zone} is killed`,
    inject: killZone,
    undo: heal,
    ofStandby: true,
  },
  'db-kill': {
    sentence: (zone) => `the database in zone ${zone} is killed`,
    inject: async (instance, zone, site) => atLeastOne(killDatabase(instance, zone, site), 'database', zone),
    undo: async () => {},
    ofStandby: false,
  },
  errors: {
    sentence: (zone) => `the application in zone ${zone} answers half of its requests with 500`,
    inject: async (instance, zone, site) => breakApplication(instance, zone, site),
    undo: async (instance, zone, site) => mendApplication(instance, zone, site),
    ofStandby: false,
  },
  hang: {
    sentence: (zone) => `the application in zone ${zone} accepts and never answers`,
    inject: async (instance, zone, site) => atLeastOne(hangApplication(instance, zone, site), 'application', zone),
    undo: async (instance, zone, site) => {
      resumeApplication(instance, zone, site);
    },
    ofStandby: false,
  },
};

function atLeastOne(count: number, what: string, zone: ZoneId): void {
  if (count === 0) throw new Trouble(`No process of the ${what} was found in zone ${zone}: nothing was injected.`);
}
