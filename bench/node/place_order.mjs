// POST /api/orders as Holdfast's own place_order does it: the same checks, the same five calls with the same expressions,
// the same items. What its orders look like in the table is judged by the store that the Rust functions use.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const { MARKET_TABLE, SESSIONS_TABLE, SESSION_SECRET_ARN, ORIGIN_SECRET_ARN } = process.env;
const HOLD_MILLIS = Number(process.env.HOLD_SECONDS) * 1000;
const GRACE_MILLIS = 5000;
const LIMIT = process.env.HOLDS_PER_BUYER;
const KEPT_FOR_MILLIS = 300_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const dynamodb = new DynamoDBClient({});
const secretsManager = new SecretsManagerClient({});

const MAY_HOLD =
  "(#state = :listed OR (#state = :held AND #expires_at <= :now AND #order_id <> :order)) AND #seller <> :buyer";
const SET_HOLD =
  "SET #state = :held, #version = #version + :one, #hold = #version + :one, #order_id = :order, #buyer = :buyer, " +
  "#expires_at = :expires_at, #extended = :no, #due_shard = :due_shard, #due_at = :expires_at, #trace = :trace";
const HAS_ROOM = "attribute_not_exists(#holds) OR contains(#holds, :hold) OR size(#holds) < :limit";

class Refusal extends Error {
  constructor(status, type, detail) {
    super(detail);
    Object.assign(this, { status, type });
  }
}

const secrets = new Map();

async function secret(arn) {
  const kept = secrets.get(arn);
  if (kept && Date.now() - kept.fetched < KEPT_FOR_MILLIS) return kept.value;
  const { SecretString: value } = await secretsManager.send(new GetSecretValueCommand({ SecretId: arn }));
  secrets.set(arn, { value, fetched: Date.now() });
  return value;
}

function equal(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function keyNamed(keys, name) {
  const fingerprint = (key) => createHash("sha256").update("holdfast session key\0").update(key).digest("hex").slice(0, 16);
  return [keys.current, keys.previous].find((key) => key && fingerprint(key) === name);
}

function claimsOf(token, keys) {
  const [head, payload, signature] = token.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(head, "base64url"));
  const key = alg === "HS256" && keyNamed(keys, kid);
  if (!key) return undefined;
  const expected = createHmac("sha256", key).update(`${head}.${payload}`).digest("base64url");
  if (!equal(expected, signature)) return undefined;
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  return claims.exp * 1000 > Date.now() ? claims : undefined;
}

async function buyerOf(event) {
  const cookie = (event.cookies ?? []).find((cookie) => cookie.startsWith("__Host-session="));
  if (!cookie) throw new Refusal(401, "no-session", "There is no session, or it has ended.");
  const site = new URL(event.headers.origin);
  if (site.host !== event.headers["x-site-host"] || !equal(await secret(ORIGIN_SECRET_ARN), event.headers["x-origin-secret"])) {
    throw new Refusal(400, "bad-origin", "Use the site, or send the headers that its edge would.");
  }
  const claims = claimsOf(cookie.slice("__Host-session=".length), JSON.parse(await secret(SESSION_SECRET_ARN)));
  const session = claims && (await item(SESSIONS_TABLE, claims.sub, claims.sid));
  if (!session || Number(session.expires_at.N) <= Date.now()) {
    throw new Refusal(401, "no-session", "There is no session, or it has ended.");
  }
  return claims.sub;
}

async function item(table, pk, sk) {
  const key = { pk: { S: pk }, sk: { S: sk } };
  return (await dynamodb.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }))).Item;
}

/** A UUID of version 5 in the buyer's namespace. */
function orderId(buyer, key) {
  const bytes = createHash("sha1").update(Buffer.from(buyer.replaceAll("-", ""), "hex")).update(key).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const shard = (id) => `D#${Number.parseInt(id.slice(-2), 16) % 8}`;
const names = (expression) => Object.fromEntries(expression.match(/#\w+/g).map((name) => [name, name.slice(1)]));

async function hold(ticket, order, buyer, now, trace) {
  const values = {
    ":listed": { S: "listed" },
    ":held": { S: "held" },
    ":now": { N: `${now}` },
    ":order": { S: order },
    ":buyer": { S: buyer },
    ":one": { N: "1" },
    ":expires_at": { N: `${now + HOLD_MILLIS + GRACE_MILLIS}` },
    ":no": { BOOL: false },
    ":due_shard": { S: shard(ticket) },
    ":trace": { B: trace },
  };
  const update = {
    TableName: MARKET_TABLE,
    Key: { pk: { S: `T#${ticket}` }, sk: { S: "T" } },
    ConditionExpression: MAY_HOLD,
    UpdateExpression: SET_HOLD,
    ExpressionAttributeNames: names(MAY_HOLD + SET_HOLD),
    ExpressionAttributeValues: values,
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
  return (await dynamodb.send(new UpdateItemCommand(update))).Attributes;
}

async function count(buyer, order, expiresAt) {
  const entry = `${order}@${expiresAt}`;
  const update = {
    TableName: MARKET_TABLE,
    Key: { pk: { S: `U#${buyer}` }, sk: { S: "HOLDS" } },
    ConditionExpression: HAS_ROOM,
    UpdateExpression: "ADD #holds :holds",
    ExpressionAttributeNames: { "#holds": "holds" },
    ExpressionAttributeValues: { ":holds": { SS: [entry] }, ":hold": { S: entry }, ":limit": { N: LIMIT } },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
  await dynamodb.send(new UpdateItemCommand(update));
}

async function record(order, buyer, ticketId, ticket, now, trace) {
  const { title, amount, currency, venue, starts_at, hold, expires_at } = ticket;
  const item = {
    pk: { S: `U#${buyer}` },
    sk: { S: `O#${order}` },
    state: { S: "awaiting_payment" },
    ticket: { S: ticketId },
    title,
    amount,
    currency,
    ...(venue && { venue }),
    ...(starts_at && { starts_at }),
    hold,
    expires_at,
    created_at: { N: `${now}` },
    version: { N: "1" },
    owner: { S: `O#${buyer}` },
    due_shard: { S: shard(order) },
    due_at: expires_at,
    trace: { B: trace },
  };
  const put = {
    TableName: MARKET_TABLE,
    Item: item,
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
  await dynamodb.send(new PutItemCommand(put));
  return item;
}

function shown(id, order) {
  const moment = (attribute, less = 0) => attribute && new Date(Number(attribute.N) - less).toISOString();
  return {
    id,
    ticket: {
      id: order.ticket.S,
      title: order.title.S,
      price: { amount: Number(order.amount.N), currency: order.currency.S },
      venue: order.venue?.S ?? null,
      starts_at: moment(order.starts_at) ?? null,
    },
    state: "awaiting_payment",
    expires_at: moment(order.expires_at, GRACE_MILLIS),
    created_at: moment(order.created_at),
    closed_reason: null,
    paid_at: null,
    card: null,
    refunded_at: null,
    seller: null,
    credential: null,
  };
}

async function place(event) {
  const buyer = await buyerOf(event);
  const key = event.headers["idempotency-key"];
  if (!key || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Refusal(400, "idempotency-key-required", "Send the header Idempotency-Key, new for each order.");
  }
  const { ticket_id: ticketId, ...others } = JSON.parse(event.body);
  if (!UUID.test(ticketId) || Object.keys(others).length > 0) {
    throw new Refusal(422, "invalid-fields", "Correct the fields and send again.");
  }
  const id = orderId(buyer, key);
  const existing = await item(MARKET_TABLE, `U#${buyer}`, `O#${id}`);
  if (existing) return shown(id, existing);
  const trace = randomBytes(16);
  const ticket = await hold(ticketId, id, buyer, Date.now(), trace);
  await count(buyer, id, ticket.expires_at.N);
  return shown(id, await record(id, buyer, ticketId, ticket, Date.now(), trace));
}

function reply(statusCode, type, body) {
  return { statusCode, headers: { "content-type": type }, body: JSON.stringify(body), isBase64Encoded: false };
}

export async function handle(event, requestId) {
  const begun = Date.now();
  let answer;
  try {
    answer = reply(201, "application/json", await place(event));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    answer = reply(error.status, "application/problem+json", { type: error.type, status: error.status, detail: error.message });
  }
  const line = { request_id: requestId, route: event.routeKey, status: answer.statusCode, ms: Date.now() - begun };
  console.log(JSON.stringify(line));
  return answer;
}
