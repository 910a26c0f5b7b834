/**
 * What the checks of one simulation have found.
 */
export class Problems {
  readonly #found: { readonly check: string; readonly message: string }[] = [];

  report(check: string, message: string): void {
    this.#found.push({ check, message });
  }

  get found(): readonly { readonly check: string; readonly message: string }[] {
    return this.#found;
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }
}
