/** Finds the known name that somebody probably meant. */

/** The known name nearest to `name`, or null when none is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestSteps = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = editSteps(name.toLowerCase(), candidate.toLowerCase());
    if (steps < bestSteps) {
      best = candidate;
      bestSteps = steps;
    }
  }
  return best;
}

/** Letters to insert, delete, replace, or swap with their neighbour. (Optimal string alignment distance.) */
function editSteps(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    const above = rows[row - 1]!;
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let steps = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + same);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        steps = Math.min(steps, rows[row - 2]![column - 2]! + 1);
      }
      current.push(steps);
    }
    rows.push(current);
  }
  return rows[from.length]![to.length]!;
}
