/** What is told of messages at the command line: those that nobody took stand there, with why. */
import { expect, it } from 'vitest';
import { aNotice } from '../../store/fixtures.ts';
import { plain } from '../screens/paint.ts';
import { noticesScreen } from './notices.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const MINUTE = 60_000;

it('waiting, dead and sent, each on its line, with the trouble below it', () => {
  const notices = [
    aNotice('fresh', { createdAt: NOW, dueAt: NOW }),
    aNotice('again', {
      createdAt: NOW - MINUTE,
      dueAt: NOW + 45_000,
      attempts: 3,
      lastTrouble: 'mail.example.org did not take it',
    }),
    aNotice('lost', {
      createdAt: NOW - MINUTE,
      state: 'dead',
      attempts: 30,
      severity: 'critical',
      lastTrouble: 'nobody is there',
    }),
    aNotice('done', { createdAt: NOW - MINUTE, state: 'sent', sentAt: NOW - MINUTE + 2_000 }),
  ];
  const lines = noticesScreen(notices, NOW, plain).split('\n');
  expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
    expect.stringMatching(/^fresh .* due now warning anna \(email\) shop was moved$/),
    expect.stringMatching(/^again .* tried 3 times, again in 45 s warning anna \(email\) shop was moved$/),
    'mail.example.org did not take it',
    expect.stringMatching(/^lost .* dead critical anna \(email\) shop was moved$/),
    'nobody is there',
    expect.stringMatching(/^done .* sent after 2(?:\.0)? s warning anna \(email\) shop was moved$/),
    '',
  ]);
  expect(noticesScreen([], NOW, plain)).toBe('No notices.\n');
});
