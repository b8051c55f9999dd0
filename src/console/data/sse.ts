/** Server-sent events from a stream of text: pure, so that it can be tested with every way of cutting the text into pieces. */

export interface Message {
  event: string;
  id: string | null;
  data: string;
}

/** Feed it pieces; it calls `take` for each whole message. Lines that say nothing (`: still here`) are passed over. */
export function createParser(take: (message: Message) => void): (piece: string) => void {
  let rest = '';
  let event = 'message';
  let id: string | null = null;
  let data: string[] = [];
  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) take({ event, id, data: data.join('\n') });
      event = 'message';
      data = [];
      return;
    }
    const [name, value = ''] = splitOnce(text);
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  };
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf(':');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1).replace(/^ /, '')];
}
