/** Who observes a zone, and what each of them sees. */
import { expect, test } from 'vitest';
import { anAgentReport, anEdgeReport } from '../../test/support/fixtures.ts';
import type { ZoneProbe, ZoneRecord } from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { zonesOf } from './status.ts';

const NOW = 10_000;
const ZONE: ZoneRecord = { zone: 'a', agent: null, controller: null, host: null, portBase: null, evacuated: null };
const probe = (change: Partial<ZoneProbe> = {}): ZoneProbe => ({
  zone: 'a',
  answeredAgoMs: 40,
  failure: null,
  rttMs: 0.437,
  ended: 30,
  failed: 0,
  ...change,
});

test('every observer outside the zone that was heard lately tells what it sees, with its age now', () => {
  const window = emptyWindow(0);
  const dark = probe({ answeredAgoMs: 700, failure: 'timeout', rttMs: null });
  absorb(window, anAgentReport('a', { probes: [probe()] }), NOW);
  absorb(window, anAgentReport('c', { probes: [probe({ zone: 'b' })] }), NOW);
  absorb(window, anAgentReport('b', { probes: [dark] }), NOW - 100);
  absorb(window, anEdgeReport({ edge: 'edge-2', probes: [probe()] }), NOW - 5_000);
  absorb(window, anEdgeReport({ edge: 'edge-1', probes: [probe({ answeredAgoMs: null, rttMs: null })] }), NOW);
  const known = {
    controller: 'b',
    wall: 1,
    now: NOW,
    storeFresh: true,
    window,
    findings: [],
    verdicts: [],
    service: null,
  };
  const records = { zones: new Map([['a', ZONE]]), sites: new Map(), placements: new Map(), zoneSince: new Map() };
  const [zone] = zonesOf({ ...known, ...records, naming: () => '' });
  expect(zone?.observers).toEqual([
    { observer: 'agent:b', answeredAgoMs: 800, failure: 'timeout', rttMs: null },
    { observer: 'edge:edge-1', answeredAgoMs: null, failure: null, rttMs: null },
  ]);
});
