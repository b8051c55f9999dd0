/** Replays a recording: one reading of the file, in which every pass runs beside the others. Deterministic: no clock, no chance. */
import { TICK_MS } from '../controller/loop.ts';
import { formatProblems, HoldfastError } from '../errors.ts';
import type { TurnLine } from '../record/observations/lines.ts';
import { createPlayer, type Happening, type Player } from '../record/observations/play.ts';
import { createReader } from '../record/observations/read.ts';
import { type AsRecorded, createAsRecorded } from './as-recorded.ts';
import { compare } from './compare.ts';
import type { FileLine } from './file.ts';
import { createOtherPolicy, type NamedPolicy, type OtherPolicy } from './other-policy.ts';
import { RESULT_FORMAT, RESULT_VERSION, type ReplayResult } from './result.ts';

interface Passes {
  player: Player;
  asRecorded: AsRecorded;
  others: OtherPolicy[];
}

/**
 * `file` is only named in problems. Throws HoldfastError `observations-wrong` with every problem of the file; nothing of it is
 * answered then.
 */
export async function replay(
  file: string,
  lines: AsyncIterable<FileLine> | Iterable<FileLine>,
  policies: NamedPolicy[],
): Promise<ReplayResult> {
  const reader = createReader();
  const told: TurnLine[] = [];
  const counted = createCounts();
  let passes: Passes | null = null;
  let cutOff = false;

  const run = (happenings: Iterable<Happening>, { asRecorded, others }: Passes): void => {
    for (const happening of happenings) {
      counted.note(happening);
      asRecorded.happens(happening);
      for (const other of others) other.happens(happening);
    }
  };

  for await (const { text, whole } of lines) {
    if (!whole && !isJson(text)) {
      cutOff = true;
      continue;
    }
    const line = reader.take(text);
    const header = reader.header();
    if (line === null || header === null || reader.problems().length > 0) continue;
    passes ??= {
      player: createPlayer(header, TICK_MS),
      asRecorded: createAsRecorded(header),
      others: policies.map((policy) => createOtherPolicy(header, policy)),
    };
    if (isTurnLine(line)) told.push(line);
    run(passes.player.play(line), passes);
  }
  reader.finish();
  const problems = reader.problems();
  if (problems.length > 0) {
    const text = formatProblems(file, problems, reader.moreProblems());
    throw new HoldfastError('observations-wrong', { problems: text }, problems);
  }
  const header = reader.header()!;
  if (passes !== null) run(passes.player.finish(), passes);
  const timeline = passes?.asRecorded.timeline() ?? [];
  const { controller, startedAt, incident, settings } = header;
  // A controller's recording that tells of no finding says that there was none; a file written by hand says nothing.
  const tells = told.length > 0 || header.turns === 'recorded';
  return {
    format: RESULT_FORMAT,
    version: RESULT_VERSION,
    recorded: { controller, startedAt, incident, ...settings, ...counted.all(), cutOff },
    timeline,
    moves: passes?.asRecorded.outcomes.all() ?? [],
    compared: tells ? compare(told, timeline.filter(isTurnLine), TICK_MS) : null,
    policies: passes?.others.map((other) => other.outcome()) ?? [],
  };
}

const TURN_KINDS: readonly string[] = ['finding', 'finding-ended', 'decision', 'refusal', 'refusal-ended'];
const isTurnLine = <L extends { kind: string }>(line: L): line is L & TurnLine => TURN_KINDS.includes(line.kind);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function createCounts() {
  const observers = new Set<string>();
  const sites = new Set<string>();
  let [reports, turns, lengthMs] = [0, 0, 0];
  return {
    note(happening: Happening): void {
      lengthMs = happening.at;
      if (happening.what === 'turn') turns += 1;
      else if (happening.what === 'placement') sites.add(happening.line.site);
      else if (happening.what === 'report') {
        reports += 1;
        const { report } = happening;
        observers.add(report.kind === 'agent' ? `agent:${report.zone}` : `edge:${report.edge}`);
      }
    },
    all: () => ({ lengthMs, reports, turns, observers: [...observers].sort(), sites: sites.size }),
  };
}
