/** A copy's application for the edge's tests: answers with its zone, writes down every request it carried out, misbehaves on demand. */
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import http from 'node:http';

const [zone = '', host = '', port = '0', journal = ''] = process.argv.slice(2);
/**
 * `ok`, `hang` (accepts, never answers), `errors` (500), `slow` (answers after 300 ms), `half` (the head and a part of the body). Set by
 * lines on standard input.
 */
let mode = 'ok';

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    // It plays its zone's agent as well, as far as probes are concerned.
    if (request.url === '/health') {
      response.end(JSON.stringify({ zone, program: 'agent' }));
      return;
    }
    const body = Buffer.concat(chunks);
    const id = request.headers['x-id'] ?? '';
    if (id !== '') appendFileSync(journal, `${request.method} ${id} ${zone} ${body.length}\n`);
    if (mode === 'hang') return;
    if (mode === 'half') {
      response.writeHead(200, { 'content-length': '10000' });
      response.write('half of it');
      return;
    }
    const answer = () => {
      response.statusCode = mode === 'errors' ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          zone,
          method: request.method,
          url: request.url,
          bytes: body.length,
          sha256: hashOf(body, request.headers['content-type'] ?? ''),
          headers: request.headers,
        }),
      );
    };
    if (mode === 'slow') setTimeout(answer, 300);
    else answer();
  });
});
/** Of what a form says: its boundary is another one every time. */
function hashOf(body: Buffer, contentType: string): string {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1];
  const text = body.toString('latin1');
  const said = boundary === undefined ? text : text.replaceAll(boundary, '');
  return createHash('sha256').update(said, 'latin1').digest('hex');
}
server.on('upgrade', (_, socket) => {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${zone} `);
  socket.pipe(socket);
});
server.listen(Number(port), host, 4096, () => process.stdout.write('ready\n'));
process.stdin.on('data', (data) => {
  mode = String(data).trim().split('\n').at(-1) ?? 'ok';
});
process.stdin.on('end', () => process.exit(0));
