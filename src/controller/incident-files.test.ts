/** Every incident gets its file, closed when it is over; the oldest make room; a folder that cannot be written harms nothing. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { anEdgeReport, aPlacement, aSpec } from '../../test/support/fixtures.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { newIncidentId } from '../store/keys.ts';
import { createIncidentFiles, FILE_LIMITS, type FileLimits } from './incident-files.ts';
import { createRecording } from './recording.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function incidentFiles(limits: Partial<FileLimits> = {}, folder = mkdtempSync(join(tmpdir(), 'hf-incident-files-'))) {
  if (!folders.includes(folder)) folders.push(folder);
  const clock = createManualClock();
  const sites = new Map([['shop', { spec: aSpec(), slot: 0 }]]);
  const placements = new Map([['shop', aPlacement()]]);
  const recording = createRecording({
    zone: 'b',
    clock,
    settings: { falseAlarmsPerYear: 0.1 },
    sites,
    placements,
    usual: () => [],
  });
  const log = createLog('test', {}, 'silent');
  const files = createIncidentFiles({ folder, recording, clock, log, limits: { ...FILE_LIMITS, ...limits } });
  let epoch = 7;
  const place = (incident: string | null, site = 'shop') => {
    epoch += 1;
    placements.set(site, aPlacement({ site, epoch, incident }));
    recording.changed([site]);
    files.changed([placements.get(site)!]);
  };
  const hear = () => {
    clock.stall(100);
    recording.heard(JSON.stringify(anEdgeReport()), clock.mono());
  };
  recording.changed(['shop']);
  return { folder, files, place, hear, clock, names: () => readdirSync(folder).sort() };
}

const id = (second: number) => newIncidentId(1_700_000_000_000 + second * 1_000, 'zone-dark:a');
const linesOf = (folder: string, file: string) =>
  readFileSync(join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('an incident’s stretch', () => {
  it('begins before it was recognised, ends a little after its last site has left it, and only its own user may read it', async () => {
    const { folder, files, place, hear, names, clock } = incidentFiles();
    for (let times = 0; times < 5; times += 1) hear();
    place(id(1));
    place(id(1), 'blog');
    place(null);
    hear();
    place(null, 'blog');
    hear();
    await clock.advance(FILE_LIMITS.afterMs);
    hear();
    await files.close();
    expect(names()).toEqual([`${id(1)}.ndjson`]);
    expect(statSync(join(folder, names()[0]!)).mode & 0o777).toBe(0o600);
    const lines = linesOf(folder, names()[0]!);
    expect(lines[0]).toMatchObject({ kind: 'header', incident: id(1), controller: 'b' });
    expect(lines.filter(({ kind }) => kind === 'report')).toHaveLength(7);
    expect(lines.at(-1)).toMatchObject({ kind: 'end', why: 'the incident is closed' });
    expect(await text(files.read(id(1))!)).toBe(readFileSync(join(folder, names()[0]!), 'utf8'));
  });

  it('of a controller that was restarted in the middle is two files', async () => {
    const first = incidentFiles();
    first.place(id(1));
    await first.files.close();
    const second = incidentFiles({}, first.folder);
    second.place(id(1));
    await second.files.close();
    expect(second.names()).toEqual([`${id(1)}.ndjson`, `${id(1)}~part-2.ndjson`]);
    expect(linesOf(first.folder, `${id(1)}.ndjson`).at(-1)).toMatchObject({ why: 'the controller stopped' });
  });

  it.each([
    ['files', { mostFiles: 3 }],
    ['bytes', { folderBytes: 250 }],
  ])('makes the oldest go when there are too many %s', async (_, limits) => {
    const { folder, files, place, names } = incidentFiles(limits);
    for (const second of [1, 2, 3, 4]) writeFileSync(join(folder, `${id(second)}.ndjson`), 'x'.repeat(100));
    place(id(5));
    await files.close();
    expect(names()).toEqual([3, 4, 5].map((second) => `${id(second)}.ndjson`));
  });

  it('is not begun while as many as may be are being written', async () => {
    const { files, place, names } = incidentFiles({ mostAtOnce: 1 });
    place(id(1));
    place(id(2), 'blog');
    await files.close();
    expect(names()).toEqual([`${id(1)}.ndjson`]);
  });

  it('that cannot be written costs nothing else, and the next is tried again', async () => {
    const { folder, files, place, hear, names } = incidentFiles();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    place(id(1));
    hear();
    rmSync(folder);
    place(id(2));
    await files.close();
    expect(names()).toEqual([`${id(2)}.ndjson`]);
  });

  it.each(['../../etc/passwd', 'a/b', '', '.hidden', '20261122'])('%j asked for is nothing', (asked) => {
    expect(incidentFiles().files.read(asked)).toBeNull();
  });
});
