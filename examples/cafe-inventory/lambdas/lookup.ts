import { Signer } from '@aws-sdk/rds-signer';
import { createConnection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';

/**
 * The data source of the inventory report: what the café has of each coffee, read from MySQL when the report is made.
 */
export async function handler({ parameters }: { readonly parameters: InventoryParameters }): Promise<Inventory> {
  const asOf = new Date();
  return inventory(await query(await connectionOptions(), parameters), asOf);
}

/** What was asked for, if not the whole inventory. The pipeline has seen to it that it is nothing else. */
export interface InventoryParameters {
  /** The coffee of this supplier. One that there is not has none. */
  readonly supplier?: string;
  /** Only what is to be reordered. */
  readonly onlyBelowReorderLevel?: boolean;
}

/** One product of one supplier, as the database has it. Numbers may arrive as text: that is how MySQL keeps a DECIMAL exact. */
export interface InventoryRow {
  readonly supplier: string;
  readonly product: string;
  readonly type: string;
  readonly origin: string;
  readonly price: number | string;
  readonly quantity: number | string;
  readonly reorder_level: number | string;
  readonly stock_value: number | string;
  readonly last_delivery: string | null;
  readonly website: string | null;
}

/** One statement, so that all rows show the stock at one moment; by supplier, as the report adds them up. */
export const INVENTORY_SQL = `
  SELECT s.name AS supplier, b.product, b.type, b.origin, b.price, b.quantity, b.reorder_level,
         ROUND(b.price * b.quantity, 2) AS stock_value, b.last_delivery, s.website
    FROM beans b
    JOIN suppliers s ON s.id = b.supplier_id
   WHERE s.name = COALESCE(?, s.name)
     AND (b.quantity < b.reorder_level OR NOT ?)
   ORDER BY s.name, b.product, b.id`;

export async function query(options: ConnectionOptions, parameters: InventoryParameters = {}): Promise<InventoryRow[]> {
  const { supplier = null, onlyBelowReorderLevel = false } = parameters;
  const connection = await createConnection({
    // A paused Aurora Serverless v2 needs about 15 seconds to resume, and more than 30 after a day's pause:
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
    connectTimeout: 60_000,
    charset: 'utf8mb4',
    dateStrings: true, // a date has no time zone; a JavaScript Date would give it one
    ...options,
  });
  try {
    const [rows] = await connection.query<(InventoryRow & RowDataPacket)[]>({
      sql: INVENTORY_SQL,
      values: [supplier, onlyBelowReorderLevel],
      timeout: 20_000,
    });
    return rows;
  } finally {
    connection.destroy(); // at once and without a word to the server, so that it works on a broken connection too
  }
}

/** `DATABASE_URL` as it stands, or else Aurora with a token of this function's own role in place of a password. */
async function connectionOptions(): Promise<ConnectionOptions> {
  if (process.env.DATABASE_URL) return { uri: process.env.DATABASE_URL };
  const host = requireEnv('DATABASE_HOST');
  const port = Number(requireEnv('DATABASE_PORT'));
  const user = requireEnv('DATABASE_USER');
  return {
    host,
    port,
    user,
    database: requireEnv('DATABASE_NAME'),
    // Signed in this process: no call to AWS, so the function needs no way out of its isolated subnet.
    password: await new Signer({ hostname: host, port, username: user }).getAuthToken(),
    // The token travels as a clear-text password, which is why it must go through TLS:
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
    enableCleartextPlugin: true,
    ssl: 'Amazon RDS',
  };
}

/** What the pipeline asks of a data source, version 1 of the contract. */
export interface Inventory {
  readonly version: 1;
  readonly asOf: string;
  readonly columns: readonly InventoryColumn[];
  readonly rows: readonly Record<string, string | number | boolean | null>[];
}

interface InventoryColumn {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'integer' | 'currency' | 'boolean' | 'date' | 'link';
  readonly currency?: 'EUR';
}

const COLUMNS: readonly InventoryColumn[] = [
  { name: 'supplier', label: 'Supplier', type: 'text' },
  { name: 'product', label: 'Product', type: 'text' },
  { name: 'type', label: 'Type', type: 'text' },
  { name: 'origin', label: 'Origin', type: 'text' },
  { name: 'price', label: 'Price per kg', type: 'currency', currency: 'EUR' },
  { name: 'quantity', label: 'Stock, kg', type: 'integer' },
  { name: 'reorder_level', label: 'Reorder below, kg', type: 'integer' },
  { name: 'reorder', label: 'Reorder?', type: 'boolean' },
  { name: 'stock_value', label: 'Stock value', type: 'currency', currency: 'EUR' },
  { name: 'last_delivery', label: 'Last delivery', type: 'date' },
  { name: 'website', label: 'Website', type: 'link' },
];

export function inventory(rows: readonly InventoryRow[], asOf: Date): Inventory {
  return {
    version: 1,
    asOf: asOf.toISOString(),
    columns: COLUMNS,
    rows: rows.map(row => ({
      supplier: row.supplier,
      product: row.product,
      type: row.type,
      origin: row.origin,
      price: euros(row.price),
      quantity: Number(row.quantity),
      reorder_level: Number(row.reorder_level),
      reorder: Number(row.quantity) < Number(row.reorder_level),
      stock_value: euros(row.stock_value),
      last_delivery: row.last_delivery,
      website: row.website,
    })),
  };
}

/** An amount as a text of digits, each of which counts. */
function euros(amount: number | string): string {
  return Number(amount).toFixed(2);
}

function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set`);
  return value;
}
