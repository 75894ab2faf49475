import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { statements } from '../supplierdb';
import { startEmbeddedMysql } from './embedded-mysql';
import { freePort, LOOPBACK, until } from './loopback';
import type { Run } from './run';

export interface Database {
  /** What it is, for people. */
  readonly name: string;
  readonly url: string;
}

const SCHEMA = 'supplierdb';
const USER = 'cafe';

/**
 * The supplier database, filled: the one that `CAFE_DATABASE_URL` names; or else the MariaDB or MySQL that is installed here, with data
 * of its own; or else, and also if `CAFE_DATABASE_URL` is `embedded`, the embedded one.
 */
export async function startDatabase(run: Run): Promise<Database> {
  const database = await chosenDatabase(run, process.env.CAFE_DATABASE_URL);
  const connection = await createConnection({ uri: database.url, charset: 'utf8mb4' });
  try {
    for (const statement of statements()) await connection.query(statement);
  } finally {
    connection.destroy();
  }
  return database;
}

/** Lets nobody read the inventory while the work goes on. */
export async function whileLocked<T>({ url }: Database, work: () => Promise<T>): Promise<T> {
  const connection = await createConnection(url);
  try {
    await connection.query('LOCK TABLES beans WRITE');
    return await work();
  } finally {
    await connection.query('UNLOCK TABLES');
    connection.destroy();
  }
}

async function chosenDatabase(run: Run, asked: string | undefined): Promise<Database> {
  if (asked && asked !== 'embedded') {
    return { name: 'the database that CAFE_DATABASE_URL names', url: asked };
  }
  const server = asked ? undefined : await installed('mariadbd', 'mysqld');
  return server ? startServer(run, server) : embedded();
}

async function embedded(): Promise<Database> {
  const password = newPassword();
  const port = await startEmbeddedMysql(USER, password);
  return { name: 'an embedded SQLite that speaks the MySQL protocol (this is not MySQL, but the query is the same)', url: urlAt(port, password) };
}

/** Starts an installed server as a process of this run: its own data, user and port, nothing to do with the one that the system may run. */
async function startServer(run: Run, server: string): Promise<Database> {
  const data = join(run.directory, 'database');
  const initSql = join(run.directory, 'database.sql');
  const password = newPassword();
  const port = await freePort();

  await mkdir(data);
  await writeFile(initSql, [
    `CREATE DATABASE ${SCHEMA} CHARACTER SET utf8mb4;`,
    `CREATE USER '${USER}'@'${LOOPBACK}' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON ${SCHEMA}.* TO '${USER}'@'${LOOPBACK}';`,
  ].join('\n'), { mode: 0o600 });

  const environment = { PATH: process.env.PATH, HOME: run.directory, TMPDIR: run.directory };
  // As root it refuses to run unless it is told to.
  const common = ['--no-defaults', `--datadir=${data}`, ...process.getuid!() === 0 ? ['--user=root'] : []];
  const mariadbInstall = await installed('mariadb-install-db');
  if (mariadbInstall) {
    await run.command(mariadbInstall, [...common, '--skip-test-db'], environment);
  } else {
    await run.command(server, [...common, '--initialize-insecure'], environment);
  }
  run.service('database', server, [
    ...common,
    `--bind-address=${LOOPBACK}`,
    `--port=${port}`,
    `--socket=${join(data, 'socket')}`,
    `--pid-file=${join(data, 'pid')}`,
    `--init-file=${initSql}`,
    '--skip-name-resolve',
    '--loose-mysqlx=OFF', // MySQL's second protocol, on a fixed port
  ], environment);

  const url = urlAt(port, password);
  await until('the database', 60, () => answers(url).catch(notReadyYet));
  return { name: `${mariadbInstall ? 'MariaDB' : 'MySQL'}, started for this run`, url };
}

async function answers(url: string): Promise<true> {
  const connection = await createConnection(url);
  connection.destroy();
  return true;
}

function notReadyYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ECONNREFUSED') throw error;
}

/** The first of the programs that is there. Servers are often kept out of the PATH. */
async function installed(...programs: string[]): Promise<string | undefined> {
  const directories = [...process.env.PATH!.split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/libexec'];
  for (const program of programs.flatMap(name => directories.map(directory => join(directory, name)))) {
    if (await access(program, constants.X_OK).then(() => true, () => false)) return program;
  }
  return undefined;
}

function urlAt(port: number, password: string): string {
  return `mysql://${USER}:${password}@${LOOPBACK}:${port}/${SCHEMA}`;
}

function newPassword(): string {
  return randomBytes(16).toString('hex');
}
