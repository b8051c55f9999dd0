import { describe, expect, test } from 'vitest';
import type { IncidentEntry } from '../model/index.ts';
import { type DrillRecord, judge, longestGap } from './judge.ts';
import type { Sample } from './load/plan.ts';
import { promisesOf } from './promises.ts';

const FAULT_AT = 10_000;

function sample(id: string, kind: 'get' | 'write', finishedAt: number, difference: Partial<Sample> = {}): Sample {
  const at = finishedAt - 5;
  const whole = {
    id,
    kind,
    scheduledAt: at,
    sentAt: at,
    finishedAt,
    status: 200,
    ok: true,
    outcome: null,
    error: null,
  };
  return { ...whole, ...difference };
}

/** A request of each kind every 100 ms from 8 s to 16 s. */
function calm(): Sample[] {
  const times = Array.from({ length: 81 }, (_, i) => 8_000 + i * 100);
  return times.flatMap((at) => [sample(`g${at}`, 'get', at), sample(`w${at}`, 'write', at)]);
}

function entry(at: number, difference: Partial<IncidentEntry>): IncidentEntry {
  return {
    at,
    kind: 'note',
    by: 'controller:b',
    site: 'guestbook',
    code: '',
    sentence: '',
    evidence: [],
    ...difference,
  };
}

function record(difference: Partial<DrillRecord> = {}): DrillRecord {
  const samples = difference.samples ?? calm();
  return {
    fault: 'kill',
    faultAt: FAULT_AT,
    loadEndedAt: 16_000,
    samples,
    incidents: [],
    protection: [
      { at: 10_350, protected: false },
      { at: 14_000, protected: true },
    ],
    readBacks: [new Map(samples.filter((each) => each.kind === 'write').map((each) => [each.id, 1]))],
    bytesSentInto: new Set(),
    ...difference,
  };
}

describe('judge', () => {
  test('a calm drill has small gaps and breaks nothing', () => {
    const result = judge(record());
    expect(result).toMatchObject({ writeGapMs: 100, readGapMs: 100, getFailed: 0, otherFailed: 0, requests: 162 });
    expect(result).toMatchObject({ exposedMs: 3_650, reprotectedMs: 4_000, ackedLost: 0, executedTwice: 0 });
    expect(promisesOf(result, 50).filter((promise) => !promise.kept)).toEqual([]);
  });

  test('the write gap runs from the last acknowledgement before to the next after', () => {
    const samples = calm().filter(
      (each) => each.kind === 'get' || each.finishedAt <= 10_000 || each.finishedAt >= 11_500,
    );
    expect(judge(record({ samples }))).toMatchObject({ writeGapMs: 1_500, firstWriteMs: 1_500, readGapMs: 100 });
  });

  test('failed writes do not end a gap, and those with bytes in the zone are counted apart', () => {
    const samples = calm().map((each) =>
      each.kind === 'write' && each.finishedAt > 10_000 && each.finishedAt < 10_400 ? { ...each, ok: false } : each,
    );
    const result = judge(record({ samples, bytesSentInto: new Set(['w10100', 'w9000']) }));
    expect(result).toMatchObject({ otherFailed: 3, otherInFlight: 1, writeGapMs: 400 });
    expect(promisesOf(result, 50).find((promise) => promise.sentence.startsWith('no other'))?.kept).toBe(false);
  });

  test('a write that was acknowledged and is missing in any reading back is lost', () => {
    const one = record();
    const second = new Map(one.readBacks[0]);
    second.delete('w9000');
    expect(judge({ ...one, readBacks: [...one.readBacks, second] }).ackedLost).toBe(1);
  });

  test('a row twice is executed twice, also when its request failed', () => {
    const samples = calm().map((each) => (each.id === 'w10100' ? { ...each, ok: false } : each));
    const result = judge(record({ samples, readBacks: [new Map(record().readBacks[0]).set('w10100', 2)] }));
    expect(result).toMatchObject({ executedTwice: 1, ackedLost: 0 });
  });

  test('milestones come from the entries after the fault', () => {
    const entries = [
      entry(9_000, { kind: 'finding', code: 'zone-dark' }),
      entry(10_700, { kind: 'action', code: 'promote', tookMs: 40 }),
      entry(10_600, { kind: 'decision', code: 'failover' }),
      entry(10_550, { kind: 'finding', code: 'zone-dark' }),
    ];
    const incidents = [{ id: 'i', subject: 's', openedAt: 9_000, closedAt: null, sites: [], entries }];
    expect(judge(record({ incidents }))).toMatchObject({ detectedMs: 550, decidedMs: 600, promotedMs: 700 });
    expect(judge(record({ incidents, fault: 'standby-kill' })).decidedMs).toBeNull();
  });

  test('never protected again is a broken promise', () => {
    const result = judge(record({ protection: [{ at: 10_350, protected: false }] }));
    expect(result).toMatchObject({ exposedMs: null, reprotectedMs: null });
    expect(promisesOf(result, 50).find((promise) => promise.sentence.includes('protected again'))?.kept).toBe(false);
  });

  test('undone before anybody decided: it was protected all the time', () => {
    const protection = [
      { at: 9_000, protected: true },
      { at: FAULT_AT, protected: true },
    ];
    expect(judge(record({ protection }))).toMatchObject({ exposedMs: 0, reprotectedMs: 0 });
    expect(judge(record({ protection: protection.slice(0, 1) })).reprotectedMs).toBeNull();
  });

  test('exposed twice: both times count, protected again is the last', () => {
    const protection = [
      { at: 9_000, protected: true },
      { at: 10_000, protected: false },
      { at: 11_000, protected: true },
      { at: 12_000, protected: false },
      { at: 15_000, protected: true },
    ];
    expect(judge(record({ protection }))).toMatchObject({ exposedMs: 4_000, reprotectedMs: 5_000 });
  });
});

describe('longestGap', () => {
  test('without any success the gap reaches to the end', () => {
    expect(longestGap([], FAULT_AT, 16_000)).toEqual({ ms: 7_000, endedBy: null });
  });
  test('a pause that ended before the fault is not the fault’s', () => {
    const samples = [sample('a', 'write', 9_990), sample('b', 'write', 10_050)];
    expect(longestGap(samples, FAULT_AT, 10_060)).toEqual({ ms: 60, endedBy: 10_050 });
  });
  test('nothing after the fault: open to the end', () => {
    expect(longestGap([sample('a', 'write', 9_990)], FAULT_AT, 16_000)).toEqual({ ms: 6_010, endedBy: null });
  });
});
