/** One run as a time line: who did what when, faults and breaches marked; visitors only in sums. */
import type { Paint } from '../../src/cli/screens/paint.ts';
import { table, wrap } from '../../src/cli/screens/words.ts';
import { phaseOf } from '../../src/model/index.ts';
import type { Broken } from '../checkers/index.ts';
import { faultWords } from '../faults/words.ts';
import type { SimEvent, SimRun } from '../trace.ts';

interface Line {
  at: number;
  kind: string;
  who: string;
  what: string;
}

/** Failures of visitors that follow each other within this are told in one line. */
const TOGETHER_MS = 1_000;

export function timeLine(run: SimRun, broken: Broken[], width: number, paint: Paint): string {
  const breaches = broken.map(({ at, checker, breach }) => ({ at, kind: 'BROKEN', who: checker, what: breach }));
  const lines = [...run.events.flatMap(lineOf), ...failuresOf(run), ...breaches].sort((x, y) => x.at - y.at);
  const whoWidth = Math.max(0, ...lines.map(({ who }) => who.length));
  const indent = 12 + 2 + 10 + 2 + whoWidth + 2;
  const room = Math.max(40, width - indent);
  return table(
    lines.map(({ at, kind, who, what }) => [
      `${(at / 1_000).toFixed(3)} s`.padStart(12),
      colourOf(kind, paint)(kind.padEnd(10)),
      paint.dim(who.padEnd(whoWidth)),
      wrap(what, room, ' '.repeat(indent)),
    ]),
  );
}

function colourOf(kind: string, paint: Paint): (text: string) => string {
  if (kind === 'BROKEN') return (text) => paint.bold(paint.red(text));
  if (kind === 'fault' || kind === 'healed' || kind === 'calm') return paint.magenta;
  if (kind === 'commit') return paint.cyan;
  if (kind === 'finding') return paint.yellow;
  return kind === 'refused' ? paint.red : (text) => text;
}

/** What one event is to a reader; nothing for what comes by the thousand. */
function lineOf(event: SimEvent): Line[] {
  const line = (kind: string, who: string, what: string): Line[] => [{ at: event.at, kind, who, what }];
  switch (event.kind) {
    case 'fault':
      return line(
        'fault',
        `${event.id + 1}`,
        `${faultWords(event.fault)}${event.detail === '' ? '' : ` (${event.detail})`}`,
      );
    case 'heal':
      return line('healed', `${event.id + 1}`, `${event.verb} of ${event.target} is over`);
    case 'calm':
      return line('calm', '', 'all is healed');
    case 'commit': {
      const { placement, because } = event;
      const standby =
        placement.standby === null ? 'no standby' : `standby ${placement.standby}${placement.inSync ? ' in sync' : ''}`;
      const spares = placement.spares.length === 0 ? '' : `, spare ${placement.spares.join(', ')}`;
      const why = because === null ? '' : `, because of ${because.code}`;
      const going = placement.order === null ? '' : `, on its way to ${placement.order.to} (${placement.order.kind})`;
      const what = `${placement.site} epoch ${placement.epoch} ${placement.decision}${why}: ${phaseOf(placement)}, live ${placement.live}, ${standby}${spares}${going}`;
      return line('commit', event.by, what);
    }
    case 'asked': {
      const { want, of, about, status, outcome } = event;
      const done = status === 200 ? '' : ` (${status})`;
      return line('asked', of, `${want.want} ${about}${'to' in want ? ` to zone ${want.to}` : ''}: ${outcome}${done}`);
    }
    case 'evacuated':
      return line('zone', event.zone, event.evacuated ? 'every site is to leave it' : 'is in use again');
    case 'held':
      return line('held', event.edge, `held ${event.site} for ${Math.round(event.forMs)} ms (epoch ${event.epoch})`);
    case 'refusal':
      return line('refused', event.by, `${event.refusal.code}: ${event.refusal.sentence}`);
    case 'refusal-over':
      return line('', event.by, `no longer refuses ${event.code} for ${event.site} (epoch ${event.epoch})`);
    case 'finding': {
      const { code, zone, site, observer, evidence, forMs } = event.finding;
      const about = [zone === null ? null : `zone ${zone}`, site, observer].filter((part) => part !== null).join(', ');
      const saw = evidence.map((one) => `${one.observer}: ${one.saw}`).join('; ');
      return line('finding', event.by, `${code} ${about} for ${Math.round(forMs)} ms (${saw})`);
    }
    case 'forgot':
      return line('forgot', event.by, `had not run for ${Math.round(event.stalledMs)} ms`);
    case 'route':
      return line('route', event.edge, `${event.site} goes to zone ${event.live} by epoch ${event.epoch}`);
    case 'can-acknowledge':
      return line(
        'database',
        `zone ${event.zone}`,
        `${event.site} can${event.can ? '' : 'not'} acknowledge writes (${event.why})`,
      );
    case 'promoted':
      return line(
        'database',
        `zone ${event.zone}`,
        `${event.site} is writable under epoch ${event.epoch}, from ${event.position || 'nothing'}`,
      );
    case 'stopped-short':
      return line(
        'database',
        `zone ${event.zone}`,
        `${event.site} does not become writable: it would lose acknowledged writes`,
      );
    case 'truncated':
    case 'set-aside':
    case 'deleted':
      return line('database', `zone ${event.zone}`, `${event.site}: ${event.writes.length} writes ${event.kind}`);
    case 'incident':
      return line('incident', '', `${event.key}: ${event.codes.join(', ')}`);
    case 'end': {
      const held = Object.entries(event.holds).map(([zone, writes]) => `${zone} holds ${writes.length} writes`);
      return line('end', event.site, `${phaseOf(event.placement)}; ${held.join(', ')}`);
    }
    default:
      return [];
  }
}

/** Failed requests, summed up by site, edge and outcome. */
function failuresOf(run: SimRun): Line[] {
  const open = new Map<string, { line: Line; last: number; count: number; name: string }>();
  const lines: Line[] = [];
  for (const event of run.events) {
    if (event.kind !== 'write-failed' && event.kind !== 'read-failed') continue;
    const name = `${event.kind === 'write-failed' ? 'writes' : 'reads'} of ${event.site} failed: ${event.outcome}`;
    let group = open.get(name);
    if (group === undefined || event.at - group.last > TOGETHER_MS) {
      group = { line: { at: event.at, kind: 'visitors', who: '', what: '' }, last: event.at, count: 0, name };
      open.set(name, group);
      lines.push(group.line);
    }
    group.count += 1;
    group.last = event.at;
    const until = group.count === 1 ? '' : ` (until ${(event.at / 1_000).toFixed(3)} s)`;
    group.line.what = `${group.count} ${name}${until}`;
  }
  return lines;
}
