import { Column } from '../src/workflow/contract';

/** Ten columns of all kinds of values; a row is about 260 bytes of JSON. */
export const COLUMNS: readonly Column[] = [
  { name: 'id', label: 'No.', type: 'integer' },
  { name: 'supplier', label: 'Supplier', type: 'text' },
  { name: 'product', label: 'Product', type: 'text' },
  { name: 'note', label: 'Note', type: 'text' },
  { name: 'quantity', label: 'Quantity', type: 'integer' },
  { name: 'reorderLevel', label: 'Reorder at', type: 'integer' },
  { name: 'price', label: 'Price', type: 'currency', currency: 'EUR' },
  { name: 'rate', label: 'Rate', type: 'decimal' },
  { name: 'harvestedOn', label: 'Harvest', type: 'date' },
  { name: 'countedAt', label: 'Counted', type: 'datetime' },
];

const SUPPLIERS = ['Yirgacheffe Coffee Farmers Cooperative Union', 'Finca El Paraíso, Cauca', 'Łódź Roasters', '山田珈琲店', 'Café "Zum Löwen"', "O'Brien & Sons"];
const PRODUCTS = ['Arabica, washed', 'Robusta <natural>', 'Decaf; 1 kg', 'Crème brûlée blend', 'Espresso ☕ No. 7'];
const NOTES = [
  '', 'Ask for the samples of the new harvest, "Grade 1" only, before the next order is placed with them', '=SUM(A1:A9)', 'Delivered in two\nshipments this year',
  'Store dry & cool, at <18 °C, and away from anything that smells of anything: the beans take it on', 'Call +49 151 123456 in the morning', 'No remarks this time',
];

/** The row of a number: the same in each run. */
export function row(number: number): { [name: string]: string | number | null } {
  const mixed = (number * 2_654_435_761) % 2 ** 32;
  return {
    id: number,
    supplier: SUPPLIERS[mixed % SUPPLIERS.length],
    product: PRODUCTS[Math.floor(mixed / 8) % PRODUCTS.length],
    note: NOTES[Math.floor(mixed / 64) % NOTES.length],
    quantity: mixed % 5000,
    reorderLevel: 500,
    price: (mixed % 1_000_000) / 100,
    rate: mixed % 11 === 0 ? null : (mixed % 2000) / 1000,
    harvestedOn: new Date(Date.UTC(2026, 0, 1 + mixed % 365)).toISOString().slice(0, 10),
    countedAt: new Date(Date.UTC(2026, 0, 1) + (mixed % 31_536_000) * 1000).toISOString(),
  };
}

/** The rows as NDJSON, in pieces as S3 sends them. */
export function* ndjson(rows: number): Generator<Buffer> {
  let piece = '';
  for (let number = 1; number <= rows; number += 1) {
    piece += `${JSON.stringify(row(number))}\n`;
    if (piece.length >= 64 * 1024 || number === rows) {
      yield Buffer.from(piece);
      piece = '';
    }
  }
}
