import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import menu from '../menu.json';

/** Puts `menu.json` into the table, when the stack is deployed. */
export async function handler(): Promise<void> {
  await publishMenu(new DynamoDBClient(), process.env.MENU_TABLE!);
}

/** In one transaction, so that no guest sees half of the old menu and half of the new. */
export async function publishMenu(client: DynamoDBClient, tableName: string): Promise<void> {
  const dynamodb = DynamoDBDocumentClient.from(client);
  const { Items: published = [] } = await dynamodb.send(new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'menu = :menu AND #position >= :end',
    ExpressionAttributeNames: { '#position': 'position' },
    ExpressionAttributeValues: { ':menu': 'main', ':end': menu.length },
  }));
  await dynamodb.send(new TransactWriteCommand({
    TransactItems: [
      ...menu.map((item, position) => ({ Put: { TableName: tableName, Item: { menu: 'main', position, ...item } } })),
      ...published.map(({ position }) => ({ Delete: { TableName: tableName, Key: { menu: 'main', position } } })),
    ],
  }));
}
