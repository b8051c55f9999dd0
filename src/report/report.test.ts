/** The report says what the stored minutes say, in every form; nothing that people wrote gets out of its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_SITE, type Impact, type Incident } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { MINUTE_MS, monthPeriod } from '../record/level/calendar.ts';
import { budgetOf, creditOf, levelOf } from '../record/level/level.ts';
import { type CountedRow, minutesOf } from '../record/level/minutes.ts';
import { anEntry, aService, aSpec } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { type LevelBook, openLevelBook } from '../windows/level-book.ts';
import { createLevels } from '../windows/levels.ts';
import { reportCsv } from './csv.ts';
import { REPORT_POLICY, reportPage } from './page.ts';
import { type Report, spansOf, toReport } from './report.ts';

const MONTH = '2026-11';
const { from: START, to: END } = monthPeriod(MONTH)!;
const DAY = 1_440;
const service = aService({
  name: 'Holdfast <Hosting>',
  level: {
    target: 0.9995,
    badMinuteShare: 0.1,
    leastRequests: 10,
    excludeMaintenance: true,
    credits: [
      { below: 0.9995, percent: 5 },
      { below: 0.999, percent: 10 },
    ],
  },
  maintenance: [
    {
      id: 'db',
      title: 'New <b>disks</b>',
      from: (START + 5 * DAY) * MINUTE_MS,
      to: (START + 5 * DAY + 90) * MINUTE_MS,
      sites: [],
    },
    {
      id: 'not-ours',
      title: 'Other',
      from: (START + 6 * DAY) * MINUTE_MS,
      to: (START + 6 * DAY + 9) * MINUTE_MS,
      sites: ['blog'],
    },
  ],
});
const impact: Impact = {
  ...{
    site: 'shop',
    from: 0,
    to: 1,
    final: true,
    unheard: [],
    requests: 4_000,
    failed: 12,
    held: 180,
    heldLongestMs: 812,
  },
  ...{ p50Ms: 300, p99Ms: 800, longestMs: 815, downSeconds: 3, recoveredAfterMs: 2_500, rtoMs: 940 },
  ...{ transactionsLost: 0, lostIn: [], cold: [] },
};
const OPENED = (START + 10 * DAY + 600) * MINUTE_MS;
const incident: Incident = {
  id: newIncidentId(OPENED, 'zone-dark:a'),
  subject: 'zone-dark:a',
  openedAt: OPENED,
  closedAt: OPENED + 95_000,
  sites: ['shop'],
  entries: [
    anEntry({ site: 'shop', at: OPENED }),
    anEntry({ site: 'shop', at: OPENED + 90_000, kind: 'result', code: 'close-incident' }),
    anEntry({ site: 'shop', at: OPENED + 90_000, kind: 'result', code: 'impact', impact }),
  ],
};

/** Traffic of the month: an outage of three minutes, one that hardly anybody saw, and an edge that was away for an hour. */
function storedRows(): CountedRow[] {
  const rows: CountedRow[] = [];
  for (let at = 0; at < END - START; at += 1) {
    const minute = START + at;
    const counting = at < 20 * DAY || at >= 20 * DAY + 60;
    if (!counting) continue;
    rows.push({ edge: 'edge-1', site: EVERY_SITE, minute, requests: 0, failed: 0 });
    const outage = at >= 10 * DAY + 600 && at < 10 * DAY + 603;
    const inMaintenance = at >= 5 * DAY && at < 5 * DAY + 30;
    if (outage || inMaintenance) rows.push({ edge: 'edge-1', site: 'shop', minute, requests: 50, failed: 40 });
    else if (at === 15 * DAY + 7) rows.push({ edge: 'edge-1', site: 'shop', minute, requests: 2, failed: 2 });
    else if (at % 7 === 0)
      rows.push({ edge: 'edge-1', site: 'shop', minute, requests: 30, failed: at % 700 === 0 ? 1 : 0 });
  }
  return rows;
}

let folder: string;
let book: LevelBook;
let report: Report;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-report-'));
  book = openLevelBook(join(folder, 'windows.sqlite'), createLog('test', {}, 'silent'));
  const rows = storedRows();
  for (let at = 0; at < rows.length; at += 5_000) book.take('edge-1', rows.slice(at, at + 5_000), `x:${at}`);
  const madeAt = END * MINUTE_MS + 60_000;
  const levels = createLevels({
    book: () => book,
    service: () => service,
    clock: { wall: () => madeAt, sleep: async () => {} },
  });
  report = toReport({
    level: (await levels.month('shop', MONTH))!,
    spec: aSpec('shop', { plan: 'elite' }),
    service,
    terms: service.level,
    incidents: [incident],
    counting: new Map(),
    madeAt,
  });
});
afterAll(() => {
  book.close();
  rmSync(folder, { recursive: true });
});

describe('recomputed from the stored windows', () => {
  it('every figure of the report is the same', () => {
    const period = { from: START, to: END };
    const about = {
      site: 'shop',
      level: service.level,
      maintenance: service.maintenance,
      since: book.since('shop'),
      minutes: minutesOf(book.rows('shop', START, END)),
    };
    const { bad, ...figures } = levelOf(about, period);
    expect(report.level.figures).toEqual(figures);
    expect(report.level.bad).toEqual(bad);
    expect(report.bad).toEqual(spansOf(bad));
    expect(report.level.budget).toEqual(budgetOf(about, period, figures));
    expect(report.level.credit).toBe(creditOf(figures, service.level.credits));
    expect(figures).toMatchObject({
      badMinutes: 3,
      excludedMinutes: 90,
      unmeasuredMinutes: 60,
      minutes: END - START - 150,
    });
    expect(bad.map((minute) => minute - START - 10 * DAY)).toEqual([600, 601, 602]);
  });

  it('and so is every figure of its table, read back from the CSV', () => {
    const [head, ...lines] = reportCsv(report).trim().split('\r\n');
    const rows = lines.map((line) =>
      Object.fromEntries(head!.split(',').map((name, at) => [name, line.split(',')[at]!])),
    );
    const [month] = rows.filter(({ kind }) => kind === 'month');
    const days = rows.filter(({ kind }) => kind === 'day');
    expect(days).toHaveLength(30);
    for (const column of ['requests', 'failed', 'minutes', 'bad_minutes', 'excluded_minutes', 'unmeasured_minutes'])
      expect(days.reduce((sum, day) => sum + Number(day[column]), 0)).toBe(Number(month![column]));
    expect(Number(month!.availability)).toBe(report.level.figures.availability);
    expect(rows.find(({ kind }) => kind === 'incident')).toMatchObject({
      failed: '12',
      held: '180',
      down_seconds: '3',
      rto_ms: '940',
      transactions_lost: '0',
    });
  });
});

describe('the page', () => {
  it('needs nothing else, runs nothing, and keeps what people wrote in its place', () => {
    const page = reportPage(report);
    if (process.env.HF_REPORT_OUT !== undefined) writeFileSync(process.env.HF_REPORT_OUT, page);
    expect(page).not.toMatch(/<script|<link|<img|url\(|@import|https?:\/\//);
    expect(page).not.toContain(' style=');
    expect(page).toContain('Holdfast &lt;Hosting&gt;');
    expect(page).toContain('New &lt;b&gt;disks&lt;/b&gt;');
    expect(page).not.toContain('Other');
    expect(REPORT_POLICY).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}'/);
  });

  it('says availability, budget, incident with its figures, maintenance and credit', () => {
    const page = reportPage(report);
    for (const words of [
      '99.993 %',
      'target 99.95 %, met',
      '3 of 21.6 bad minutes used',
      'Zone a stopped answering',
      '12 of 4,000',
      '180, at most 812 ms',
      '940 ms',
      'nothing lost',
      '2026-11-11 10:00 to 10:03 (3 min)',
      'plan Elite',
    ])
      expect(page).toContain(words);
    const missed = structuredClone(report);
    missed.level.figures = {
      ...missed.level.figures,
      badMinutes: 60,
      availability: 1 - 60 / missed.level.figures.minutes,
    };
    missed.level.credit = 10;
    expect(reportPage(missed)).toContain('target 99.95 %, missed');
    expect(reportPage(missed)).toContain('10 % (applies)');
  });
});

it('what a spreadsheet would take for a formula is marked as text, and quotes are kept', () => {
  const other = structuredClone(report);
  other.maintenance = [{ id: 'm', title: '=cmd("x"), then\nmore', from: 0, to: 1 }];
  expect(reportCsv(other)).toContain(`"'=cmd(""x""), then\nmore"`);
});

it('minutes that follow each other are one span', () => {
  expect(spansOf([3, 4, 5, 9])).toEqual([
    { from: 3, to: 6 },
    { from: 9, to: 10 },
  ]);
});
