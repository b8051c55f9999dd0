/** What states are called and how grave they are. A tone is never shown without its word. */
import type { ApplicationState, DatabaseState } from '../../model/observation.ts';
import type { CopyStatus, IncidentOutline, ObserverSight, SiteStatus, ZoneStatus } from '../data/shapes.ts';
import { count, counted, duration } from './numbers.ts';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

export interface Word {
  word: string;
  tone: Tone;
}

export const ZONE_WORDS: Record<ZoneStatus['state'], Word> = {
  healthy: { word: 'healthy', tone: 'good' },
  dark: { word: 'dark', tone: 'bad' },
  erring: { word: 'erring', tone: 'bad' },
  unknown: { word: 'not known yet', tone: 'quiet' },
};

/** What one observer sees of a zone. */
export function sightWord({ answeredAgoMs, failure, rttMs }: ObserverSight): Word {
  const why = failure === null ? '' : ` (${failure.replace('-', ' ')})`;
  if (answeredAgoMs === null)
    return {
      word: failure === null ? 'no answer yet' : `never an answer${why}`,
      tone: failure === null ? 'quiet' : 'bad',
    };
  if (failure !== null) return { word: `no answer for ${duration(answeredAgoMs)}${why}`, tone: 'bad' };
  return {
    word: rttMs === null ? 'hears it' : `hears it, ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)}\u00a0ms`,
    tone: 'good',
  };
}

const PHASE_WORDS: Record<SiteStatus['phase'], Word> = {
  new: { word: 'being created', tone: 'busy' },
  promoting: { word: 'moving now', tone: 'bad' },
  opening: { word: 'opening', tone: 'bad' },
  single: { word: 'exposed', tone: 'warn' },
  growing: { word: 'exposed, becoming protected', tone: 'warn' },
  'handing-over': { word: 'handing over', tone: 'busy' },
  protected: { word: 'protected', tone: 'good' },
};

export function siteWord({ phase, refusal }: Pick<SiteStatus, 'phase' | 'refusal'>): Word {
  const word = PHASE_WORDS[phase];
  return refusal !== null && word.tone !== 'bad' ? { word: `${word.word}, in trouble`, tone: 'bad' } : word;
}

export const ROLE_WORDS: Record<CopyStatus['role'], string> = {
  live: 'live',
  standby: 'standby',
  spare: 'spare',
  none: 'no copy',
};

export const DATABASE_WORDS: Record<DatabaseState | 'unknown', Word> = {
  absent: { word: 'none', tone: 'quiet' },
  building: { word: 'being built', tone: 'busy' },
  starting: { word: 'starting', tone: 'busy' },
  running: { word: 'running', tone: 'good' },
  down: { word: 'down', tone: 'bad' },
  'setting-aside': { word: 'being set aside', tone: 'warn' },
  unknown: { word: 'not heard', tone: 'warn' },
};

export const APPLICATION_WORDS: Record<ApplicationState | 'unknown', Word> = {
  stopped: { word: 'stopped', tone: 'quiet' },
  starting: { word: 'starting', tone: 'busy' },
  ready: { word: 'ready', tone: 'good' },
  failing: { word: 'failing', tone: 'bad' },
  unknown: { word: 'not heard', tone: 'warn' },
};

export const OUTCOME_WORDS: Record<'passed' | 'failed' | 'stopped', Word> = {
  passed: { word: 'passed', tone: 'good' },
  failed: { word: 'failed', tone: 'bad' },
  stopped: { word: 'stopped', tone: 'warn' },
};

export const FAULT_WORDS: Record<string, string> = {
  move: 'planned move',
  'kill-database': 'database killed',
  'freeze-database': 'database frozen',
  'kill-application': 'application killed',
  'freeze-application': 'application frozen',
};

/** The one sentence on top of the wall. */
export function summary(zones: ZoneStatus[], counts: { all: number; exposed: number }, open: IncidentOutline[]): Word {
  const ill = zones.filter(({ state }) => state === 'dark' || state === 'erring');
  const places = ill.map(({ zone, state }) => `zone ${zone} is ${state}`).join(' and ');
  const { all, exposed } = counts;
  const sites = all === 0 ? 'There are no sites yet' : exposed === 0 ? allProtected(all) : someExposed(all, exposed);
  if (ill.length > 0) return { word: `${capital(places)}. ${sites}.`, tone: 'bad' };
  if (exposed > 0) return { word: `${sites}.`, tone: 'warn' };
  if (open.length > 0) return { word: `${sites}, and ${counted(open.length, 'incident')} open.`, tone: 'warn' };
  return { word: `${sites}.`, tone: all === 0 ? 'quiet' : 'good' };
}

function allProtected(all: number): string {
  return all === 1 ? 'The site is protected' : `All ${count(all)} sites are protected`;
}

function someExposed(all: number, exposed: number): string {
  if (all === 1) return 'The site is exposed';
  return exposed === all
    ? `All ${count(all)} sites are exposed`
    : `${count(exposed)} of ${count(all)} sites ${exposed === 1 ? 'is' : 'are'} exposed`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
