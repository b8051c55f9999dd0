/** The comparison that decides whether a returning server may follow. */
import { describe, expect, it } from 'vitest';
import { furthest, judge, sequenceOf } from './gtid.ts';
import { copyNumberOfServer, nextServerId } from './options.ts';

describe('positions', () => {
  it('reads domain 0 out of a list, and nothing out of nothing', () => {
    expect(sequenceOf('1-5-9, 0-10100-42')).toBe(42);
    expect(sequenceOf('')).toBe(0);
  });

  it('refuses what is no position', () => {
    expect(() => sequenceOf('0-1')).toThrow('not a GTID');
  });

  it('takes the further one', () => {
    expect(furthest('', '0-10100-3', '0-10200-7', '0-10100-7')).toBe('0-10200-7');
  });
});

describe('a returning copy (101, of old live 102) against the line 0-10207-50', () => {
  const promotion = { epoch: 5, from: 'b', position: '0-10207-50', open: true, acceptedLoss: null };
  const copies = { own: 101, from: 102 };
  it.each([
    ['nothing at all', '', 'clean'],
    ['less than the line', '0-10207-49', 'clean'],
    ['exactly the line', '0-10207-50', 'clean'],
    ["the old live copy's writes beyond it", '0-10207-51', 'diverged'],
    ["the old live copy's writes of another start", '0-10208-51', 'diverged'],
    ['its own writes beyond it', '0-10133-51', 'diverged'],
    ["the new live copy's writes", '0-10305-60', 'clean'],
  ])('holding %s', (_, own, verdict) => {
    expect(judge(own, promotion, copies)).toBe(verdict);
  });

  it('the first reign drew no line', () => {
    expect(judge('0-10133-51', { epoch: 1, from: null, position: '', open: true, acceptedLoss: null }, copies)).toBe(
      'clean',
    );
  });
});

describe('server ids', () => {
  it('are new at every start, stay within the copy, and go round', () => {
    expect(nextServerId(101, 10107, 0)).toBe(10108);
    expect(nextServerId(101, 10199, 0)).toBe(10100);
    expect(copyNumberOfServer(nextServerId(101, null, 1_234_567))).toBe(101);
    expect(copyNumberOfServer(nextServerId(101, 20255, 0))).toBe(101);
  });
});
