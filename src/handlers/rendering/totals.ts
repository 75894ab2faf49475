import { Cell, Cells, Subtotal, TotalCells } from './format';
import { numericPositionOf, positionOf } from './report';
import { Column } from '../../workflow/contract';
import { TotalsOptions } from '../../workflow/file-options';

/** The sums of some columns: of all rows, and of each group of rows that follow one another with the same value in a column. */
export class Totals {
  private readonly summed: readonly number[];
  private readonly by: number | undefined;
  private readonly all: ExactSum[];
  private group: ExactSum[] = [];
  private groupCell: Cell = null;
  private groupRows = 0;

  public constructor({ sum, by }: TotalsOptions, private readonly columns: readonly Column[]) {
    this.summed = sum.map(name => numericPositionOf(name, columns));
    this.by = by === undefined ? undefined : positionOf(by, columns);
    this.all = this.zeros();
  }

  /** Adds a row, and returns the total of the group that ended before it. */
  public add(cells: Cells): Subtotal | undefined {
    this.summed.forEach((position, index) => this.all[index].add(cells[position]));
    if (this.by === undefined) {
      return undefined;
    }
    const ended = cells[this.by] === this.groupCell ? undefined : this.subtotal();
    if (this.groupRows === 0 || ended) {
      this.groupCell = cells[this.by];
      this.groupRows = 0;
      this.group = this.zeros();
    }
    this.groupRows += 1;
    this.summed.forEach((position, index) => this.group[index].add(cells[position]));
    return ended;
  }

  /** The total of the last group. */
  public subtotal(): Subtotal | undefined {
    return this.groupRows === 0 ? undefined
      : { group: this.groupCell, position: this.by!, rows: this.groupRows, totals: this.cellsOf(this.group) };
  }

  public get cells(): TotalCells {
    return this.cellsOf(this.all);
  }

  private zeros(): ExactSum[] {
    return this.summed.map(() => new ExactSum());
  }

  private cellsOf(sums: readonly ExactSum[]): TotalCells {
    const cells = new Array<Cell | undefined>(this.columns.length).fill(undefined);
    this.summed.forEach((position, index) => { cells[position] = sums[index].value; });
    return cells;
  }
}

/** A sum of numbers, and of strings of digits, in which each digit counts: a binary fraction would make 0.30000000000000004 of 0.1 and 0.2. */
export class ExactSum {
  /** In units of the last of so many decimals. */
  private units = 0n;
  private decimals = 0;
  /** Whole numbers are added up as numbers, as long as these are exact. */
  private whole = 0;

  public add(cell: Cell): void {
    if (typeof cell === 'number' && Number.isSafeInteger(this.whole + cell)) {
      this.whole += cell;
    } else if (cell !== null) {
      const [whole, fraction = ''] = plainDigits(String(cell)).split('.');
      if (fraction.length > this.decimals) {
        this.units *= 10n ** BigInt(fraction.length - this.decimals);
        this.decimals = fraction.length;
      }
      this.units += BigInt(whole + fraction.padEnd(this.decimals, '0'));
    }
  }

  /** A string of digits, as cells may be. */
  public get value(): string {
    const units = this.units + BigInt(this.whole) * 10n ** BigInt(this.decimals);
    const digits = `${units < 0n ? -units : units}`.padStart(this.decimals + 1, '0');
    const point = digits.length - this.decimals;
    return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${this.decimals > 0 ? `.${digits.slice(point)}` : ''}`;
  }
}

/** A number without an exponent: `1.5e-7` is `0.00000015`. Cells have no positive ones. */
function plainDigits(number: string): string {
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(number) ?? [];
  return exponent === undefined ? number : `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${fraction}`;
}
