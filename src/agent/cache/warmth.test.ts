import { expect, test } from 'vitest';
import { parseReply, toRequest } from './ask.ts';
import { COLD_MOST_MS, coldFrom, parseInfo, USUAL_SHARE, type Warmth, warmthAfter } from './warmth.ts';

/** One sample a second, each with so many reads, of which a share finds something. */
function play(seconds: number, { share, reads, run = 'one', before = coldFrom(0, USUAL_SHARE) as Warmth }: Played) {
  let warmth = before;
  const begin = warmth.samples.at(-1)?.at ?? 0;
  for (let second = 1; second <= seconds; second++) {
    const total = reads * second;
    const hits = Math.round(total * share);
    warmth = warmthAfter(warmth, { at: begin + second * 1_000, run, hits, misses: total - hits, keys: 7 });
  }
  return warmth;
}
interface Played {
  share: number;
  reads: number;
  run?: string;
  before?: Warmth;
}

test.each([
  { name: 'half of the usual share is warm, after ten seconds', seconds: 11, share: 0.41, reads: 10, warm: true },
  { name: 'not sooner', seconds: 9, share: 1, reads: 10, warm: false },
  { name: 'less than half of the usual share is cold', seconds: 60, share: 0.39, reads: 10, warm: false },
  { name: 'a handful of reads says nothing', seconds: 60, share: 1, reads: 1, warm: false },
  { name: 'after five minutes nobody waits any more', seconds: COLD_MOST_MS / 1_000, share: 0, reads: 0, warm: true },
])('$name', ({ seconds, share, reads, warm }) => {
  const { coldAt, because } = play(seconds, { share, reads });
  expect(coldAt === null).toBe(warm);
  expect(because === null).toBe(!warm);
});

test('it says why it is warm', () => {
  expect(play(11, { share: 0.5, reads: 10 }).because).toBe(
    '50 % of the reads of the last 10 s found something (usual: 80 %), 7 keys',
  );
  expect(play(300, { share: 0, reads: 0 }).because).toBe('5 minutes have passed; it is hardly read, 7 keys');
});

test('another run of the server is cold again; what was usual is remembered', () => {
  const warm = play(1_000, { share: 0.5, reads: 10 });
  expect(warm.usualShare).toBeCloseTo(0.5, 2);
  const again = play(1, { share: 1, reads: 10, run: 'two', before: warm });
  expect(again.coldAt).not.toBeNull();
  expect(again.usualShare).toBe(warm.usualShare);
});

test('the counters of every database are read', () => {
  const text =
    '# Stats\r\nrun_id:abc\r\nkeyspace_hits:12\r\nkeyspace_misses:3\r\ndb0:keys=5,expires=0\r\ndb3:keys=2,expires=1\r\n';
  expect(parseInfo(text, 9)).toEqual({ at: 9, run: 'abc', hits: 12, misses: 3, keys: 7 });
});

test('replies are read as they come, in pieces too', () => {
  expect(toRequest(['GET', 'ä'])).toBe('*2\r\n$3\r\nGET\r\n$2\r\nä\r\n');
  expect(parseReply(Buffer.from('+OK\r\n'))).toEqual({ error: false, text: 'OK' });
  expect(parseReply(Buffer.from('-NOPERM no\r\n'))).toEqual({ error: true, text: 'NOPERM no' });
  expect(parseReply(Buffer.from('$4\r\nab'))).toBeNull();
  expect(parseReply(Buffer.from('$4\r\nab\r\n\r\n'))).toEqual({ error: false, text: 'ab\r\n' });
  expect(parseReply(Buffer.from('$-1\r\n'))).toEqual({ error: false, text: '' });
});
