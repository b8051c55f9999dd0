/** I8: what is refused is refused by a documented name, in a sentence, with evidence, and stands in an incident. */
import { readFileSync } from 'node:fs';
import type { ZoneId } from '../../src/model/index.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { type Breach, during, type EventOf, eventsOf, faultsOf, seconds } from './history.ts';
import { isConfinedTo, serious, ZONES } from './reach.ts';

/** A refusal that stood for so long must be on record; shorter ones may have been overtaken. */
const RECORD_WITHIN_MS = 4_000;
/** A store or network that was in trouble so long before may still be catching up. */
const AFTER_MS = 3_000;

const DOCUMENTED = documentedRefusals();

export const refusalsAreRecorded: Checker = {
  name: 'I8',
  says: 'every refusal has a documented code, a sentence and evidence, and is recorded in an incident',
  check: (run) => eventsOf(run, 'refusal').flatMap((refusal) => [...formOf(refusal), ...recordOf(run, refusal)]),
};

function formOf({ at, by, refusal, because }: EventOf<'refusal'>): Breach[] {
  const wrong: string[] = [];
  if (!DOCUMENTED.has(refusal.code)) wrong.push('its code is not in docs/reference/codes.md');
  if (refusal.sentence.trim() === '') wrong.push('it has no sentence');
  if (because !== null && refusal.evidence.length === 0) wrong.push('it has no evidence');
  return wrong.map((what) => ({ at, breach: `${by} refused ${refusal.code} for ${refusal.site}: ${what}` }));
}

function recordOf(run: SimRun, { at, by, refusal, because, epoch }: EventOf<'refusal'>): Breach[] {
  // Waiting by itself opens no incident, and what answers no finding belongs to none.
  if (because === null || refusal.code === 'waiting-it-out') return [];
  const { site, code } = refusal;
  const over = eventsOf(run, 'refusal-over').find(
    (event) => event.at >= at && event.by === by && event.site === site && event.code === code && event.epoch === epoch,
  );
  const due = at + RECORD_WITHIN_MS;
  if ((over?.at ?? run.endedAt) < due || !couldWrite(run, by.replace('controller:', ''), at, due)) return [];
  const key = `refusal-${site}-${code}-${epoch}`;
  if (eventsOf(run, 'incident').some((event) => event.key === key && event.at <= due)) return [];
  return [
    {
      at: due,
      breach: `${by} refused ${code} for ${site} (epoch ${epoch}) since ${seconds(at)}, and no incident says so`,
    },
  ];
}

/** Nothing but one other zone's trouble is between that controller and the store's majority. */
function couldWrite(run: SimRun, zone: ZoneId, from: SimMs, to: SimMs): boolean {
  const faults = during(serious(faultsOf(run)), from - AFTER_MS, to);
  return ZONES.some((other) => other !== zone && faults.every(({ fault }) => isConfinedTo(other, fault)));
}

function documentedRefusals(): Set<string> {
  const page = readFileSync(new URL('../../docs/reference/codes.md', import.meta.url), 'utf8');
  const section = page.split('## ').find((part) => part.startsWith('Refusals')) ?? '';
  return new Set([...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]!));
}
