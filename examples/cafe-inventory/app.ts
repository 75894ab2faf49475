import { App } from 'aws-cdk-lib';
import { CafeDatabase } from './cafe-database';
import { CafeStack } from './cafe-stack';
import { CafeWebsite } from './cafe-website';

const app = new App();

new CafeStack(app, 'Cafe', {
  database: CafeDatabase.aurora(),
  website: CafeWebsite.cloudFront(),
  bookkeeperEmail: app.node.tryGetContext('bookkeeperEmail'),
  ownerEmail: app.node.tryGetContext('ownerEmail'),
});
