/** An incident's chain as a reader follows it: its marks on a line, and a subject in words. Pure. */
import type { Incident, IncidentEntry, UpdateState } from '../data/shapes.ts';
import { capital, type Word } from './states.ts';

export interface Mark {
  name: string;
  /** Milliseconds after the incident began; null: not reached. */
  afterMs: number | null;
}

type Test = (entry: IncidentEntry) => boolean;

const decision = (...codes: string[]): Test => {
  const known = new Set(codes);
  return ({ kind, code }) => kind === 'decision' && known.has(code);
};

/** Of a failover; with many sites each mark is when the last of them reached it. */
const FAILOVER: [string, Test, 'first' | 'last'][] = [
  ['noticed', ({ kind }) => kind === 'finding', 'first'],
  ['decided', decision('failover', 'accept-loss', 'give-up-standby'), 'first'],
  ['moved', decision('record-promotion'), 'last'],
  ['serving', decision('record-open'), 'last'],
  ['protected', ({ kind, code }) => kind === 'result' && code === 'record-in-sync', 'last'],
];

const PLANNED: [string, Test, 'first' | 'last'][] = [
  ['asked', decision('order', 'begin-drill'), 'first'],
  ['held', decision('hand-over'), 'first'],
  ['moved', decision('switchover', 'record-promotion'), 'last'],
  ['serving', decision('record-open'), 'last'],
  ['protected', ({ kind, code }) => kind === 'result' && code === 'record-in-sync', 'last'],
];

/** What was reached, in the order of the story; what an incident never comes to once it is over is left out. */
export function marksOf({ openedAt, closedAt, entries }: Incident): Mark[] {
  const planned = entries.some(decision('order', 'begin-drill'));
  return (planned ? PLANNED : FAILOVER)
    .map(([name, test, which]) => {
      const found = which === 'first' ? entries.find(test) : entries.findLast(test);
      return { name, afterMs: found === undefined ? null : Math.max(0, found.at - openedAt) };
    })
    .filter(({ afterMs }) => afterMs !== null || closedAt === null);
}

const SUBJECTS: Record<string, (of: string[]) => string> = {
  'zone-dark': ([zone]) => `Zone ${zone} went dark`,
  'zone-erring': ([zone]) => `Zone ${zone} answered with errors`,
  'zone-slow': ([zone]) => `Zone ${zone} was slow`,
  'copy-down': ([zone, site]) => `${site} was down in zone ${zone}`,
  'copy-erring': ([zone, site]) => `${site} answered with errors in zone ${zone}`,
  'copy-slow': ([zone, site]) => `${site} was slow in zone ${zone}`,
  'copy-stuck': ([zone, site]) => `${site} was stuck in zone ${zone}`,
  'standby-lost': ([zone, site]) =>
    site === undefined ? `Standby lost in zone ${zone}` : `${site} lost its standby in zone ${zone}`,
  'trouble-everywhere': () => 'Trouble in all zones',
  move: ([site]) => `Planned move of ${site}`,
  drill: ([site]) => `Drill of ${site}`,
  evacuate: ([zone]) => `Zone ${zone} evacuated`,
  return: ([zone]) => `Zone ${zone} given back`,
  'observer-sick': ([observer]) => `${observer} cannot see well`,
};

/** `zone-dark:a` → `Zone a went dark`; what is not known is shown as it is. */
export function subjectWords(subject: string): string {
  const [code = '', ...of] = subject.split(':');
  const words = SUBJECTS[code];
  return words === undefined || (of.length === 0 && code !== 'trouble-everywhere') ? capital(subject) : words(of);
}

/** Records of planned moves and drills are read like incidents, and are none. */
export function isPlanned(subject: string): boolean {
  return /^(?:move|evacuate|return|drill):/.test(subject);
}

/** What a person wrote into it. */
export interface Written {
  at: number;
  by: string;
  state: UpdateState;
  text: string;
  public: boolean;
}

/** Newest first. */
export function writtenIn({ entries }: Incident): Written[] {
  return entries
    .flatMap(({ at, by, code, sentence, update }) =>
      code === 'update' && update !== undefined
        ? [{ ...update, at, by: by.replace(/^person:/, ''), text: sentence }]
        : [],
    )
    .toReversed();
}

/** Of an incident, by people's word. */
export const UPDATE_WORDS: Record<UpdateState, Word> = {
  investigating: { word: 'investigating', tone: 'bad' },
  identified: { word: 'identified', tone: 'warn' },
  monitoring: { word: 'monitoring', tone: 'busy' },
  resolved: { word: 'resolved', tone: 'good' },
};
