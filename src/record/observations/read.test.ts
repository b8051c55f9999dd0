/** What is wrong with a file of observations is told with its line, its place, and what would be right. */
import { describe, expect, it, test } from 'vitest';
import { formatProblems, type Problem } from '../../errors.ts';
import type { CopyReport, Report } from '../../model/index.ts';
import type { Line } from './lines.ts';
import { createPlayer } from './play.ts';
import { createReader, MOST_PROBLEMS } from './read.ts';

const HEADER = '{"kind":"header","format":"holdfast-observations","version":1}';
const at = (ms: number, rest: object) => JSON.stringify({ at: ms, ...rest });
const PLACEMENT = at(0, { kind: 'placement', site: 'shop', epoch: 7, live: 'a', standby: 'b' });
const agentSays = (report: object, more: object = {}) => ({
  kind: 'report',
  report: { kind: 'agent', zone: 'b', ...report },
  ...more,
});

function read(lines: string[]): { lines: Line[]; problems: Problem[]; more: number } {
  const reader = createReader();
  const read = lines.flatMap((line) => reader.take(line) ?? []);
  reader.finish();
  return { lines: read, problems: reader.problems(), more: reader.moreProblems() };
}

describe('a wrong line', () => {
  test.each<[string, string[], Partial<Problem>]>([
    ['no line at all', [], { line: null, wrong: 'is empty' }],
    ['no header', [PLACEMENT], { line: 1, path: 'kind', right: 'header: the first line says what file this is' }],
    ['another format', [HEADER.replace('holdfast-', 'other-')], { path: 'format', right: 'holdfast-observations' }],
    [
      'a later version',
      [HEADER.replace(':1', ':2')],
      { path: 'version', right: '1: what this version of holdfast reads' },
    ],
    ['two headers', [HEADER, HEADER], { line: 2, path: 'kind', right: 'one recording in each file' }],
    ['no JSON', [HEADER, '{"at": 1,'], { line: 2, wrong: expect.stringContaining('is not readable as JSON') }],
    ['no object', [HEADER, '[1]'], { line: 2, wrong: 'is no JSON object' }],
    [
      'a kind that was meant',
      [HEADER, at(0, { kind: 'placment' })],
      { line: 2, path: 'kind', wrong: 'is "placment"', right: 'placement' },
    ],
    [
      'no kind',
      [HEADER, at(0, {})],
      { path: 'kind', wrong: 'is missing', right: expect.stringContaining('one of report, site') },
    ],
    [
      'no time',
      [HEADER, '{"kind":"turn"}'],
      { path: 'at', wrong: 'is missing', right: 'milliseconds since the header, a number' },
    ],
    [
      'time goes back',
      [HEADER, '', at(50, { kind: 'end' }), at(40, { kind: 'end' })],
      { line: 4, path: 'at', right: expect.stringContaining('at least 50') },
    ],
    [
      'an unknown key',
      [HEADER, at(0, { kind: 'site', site: 'shop', zones: ['a'], failovr: {} })],
      { path: 'failovr', right: 'failover' },
    ],
    [
      'an unknown key deep inside',
      [HEADER, at(0, agentSays({ probes: [{ zone: 'a', answerdAgoMs: 3 }] }))],
      { path: 'report.probes[0].answerdAgoMs', right: 'answeredAgoMs' },
    ],
    [
      'a field of another type',
      [HEADER, at(0, agentSays({ probes: [{ zone: 'a', rttMs: 'soon' }] }))],
      { path: 'report.probes[0].rttMs', wrong: 'is "soon"', right: 'a number' },
    ],
    [
      'an unknown state',
      [HEADER, at(0, agentSays({ copies: [{ site: 'shop', database: { state: 'dead' } }] }))],
      { path: 'report.copies[0].database.state', right: expect.stringContaining('one of absent, building') },
    ],
    [
      'a negative age',
      [HEADER, at(0, agentSays({ probes: [{ zone: 'a', answeredAgoMs: -1 }] }))],
      { path: 'report.probes[0].answeredAgoMs', right: 'at least 0' },
    ],
    [
      'a report of nobody',
      [HEADER, at(0, { kind: 'report', report: { probes: [] } })],
      { path: 'report.kind', wrong: 'is missing', right: 'one of agent, edge' },
    ],
    [
      'latency in too few classes',
      [
        HEADER,
        at(0, {
          kind: 'report',
          report: { kind: 'edge', edge: 'e', traffic: [{ site: 's', zone: 'a', latency: [1] }] },
        }),
      ],
      { path: 'report.traffic[0].latency', right: expect.stringContaining('10 counts') },
    ],
    [
      'times without their checks',
      [HEADER, at(0, agentSays({ copies: [{ site: 's', application: { checks: [200], tookMs: [1, 2] } }] }))],
      { path: 'report.copies[0].application.tookMs' },
    ],
    ['an epoch that does not grow', [HEADER, PLACEMENT, PLACEMENT], { line: 3, path: 'epoch', right: '8 or more' }],
    [
      'a zone named twice',
      [HEADER, at(0, { kind: 'placement', site: 's', live: 'a', standby: 'a' })],
      { path: 'live', right: expect.stringContaining('only once') },
    ],
    [
      'an unknown patience',
      [HEADER, at(0, { kind: 'site', site: 's', zones: ['a'], failover: { patience: 'brave' } })],
      { path: 'failover.patience', right: expect.stringContaining('one of eager, normal, careful') },
    ],
    [
      'an end without a repetition',
      [HEADER, at(0, agentSays({}, { untilMs: 5 }))],
      { path: 'untilMs', right: 'everyMs beside it' },
    ],
    [
      'a repetition that ends before it begins',
      [HEADER, at(9, agentSays({}, { everyMs: 100, untilMs: 5 }))],
      { path: 'untilMs', right: 'more than 9' },
    ],
    [
      'a turn among steady turns',
      [HEADER, at(0, { kind: 'turn' })],
      { path: 'kind', right: '"turns": "recorded" in the header' },
    ],
    [
      'something heard in a pause',
      [HEADER, at(900, agentSays({})), at(1_000, { kind: 'stall', forMs: 700 })],
      { path: 'forMs', right: 'at most 100' },
    ],
  ])('%s', (_, lines, problem) => {
    const { problems } = read(lines);
    expect(problems[0]).toMatchObject(problem);
    expect(problems).toHaveLength(1);
  });

  it('does not hide the others, and beyond a limit they are only counted', () => {
    const wrong = Array.from({ length: 50 }, (_, index) => at(index, { kind: 'nonsense' }));
    const { problems, more } = read([HEADER, ...wrong]);
    expect(problems.map(({ line }) => line)).toEqual(Array.from({ length: MOST_PROBLEMS }, (_, index) => index + 2));
    expect(more).toBe(50 - MOST_PROBLEMS);
    expect(formatProblems('x.ndjson', problems, more)).toMatch(
      /^x.ndjson: 50 problems\n {2}x.ndjson:2 {2}kind\n[\s\S]*\n {2}and 30 more$/,
    );
  });
});

/** The reports that are heard of these lines, with their times. */
function reports(lines: string[]): { at: number; report: Report }[] {
  const read = createReader();
  const parsed = lines.flatMap((line) => read.take(line) ?? []);
  expect(read.problems()).toEqual([]);
  const player = createPlayer(read.header()!, 50);
  const happenings = [...parsed.flatMap((line) => [...player.play(line)]), ...player.finish()];
  return happenings.flatMap((each) => (each.what === 'report' ? [{ at: each.at, report: each.report }] : []));
}
const copyOf = ({ report }: { report: Report }): CopyReport =>
  report.kind === 'agent' ? report.copies[0]! : expect.fail();

describe('what is left out', () => {
  it('of a copy follows from its role, and its epoch from the newest placement', () => {
    const live = { copies: [{ site: 'shop', settled: 'live', database: { waitsFor: 'b' } }] };
    const standby = { copies: [{ site: 'shop', settled: 'standby', database: { follows: 'a' } }] };
    const heard = reports([HEADER, PLACEMENT, at(0, agentSays(live)), at(1, agentSays(standby))]);
    expect(copyOf(heard[0]!)).toMatchObject({
      epoch: 7,
      database: { writable: true, acknowledgerConnected: true, gatePosition: '' },
    });
    expect(copyOf(heard[1]!)).toMatchObject({
      epoch: 7,
      database: { writable: false, acknowledges: true, ioRunning: true, sqlRunning: true, heardAgoMs: 20 },
      application: { state: 'ready', checks: Array(20).fill(200) },
    });
  });

  it('of a sequence is counted on', () => {
    const heard = reports([HEADER, at(0, agentSays({})), at(1, agentSays({ sequence: 9 })), at(2, agentSays({}))]);
    expect(heard.map(({ report }) => report.sequence)).toEqual([1, 9, 10]);
  });
});

describe('a report that is repeated', () => {
  const silent = { probes: [{ zone: 'a', answeredAgoMs: 300, failure: 'timeout' }, { zone: 'c' }] };

  it('is heard again until the next of its observer; ages above 200 ms grow', () => {
    const heard = reports([
      HEADER,
      at(0, agentSays(silent, { everyMs: 100 })),
      at(250, agentSays({})),
      at(600, { kind: 'end' }),
    ]);
    expect(heard.map(({ at }) => at)).toEqual([0, 100, 200, 250]);
    expect(heard[2]!.report.probes.map(({ answeredAgoMs }) => answeredAgoMs)).toEqual([500, 20]);
    expect(heard.map(({ report }) => report.sequence)).toEqual([1, 2, 3, 4]);
  });

  it('ends where it says, and in a pause is heard when that is over', () => {
    const until = agentSays({}, { everyMs: 100, untilMs: 200 });
    expect(reports([HEADER, at(0, until), at(900, { kind: 'end' })]).map(({ at }) => at)).toEqual([0, 100, 200]);
    const paused = [HEADER, at(0, agentSays({}, { everyMs: 400 })), at(1_000, { kind: 'stall', forMs: 900 })];
    expect(reports(paused).map(({ at }) => at)).toEqual([0, 1_000, 1_000]);
  });
});
