/** Puts things of the process aside until they are put back. */
export class Replacements {
  private readonly undo: (() => void)[] = [];

  public replace(object: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(object, name);
    this.undo.unshift(() => before ? Object.defineProperty(object, name, before) : Reflect.deleteProperty(object, name));
    Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: before?.enumerable ?? false });
  }

  public putBack(): void {
    this.undo.forEach(undo => undo());
  }
}
