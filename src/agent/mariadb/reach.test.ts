/** Whether a copy's newest transaction is part of the history that another one knows. */
import { expect, test } from 'vitest';
import { reach } from './reach.ts';

test.each([
  ['the same position', '0-10101-40', { position: '0-10101-40', state: '' }, 'covered'],
  [
    'the other has more of the same server',
    '0-10101-40',
    { position: '0-10203-70', state: '0-10101-50,0-10203-70' },
    'covered',
  ],
  [
    'the history ends that server earlier',
    '0-10101-40',
    { position: '0-10203-70', state: '0-10101-38,0-10203-70' },
    'foreign',
  ],
  ['the other was built later', '0-10101-40', { position: '0-10203-70', state: '0-10203-70' }, 'unknown'],
  ['a new copy that has written nothing', '0-10101-40', { position: '0-10203-70', state: '' }, 'unknown'],
  ['the other has not got there', '0-10101-40', { position: '0-10101-35', state: '0-10101-35' }, 'behind'],
  ['equal numbers, other writers', '0-10101-40', { position: '0-10203-40', state: '0-10203-40' }, 'behind'],
  ['a copy that holds nothing', '', { position: '0-10203-40', state: '' }, 'covered'],
] as const)('%s', (_, own, known, answer) => {
  expect(reach(own, known)).toBe(answer);
});
