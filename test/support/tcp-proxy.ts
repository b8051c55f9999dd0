/** A TCP proxy that can stand between two parts of a test and lose what they say to each other, without ever closing a connection. */
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** `http://127.0.0.1:port` */
  url: string;
  /** Answers are lost; what is asked still arrives. */
  mute(): void;
  /** Nothing passes in either direction; new connections are taken and heard in silence. */
  cut(): void;
  /** Passes everything again. Connections that lost something are broken, as they would be. */
  restore(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let asks = true;
  let answers = true;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (chunk) => asks && far.write(chunk));
    far.on('data', (chunk) => answers && near.write(chunk));
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
  });
  const breakAll = () => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    mute: () => {
      answers = false;
    },
    cut: () => {
      asks = false;
      answers = false;
    },
    restore: () => {
      breakAll();
      asks = true;
      answers = true;
    },
    close: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
