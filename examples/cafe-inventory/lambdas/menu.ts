import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyResult } from 'aws-lambda';

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/** `GET /menu`: what the café serves, in the order of the printed menu. */
export async function handler(): Promise<APIGatewayProxyResult> {
  const { Items: items } = await dynamodb.send(new QueryCommand({
    TableName: process.env.MENU_TABLE,
    KeyConditionExpression: 'menu = :menu',
    ExpressionAttributeValues: { ':menu': 'main' },
    ProjectionExpression: 'category, #name, description, price, tags',
    ExpressionAttributeNames: { '#name': 'name' }, // a word that DynamoDB reserves
  }));
  return {
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Access-Control-Allow-Origin': process.env.WEBSITE_ORIGIN!,
      'Cache-Control': 'public, max-age=60',
    },
    body: JSON.stringify({ items }),
  };
}
