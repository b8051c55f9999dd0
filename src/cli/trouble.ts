/** A trouble that the person at the terminal can do something about: shown as its sentence, without a stack. */
export class Trouble extends Error {
  readonly exitStatus: number;

  constructor(sentence: string, exitStatus = 1) {
    super(sentence);
    this.exitStatus = exitStatus;
    this.name = 'Trouble';
  }
}
