import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { type Connection, createConnection, format } from 'mysql2';
import { Database } from 'node-sqlite3-wasm';
import { handler, inventory, INVENTORY_SQL, type InventoryParameters, type InventoryRow } from '../../examples/cafe-inventory/lambdas/lookup';
import { withBoundTexts } from '../../examples/cafe-inventory/local/embedded-mysql';
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

/** What the lookup gets of it, which sends its statement with the values in it. */
function rowsOf(database: Database, { supplier, onlyBelowReorderLevel = false }: InventoryParameters = {}): InventoryRow[] {
  const { sql, texts } = withBoundTexts(format(INVENTORY_SQL, [supplier ?? null, onlyBelowReorderLevel]));
  return database.all(sql, texts) as unknown as InventoryRow[];
}

type Decide = (error: null, refusal?: { message: string; code: number }) => void;

/** A server that has no TLS. */
async function mysqlServer(signIn: (connection: Connection, decide: Decide) => void): Promise<Server> {
  const server = createServer(socket => {
    const connection = createConnection({ stream: socket, isServer: true });
    connection.on('error', () => connection.destroy());
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0x00088209, // what signing in takes, and not 0x800: TLS
      authCallback: (_login: unknown, decide: Decide) => signIn(connection, decide),
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
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

describe('the parameters of a request', () => {
  const database = seededDatabase();
  const all = rowsOf(database);
  const isShort = ({ quantity, reorder_level }: InventoryRow) => Number(quantity) < Number(reorder_level);

  test('choose a supplier', () => {
    const rows = rowsOf(database, { supplier: "O'Brien's Coffee Imports" });
    expect(rows).toEqual(all.filter(({ supplier }) => supplier === "O'Brien's Coffee Imports"));
    expect(rows).toHaveLength(6);
  });

  test('choose what is to be reordered, which is not what has just reached its level', () => {
    const rows = rowsOf(database, { onlyBelowReorderLevel: true });
    expect(rows).toEqual(all.filter(isShort));
    expect(rows).toHaveLength(11);
  });

  test('may do both', () => {
    expect(rowsOf(database, { supplier: 'Finca El Manantial', onlyBelowReorderLevel: true }).map(({ product }) => product)).toEqual(['Cobán Lluvia Fina']);
  });

  test('leave out nothing by saying no', () => {
    expect(rowsOf(database, { onlyBelowReorderLevel: false })).toEqual(all);
  });

  test.each([
    "' OR '1'='1", "\\' OR 1=1 -- ", '\\', "'", '%', '_', '`; DROP TABLE beans; --', '?', 'NULL', 's.name', '\u0000', 'Nusantar\u0430 Kopi', '\n', '\u{1F480}',
  ])('find nothing of the supplier %j', supplier => {
    expect(rowsOf(database, { supplier })).toEqual([]);
    expect(rowsOf(database)).toEqual(all);
  });

  test('reach the database as they were sent', async () => {
    const asked: string[] = [];
    const server = await mysqlServer((connection, decide) => {
      connection.on('query', (sql: string) => {
        asked.push(sql);
        connection.writeError({ message: 'no such table', code: 1146 });
      });
      decide(null);
      connection.sequenceId = 0;
    });
    try {
      process.env.DATABASE_URL = `mysql://cafe:local@127.0.0.1:${(server.address() as AddressInfo).port}/supplierdb`;
      for (const parameters of [{ supplier: "O'Brien\\", onlyBelowReorderLevel: true }, {}]) {
        await expect(handler({ parameters })).rejects.toThrow('no such table');
      }
    } finally {
      delete process.env.DATABASE_URL;
      server.close();
    }
    expect(asked).toEqual([format(INVENTORY_SQL, ["O'Brien\\", true]), format(INVENTORY_SQL, [null, false])]);
  });
});

test('the embedded database reads each text as MySQL would', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (one, other) => {
    expect(withBoundTexts(format('SELECT ?, ? FROM t', [one, other]))).toEqual({ sql: 'SELECT ?, ? FROM t', texts: [one, other] });
  }));
  expect(withBoundTexts("SELECT 'it''s', 'C:\\\\' FROM t")).toEqual({ sql: 'SELECT ?, ? FROM t', texts: ["it's", 'C:\\'] });
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
    const database = await mysqlServer((_connection, decide) => {
      tokens += 1;
      decide(null, { message: 'Access denied', code: 1045 });
    });
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
      await expect(handler({ parameters: {} })).rejects.toThrow(/secure connection/);
      expect(tokens).toBe(0);
    } finally {
      database.close();
    }
  });
});
