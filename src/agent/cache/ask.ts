/** One question to a redis-server over its socket, with a limit: a connection of its own each time, so that a hanging one is nobody's. */
import { createConnection } from 'node:net';
import type { Clock } from '../../platform/clock.ts';

/** Answers the reply's text; rejects when there is none within `limitMs`, or when it is an error. */
export type AskRedis = (socket: string, words: string[], limitMs: number) => Promise<string>;

/** More than any reply to what is asked here. */
const MOST_REPLY_BYTES = 256 * 1024;

export function createAsk(clock: Clock): AskRedis {
  return (path, words, limitMs) =>
    new Promise((resolve, reject) => {
      const socket = createConnection(path);
      let received = Buffer.alloc(0);
      const end = (error: Error | null, reply = '') => {
        cancel();
        socket.destroy();
        if (error === null) resolve(reply);
        else reject(error);
      };
      const cancel = clock.after(limitMs, () => end(new Error(`no answer within ${limitMs} ms`)));
      socket.on('error', (error) => end(error));
      socket.on('close', () => end(new Error('the connection was closed without an answer')));
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length > MOST_REPLY_BYTES) return end(new Error('an answer without an end'));
        const reply = parseReply(received);
        if (reply === null) return;
        end(reply.error ? new Error(reply.text) : null, reply.text);
      });
      socket.write(toRequest(words));
    });
}

/** The words as an array of bulk strings, as every redis client sends them. */
export function toRequest(words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** A simple string, error, integer or bulk string; null while it is not complete. */
export function parseReply(received: Buffer): { error: boolean; text: string } | null {
  const lineEnd = received.indexOf('\r\n');
  if (lineEnd < 0) return null;
  const kind = String.fromCharCode(received[0]!);
  const line = received.toString('utf8', 1, lineEnd);
  if (kind !== '$') return { error: kind === '-', text: line };
  const length = Number(line);
  if (length < 0) return { error: false, text: '' };
  const begin = lineEnd + 2;
  return received.length < begin + length + 2
    ? null
    : { error: false, text: received.toString('utf8', begin, begin + length) };
}
