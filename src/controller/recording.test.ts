/** What is kept, what a reader gets, and what becomes of one that is slow. */
import { describe, expect, it } from 'vitest';
import { anEdgeReport, aPlacement, aSpec } from '../../test/support/fixtures.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import type { Line } from '../record/observations/lines.ts';
import { createReader } from '../record/observations/read.ts';
import { createRecording, type RecordingOptions } from './recording.ts';
import type { Limits, Sink } from './stretch.ts';

const LIMITS: Limits = { waitingBytes: 1_000_000, mostBytes: 1_000_000_000, mostMs: 600_000 };
const NO_TURN = { trusted: true, stalledMs: null, findings: [], verdicts: [] };

function aRecording(change: Partial<RecordingOptions> = {}) {
  const clock = createManualClock();
  const sites = new Map([['shop', { spec: aSpec(), slot: 0 }]]);
  const placements = new Map([['shop', aPlacement()]]);
  const settings = { falseAlarmsPerYear: 0.1 };
  const recording = createRecording({ zone: 'b', clock, settings, sites, placements, usual: () => [], ...change });
  recording.changed(['shop']);
  /** `ms` of one report and one turn every 100 ms. */
  const pass = (ms: number, text = JSON.stringify(anEdgeReport())) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.stall(100);
      recording.heard(text, clock.mono());
      recording.turned(NO_TURN, clock.mono(), clock.wall());
    }
  };
  return { recording, clock, placements, pass };
}

/** Takes everything, or nothing until `open` is called. */
function aSink(shut = false) {
  let open = () => {};
  const gate = shut ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve();
  const taken = { text: '', closed: false, aborted: false };
  const sink: Sink = {
    write: async (text) => {
      await gate;
      taken.text += text;
    },
    close: async () => {
      taken.closed = true;
    },
    abort: () => {
      taken.aborted = true;
    },
  };
  return { sink, taken, open: () => open() };
}

/** The lines of a text that has to be right. */
function linesOf(text: string): Line[] {
  const reader = createReader();
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => reader.take(line) ?? []);
  reader.finish();
  expect(reader.problems()).toEqual([]);
  return lines;
}

const kinds = (lines: Line[]) => lines.map(({ kind }) => kind);

describe('a stretch of a recording', () => {
  it('begins with the sites and placements as they were before its first line, which is as old as is kept', async () => {
    const { recording, pass, placements } = aRecording({ keepMs: 1_000 });
    pass(5_000);
    placements.set('shop', aPlacement({ epoch: 8, incident: 'x' }));
    recording.changed(['shop']);
    const { sink, taken } = aSink();
    const stretch = recording.fromBefore('x', { sink, limits: LIMITS, onTrouble: () => {} });
    pass(200);
    stretch.end('closed');
    await stretch.done;
    const lines = linesOf(taken.text);
    expect(kinds(lines).slice(0, 3)).toEqual(['site', 'placement', 'report']);
    expect(lines[1]).toMatchObject({ at: 0, epoch: 7 });
    expect(lines.find((line) => line.kind === 'placement' && line.epoch === 8)).toMatchObject({ at: 1_000 });
    expect(lines.at(-1)).toEqual({ at: 1_200, kind: 'end', why: 'closed' });
    expect(taken.closed).toBe(true);
  });

  it('keeps no more bytes than it may, and counts what had to go early', () => {
    const { recording, pass } = aRecording({ keepBytes: 100_000 });
    pass(20_000, JSON.stringify(anEdgeReport({ edge: 'e'.repeat(10_000) })));
    const kept = recording.kept();
    expect(kept.bytes).toBeLessThanOrEqual(100_000);
    expect(kept.forMs).toBeLessThan(1_100);
    expect(kept.droppedEarly).toBeGreaterThan(300);
  });

  it('from now on: the newest placement, no line from before, each site told once', async () => {
    const { recording, pass, placements } = aRecording();
    pass(1_000);
    placements.set('shop', aPlacement({ epoch: 8 }));
    recording.changed(['shop', 'shop']);
    const { sink, taken } = aSink();
    const stretch = recording.fromNow({ sink, limits: LIMITS, onTrouble: () => {} });
    pass(100);
    stretch.end('enough');
    await stretch.done;
    expect(kinds(linesOf(taken.text))).toEqual(['site', 'placement', 'report', 'turn', 'end']);
  });

  it('a reader that takes nothing is cut off with a last word, and ended when it does not take that either', async () => {
    const { recording, pass, clock } = aRecording();
    const slow = aSink(true);
    const stretch = recording.fromNow({
      sink: slow.sink,
      limits: { ...LIMITS, waitingBytes: 50_000 },
      onTrouble: () => {},
    });
    pass(12_000);
    expect(slow.taken.aborted).toBe(false);
    slow.open();
    await stretch.done;
    expect(linesOf(slow.taken.text).at(-1)).toMatchObject({ kind: 'end', why: expect.stringContaining('too slow') });
    const stuck = aSink(true);
    recording.fromNow({ sink: stuck.sink, limits: { ...LIMITS, waitingBytes: 50_000 }, onTrouble: () => {} });
    pass(30_000);
    await clock.advance(6_000);
    expect(stuck.taken.aborted).toBe(true);
  });

  it.each([
    [{ mostMs: 1_000 }, '0 minutes'],
    [{ mostBytes: 20_000 }, 'MB'],
  ])('ends by itself at its limit %j, and says so', async (limit, words) => {
    const { recording, pass } = aRecording();
    const { sink, taken } = aSink();
    const stretch = recording.fromNow({ sink, limits: { ...LIMITS, ...limit }, onTrouble: () => {} });
    pass(10_000);
    await stretch.done;
    expect(linesOf(taken.text).at(-1)).toMatchObject({ kind: 'end', why: expect.stringContaining(words) });
  });

  it('a reader that fails ends its own stretch and nothing else', async () => {
    const { recording, pass } = aRecording();
    const troubles: unknown[] = [];
    const failing: Sink = { ...aSink().sink, write: () => Promise.reject(new Error('no space left on device')) };
    const stretch = recording.fromNow({ sink: failing, limits: LIMITS, onTrouble: (error) => troubles.push(error) });
    pass(100);
    await stretch.done;
    expect(troubles).toHaveLength(1);
    pass(100);
  });

  it('a report with line breaks in its text stays one line', async () => {
    const { recording, clock } = aRecording();
    const { sink, taken } = aSink();
    const stretch = recording.fromNow({ sink, limits: LIMITS, onTrouble: () => {} });
    recording.heard(JSON.stringify(anEdgeReport(), null, 2), clock.mono());
    stretch.end('enough');
    await stretch.done;
    expect(kinds(linesOf(taken.text))).toEqual(['site', 'placement', 'report', 'end']);
  });
});
