import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createConnection } from 'mysql2';
import { Database } from 'node-sqlite3-wasm';
import { handler, inventory, INVENTORY_SQL, type InventoryRow } from '../../examples/cafe-inventory/lambdas/lookup';
import { statements } from '../../examples/cafe-inventory/supplierdb';

const asOf = new Date('2026-11-21T06:00:00Z');

/** A row as MySQL's text protocol delivers it: whole numbers as numbers, DECIMAL as text. */
function row(changes: Partial<InventoryRow> = {}): InventoryRow {
  return {
    supplier: "O'Brien's Coffee Imports",
    product: 'Decaf Noc (caffeine < 0.1 %)',
    type: 'Decaf',
    origin: 'Popayán, Colombia',
    price: '25.50',
    quantity: 16,
    reorder_level: 12,
    stock_value: '408.00',
    last_delivery: '2026-10-30',
    website: null,
    ...changes,
  };
}

/** The supplier database in SQLite, which keeps decimals as floating-point numbers. */
function seededDatabase(): Database {
  const database = new Database();
  for (const statement of statements()) database.run(statement);
  return database;
}

function rowsOf(database: Database): InventoryRow[] {
  return database.all(INVENTORY_SQL) as unknown as InventoryRow[];
}

describe('the inventory', () => {
  test('every row has every column, and nothing more', () => {
    const { columns, rows } = inventory(rowsOf(seededDatabase()), asOf);
    const names = columns.map(column => column.name);
    for (const each of rows) expect(Object.keys(each)).toEqual(names);
  });

  test('says when the database was asked', () => {
    expect(inventory([], asOf)).toMatchObject({ version: 1, asOf: '2026-11-21T06:00:00.000Z', rows: [] });
  });

  test('keeps names and missing values as they are', () => {
    expect(inventory([row()], asOf).rows[0]).toMatchObject({
      supplier: "O'Brien's Coffee Imports",
      product: 'Decaf Noc (caffeine < 0.1 %)',
      website: null,
    });
  });

  test.each([
    { quantity: 11, reorder_level: 12, reorder: true },
    { quantity: 12, reorder_level: 12, reorder: false },
    { quantity: '9', reorder_level: '10', reorder: true }, // as text, '9' is more than '10'
  ])('$quantity kg with a reorder level of $reorder_level kg: reorder is $reorder', ({ reorder, ...changes }) => {
    expect(inventory([row(changes)], asOf).rows[0].reorder).toBe(reorder);
  });

  test.each([['1234.5'], [1234.5], ['1234.50']])('writes the amount %p with its cents', amount => {
    expect(inventory([row({ stock_value: amount })], asOf).rows[0].stock_value).toBe('1234.50');
  });
});

describe('the statements of the supplier database', () => {
  test('end at semicolons, but not at those in quoted text', () => {
    expect(statements("INSERT INTO t VALUES ('a; b', 'it''s; c'); SELECT 1;")).toEqual(["INSERT INTO t VALUES ('a; b', 'it''s; c')", 'SELECT 1']);
  });

  test('leave out comments, but not dashes in quoted text', () => {
    expect(statements("-- it's a comment; really\nSELECT '-- text' -- why\n;\n-- the end\n")).toEqual(["SELECT '-- text'"]);
  });

  test('make 48 coffees of 8 suppliers', () => {
    const rows = rowsOf(seededDatabase());
    expect(rows).toHaveLength(48);
    expect(new Set(rows.map(each => each.supplier)).size).toBe(8);
  });

  test('give the same totals in SQLite as in MySQL', () => {
    const { rows } = inventory(rowsOf(seededDatabase()), asOf);
    const total = (values: unknown[]) => values.reduce((sum: number, value) => sum + Number(value), 0);
    expect(total(rows.map(({ quantity }) => quantity))).toBe(1295);
    expect(total(rows.map(({ stock_value: euros }) => String(euros).replace('.', '')))).toBe(28230_35);
  });

  test('list the coffee by supplier and product', () => {
    const names = rowsOf(seededDatabase()).map(each => `${each.supplier}/${each.product}`);
    expect(names).toEqual([...names].sort());
  });

  test('may run again, and leave the stock as it has become', () => {
    const database = seededDatabase();
    database.run('UPDATE beans SET quantity = 1 WHERE id = 48');
    for (const statement of statements()) database.run(statement);
    expect(database.get('SELECT COUNT(*) AS beans, MIN(id) AS first FROM beans')).toEqual({ beans: 48, first: 1 });
    expect(database.get('SELECT quantity FROM beans WHERE id = 48')).toEqual({ quantity: 1 });
  });
});

describe('the connection to Aurora', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = before;
  });

  test('sends no token to a database that does not offer TLS', async () => {
    let tokens = 0;
    const database = createServer(socket => {
      const connection = createConnection({ stream: socket, isServer: true });
      connection.on('error', () => connection.destroy());
      connection.serverHandshake({
        protocolVersion: 10,
        serverVersion: '8.0.0',
        connectionId: 1,
        statusFlags: 2,
        characterSet: 45,
        capabilityFlags: 0x00088209, // what signing in takes, and not 0x800: TLS
        authCallback: (_login: unknown, decide: (error: null, refusal: { message: string; code: number }) => void) => {
          tokens += 1;
          decide(null, { message: 'Access denied', code: 1045 });
        },
      });
    });
    await once(database.listen(0, '127.0.0.1'), 'listening');
    Object.assign(process.env, {
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: `${(database.address() as AddressInfo).port}`,
      DATABASE_NAME: 'supplierdb',
      DATABASE_USER: 'lookup',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    try {
      await expect(handler()).rejects.toThrow(/secure connection/);
      expect(tokens).toBe(0);
    } finally {
      database.close();
    }
  });
});
