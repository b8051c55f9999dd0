/** Colours where they help and nobody minds: a terminal, and NO_COLOR not set. */
import picocolors from 'picocolors';

export type Paint = ReturnType<typeof picocolors.createColors>;

export function paintFor(stream: { isTTY?: boolean }): Paint {
  const wanted = Boolean(stream.isTTY) && !process.env.NO_COLOR;
  return picocolors.createColors(wanted);
}

export const plain: Paint = picocolors.createColors(false);
