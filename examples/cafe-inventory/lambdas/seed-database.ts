import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseResumingException, ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { statements } from '../supplierdb';

/**
 * Fills the supplier database and makes the user that the lookup signs in as, when the stack is deployed.
 *
 * Through the RDS Data API, which needs no network path into the database's subnets. It may run any number of times.
 */
export async function handler(): Promise<void> {
  const user = process.env.DATABASE_USER;
  const lookupUser = [
    // No password: it signs in with a token of an IAM role that may `rds-db:connect` as this user, and only through TLS.
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html
    `CREATE USER IF NOT EXISTS '${user}' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL`,
    `GRANT SELECT ON ${process.env.DATABASE_NAME}.* TO '${user}'`,
  ];
  for (const statement of [...statements(), ...lookupUser]) await execute(statement);
}

const client = new RDSDataClient();

/** A paused cluster answers that it is resuming, which takes 15 to some 30 seconds: two minutes are ample. */
async function execute(sql: string, triesLeft = 24): Promise<void> {
  try {
    await client.send(new ExecuteStatementCommand({
      resourceArn: process.env.CLUSTER_ARN,
      secretArn: process.env.SECRET_ARN,
      database: process.env.DATABASE_NAME,
      sql,
    }));
  } catch (error) {
    if (!(error instanceof DatabaseResumingException) || triesLeft === 1) throw error;
    await sleep(5_000);
    await execute(sql, triesLeft - 1);
  }
}
