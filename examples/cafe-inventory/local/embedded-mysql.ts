import { createHash, timingSafeEqual } from 'node:crypto';
import { type Connection, createServer } from 'mysql2';
import { Database, type QueryResult, type SQLiteValue } from 'node-sqlite3-wasm';
import { freePort, LOOPBACK } from './loopback';

/**
 * SQLite behind the MySQL protocol, for machines without a MySQL: the lookup function connects to it with the very same client
 * and sends the very same query.
 *
 * This is not MySQL. It understands SQLite's SQL with MySQL's texts, knows one user and no TLS, takes no prepared statements, and keeps its
 * data in memory; `LOCK TABLES` locks all of them. What a green run on it shows of the example's SQL is that it is portable, not that it works on MySQL.
 */
export async function startEmbeddedMysql(user: string, password: string): Promise<number> {
  const database = new Database(':memory:');
  const passwordHash = sha1(sha1(Buffer.from(password)));
  let connections = 0;
  let unlocked = Promise.resolve();
  let unlock: () => void;

  const answer = async (connection: Connection, sql: string) => {
    if (sql.startsWith('LOCK TABLES')) {
      unlocked = new Promise(resolve => unlock = resolve);
      connection.writeOk();
    } else if (sql === 'UNLOCK TABLES') {
      unlock();
      connection.writeOk();
    } else {
      await unlocked;
      answerQuery(connection, database, sql);
    }
    connection.sequenceId = 0; // each command counts its packets anew, which mysql2 leaves to us
  };

  const server = createServer(connection => {
    connection.on('error', () => connection.destroy()); // a client that went away without a word
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0-sqlite',
      connectionId: ++connections,
      statusFlags: 2, // autocommit
      characterSet: UTF8MB4,
      capabilityFlags: CAPABILITIES,
      authCallback: (login: Login, decide: (error: null, refusal?: { message: string; code: number }) => void) => {
        if (login.user === user && knowsPassword(login, passwordHash)) {
          // Only now: what a client sends that was refused is not looked at.
          connection.on('query', (sql: string) => void answer(connection, sql));
          decide(null);
          connection.sequenceId = 0;
        } else {
          decide(null, { message: `Access denied for user '${login.user}'`, code: 1045 });
        }
      },
    });
  });

  const port = await freePort();
  // The typings know only the port; what is passed reaches `listen` of node:net.
  const listen: (port: number, host: string, listening: () => void) => unknown = server.listen.bind(server);
  await new Promise<void>(resolve => listen(port, LOOPBACK, resolve));
  return port;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
const CAPABILITIES = [
  0x00000001, // the long password, that is, not the one of MySQL 4.0
  0x00000008, // connect with a database
  0x00000200, // the protocol of MySQL 4.1
  0x00002000, // transactions
  0x00008000, // authentication of MySQL 4.1
  0x00080000, // named authentication plugins
].reduce((all, flag) => all + flag);

/** https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const TYPE = { LONGLONG: 8, DOUBLE: 5, VAR_STRING: 253 };
const UTF8MB4 = 45;

interface Login {
  readonly user: string;
  readonly authPluginData1: Buffer;
  readonly authPluginData2: Buffer;
  readonly authToken: Buffer;
}

/**
 * `mysql_native_password`: the client sends SHA1(password) XOR SHA1(challenge + SHA1(SHA1(password))).
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html
 */
function knowsPassword({ authPluginData1, authPluginData2, authToken }: Login, passwordHash: Buffer): boolean {
  const mask = sha1(authPluginData1, authPluginData2, passwordHash);
  if (authToken.length !== mask.length) return false;
  const passwordOnce = mask.map((byte, index) => byte ^ authToken[index]); // eslint-disable-line no-bitwise
  return timingSafeEqual(sha1(passwordOnce), passwordHash);
}

/** https://dev.mysql.com/doc/refman/8.0/en/string-literals.html; in SQLite's texts a backslash is a backslash. */
const TEXT = /'(?:[^'\\]|''|\\.)*'/gs;
const ESCAPED = /\\(.)|''/gs;
const ESCAPES: Record<string, string> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

/** A statement without the texts in it, and these as values. */
export function withBoundTexts(statement: string): { readonly sql: string; readonly texts: string[] } {
  const texts = statement.match(TEXT) ?? [];
  return {
    sql: statement.replace(TEXT, '?'),
    texts: texts.map(text => text.slice(1, -1).replace(ESCAPED, (_, escaped = "'") => ESCAPES[escaped] ?? escaped)),
  };
}

function answerQuery(connection: Connection, database: Database, sql: string): void {
  try {
    const { texts, ...bound } = withBoundTexts(sql);
    const rows = database.all(bound.sql, texts);
    if (/^\s*SELECT\b/i.test(sql)) {
      connection.writeTextResult(rows, columnsOf(rows));
    } else {
      connection.writeOk();
    }
  } catch (error) {
    connection.writeError({ message: (error as Error).message, code: 1064 });
  }
}

/** SQLite types values, MySQL columns: a column has the type that holds all of its values. Without a row it names no columns, and MySQL wants one. */
function columnsOf(rows: QueryResult[]) {
  return Object.keys(rows[0] ?? { none: null }).map(name => ({
    catalog: 'def',
    schema: '',
    table: '',
    orgTable: '',
    name,
    orgName: name,
    characterSet: UTF8MB4,
    columnLength: 0,
    columnType: typeOf(rows.map(row => row[name] as SQLiteValue).filter(value => value !== null)),
    flags: 0,
    decimals: 0,
  }));
}

function typeOf(values: SQLiteValue[]): number {
  const isInteger = (value: SQLiteValue) => typeof value === 'bigint' || Number.isInteger(value);
  if (values.length > 0 && values.every(isInteger)) return TYPE.LONGLONG;
  return values.length > 0 && values.every(value => isInteger(value) || typeof value === 'number') ? TYPE.DOUBLE : TYPE.VAR_STRING;
}

function sha1(...parts: Uint8Array[]): Buffer {
  return Buffer.from(parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest());
}
