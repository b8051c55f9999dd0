import { expect, test } from 'vitest';
import { parseLine } from './access-log.ts';

test.each([
  ['{"id":"d1-write-3","bytesSent":"0, 412"}', { id: 'd1-write-3', bytes: 412 }],
  ['{"id":"d1-write-3","bytesSent":"- : 12"}', { id: 'd1-write-3', bytes: 12 }],
  ['{"id":"d1-write-3","bytesSent":""}', { id: 'd1-write-3', bytes: 0 }],
  ['{"bytesSent":"1"}', null],
  ['{"id":"cut in the mid', null],
])('%s', (line, parsed) => {
  expect(parseLine(line)).toEqual(parsed);
});
