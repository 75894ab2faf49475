import { App, Duration } from 'aws-cdk-lib';
import { CafeDatabase } from '../cafe-database';
import { CafeStack } from '../cafe-stack';
import { CafeWebsite } from '../cafe-website';
import { ACCOUNT, REGION } from './cloud';

/** The café as it is deployed locally: the same stack, told of another database and another publisher of the website. */
const { CAFE_DATABASE_URL, CAFE_WEBSITE_ORIGIN, CAFE_LINK_SECONDS } = process.env;

new CafeStack(new App(), 'Cafe', {
  database: CafeDatabase.url(CAFE_DATABASE_URL!),
  website: CafeWebsite.publishedBySdk(CAFE_WEBSITE_ORIGIN!),
  linkExpiresIn: CAFE_LINK_SECONDS ? Duration.seconds(Number(CAFE_LINK_SECONDS)) : undefined,
  env: { account: ACCOUNT, region: REGION },
});
