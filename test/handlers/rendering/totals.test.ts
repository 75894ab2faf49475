import * as fc from 'fast-check';
import { ExactSum, Totals } from '../../../src/handlers/rendering/totals';
import { Column } from '../../../src/workflow/contract';
import { runs } from '../support/fuzz';

const COLUMNS: Column[] = [{ name: 'supplier', type: 'text' }, { name: 'kilos', type: 'integer' }, { name: 'price', type: 'currency', currency: 'EUR' }];

function sumOf(...cells: (number | string | null)[]): string {
  const sum = new ExactSum();
  cells.forEach(cell => sum.add(cell));
  return sum.value;
}

describe('a sum', () => {
  test.each<[(number | string | null)[], string]>([
    [[], '0'], [[null], '0'], [[0.1, 0.2], '0.3'], [['0.10', '0.2'], '0.30'], [[1, -1], '0'], [[-0.5, '0.25'], '-0.25'], [['-0.01'], '-0.01'], [[5, '-0.5'], '4.5'],
    [[2 ** 53 - 1, 2 ** 53 - 1], '18014398509481982'], [['12345678901234567890.12', '0.88'], '12345678901234567891.00'], [[1.5e-7, 1], '1.00000015'], [[-1e-7], '-0.0000001'],
  ])('of %j is %s', (cells, sum) => {
    expect(sumOf(...cells)).toBe(sum);
  });

  test('is exact, whatever the order', () => {
    const cents = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    const written = (units: bigint) => `${units < 0n ? '-' : ''}${(units < 0n ? -units : units).toString().padStart(3, '0').replace(/(\d\d)$/, '.$1')}`;
    fc.assert(fc.property(fc.array(fc.oneof(cents, fc.bigInt({ min: -1000n, max: 1000n })), { minLength: 1 }), all => {
      expect(sumOf(...all.map(written))).toBe(written(all.reduce((a, b) => a + b)));
      expect(sumOf(...all.map(units => units % 100n === 0n && units < 10n ** 15n && units > -(10n ** 15n) ? Number(units / 100n) : written(units)))
        .replace(/^(-?\d+)$/, '$1.00')).toBe(written(all.reduce((a, b) => a + b)));
    }), runs(300));
  });
});

test('groups are rows that follow one another', () => {
  const totals = new Totals({ sum: ['kilos', 'price'], by: 'supplier' }, COLUMNS);
  const ended = [['a', 1, '0.10'], ['a', null, '0.20'], [null, 5, null], ['a', 3, 1]].map(cells => totals.add(cells as never));
  expect(ended).toEqual([
    undefined, undefined, { group: 'a', position: 0, rows: 2, totals: [undefined, '1', '0.30'] }, { group: null, position: 0, rows: 1, totals: [undefined, '5', '0'] },
  ]);
  expect(totals.subtotal()).toEqual({ group: 'a', position: 0, rows: 1, totals: [undefined, '3', '1'] });
  expect(totals.cells).toEqual([undefined, '9', '1.30']);
});

test('without rows there is no group', () => {
  const totals = new Totals({ sum: ['kilos'], by: 'supplier' }, COLUMNS);
  expect(totals.subtotal()).toBeUndefined();
  expect(totals.cells).toEqual([undefined, '0', undefined]);
});

test('only numbers of the data can be added up', () => {
  expect(() => new Totals({ sum: ['supplier'] }, COLUMNS)).toThrow('the renderer takes the column "supplier" for one of numbers, and the data source says that its type is text');
  expect(() => new Totals({ sum: ['tons'] }, COLUMNS)).toThrow('the renderer is to show the column "tons", and the data source has none of that name; its columns are supplier, kilos, price');
});
