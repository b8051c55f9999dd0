/** A trouble that the person at the terminal can do something about: shown as its sentence, without a stack. */
export class Trouble extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Trouble';
  }
}
