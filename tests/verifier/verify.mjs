// Verifies an office's tree of events with Node.js alone, and none of the product's code:
//
//   node verify.mjs URL TOKEN PUBLIC_KEY [PROOF_FILE]…
//   node verify.mjs DIRECTORY [PUBLIC_KEY [CHECKPOINT_FILE]…]
//
// Fetches the checkpoint and all tiles (C2SP tlog-tiles), checks the signature (signed-note, Ed25519), recomputes every
// hash from the entries, and checks proofs (tlog-proof@v1). Of an archive ("export") it recomputes the entries from the events
// themselves, and the sums of all files. Exit code 0: proved, 1: not what was signed, 2: cannot tell.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const isFolder = !/^https?:\/\//.test(process.argv[2] ?? '');
const [url, token, given, ...proofs] = isFolder ? [process.argv[2], '', ...process.argv.slice(3)] : process.argv.slice(2);
let key = given;
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (entry) => sha256(Buffer.of(0), entry);
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);

class Wrong extends Error {}

function demand(isSo, what) {
  if (!isSo) throw new Wrong(what);
}

async function get(path) {
  return isFolder ? readFile(join(url, path)) : ask(`/audit/${path}`);
}

async function ask(path, more = {}) {
  const answer = await fetch(`${url}${path}`, {
    ...more, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${path} was answered by ${answer.status}.`);
  return Buffer.from(await answer.arrayBuffer());
}

// What a note says that the key has signed, under its own name or one that follows from it.
function signed(note, under = '', by = key) {
  const [name, id, encoded] = by.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/).slice(1);
  const bytes = Buffer.from(encoded, 'base64');
  demand(bytes.length === 33 && bytes[0] === 1, 'The key is none of Ed25519.');
  demand(sha256(`${name}\n`, bytes).subarray(0, 4).toString('hex') === id, 'The key has another id than it says.');
  const signer = `${name}${under}`;
  const end = note.indexOf('\n\n');
  demand(end > 0, 'The checkpoint is no signed note.');
  const text = note.slice(0, end + 1);
  const signature = note.slice(end + 2).split('\n').map((line) => line.match(/^\u2014 (\S+) (\S+)$/))
    .find((line) => line?.[1] === signer);
  demand(signature, 'The checkpoint is not signed by the key.');
  const bits = Buffer.from(signature[2], 'base64');
  demand(bits.subarray(0, 4).equals(sha256(`${signer}\n`, bytes).subarray(0, 4)), 'The checkpoint is signed by another key.');
  const ed25519 = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)]), format: 'der', type: 'spki',
  });
  demand(verify(null, Buffer.from(text), ed25519, bits.subarray(4)), 'The signature of the checkpoint is wrong.');
  const lines = text.split('\n');
  demand(lines[0] === signer, 'The checkpoint is of another log.');
  return lines;
}

// The key that has signed a note: the one that is given, or the first of those from which signed changes led to it.
function signerOf(note, keys) {
  const id = note.match(/^\u2014 \S+ (\S+)$/m)?.[1];
  return keys.find((one) => id && Buffer.from(id, 'base64').subarray(0, 4).toString('hex') === one.split('+')[1]);
}

// All keys from which changes lead to a key, each signed by the key before it ("checkpoint_key_changed").
function keysBefore(last, changes) {
  const found = [last];
  for (const one of found) {
    for (const change of changes.filter((c) => c.key === one && !found.includes(c.previousKey))) {
      try {
        const [, next] = signed(change.note, '/key', change.previousKey);
        if (next === one) found.push(change.previousKey);
      } catch {
        // The key of before did not sign it.
      }
    }
  }
  return found;
}

// The key that signs today, and the changes from those of before, as the product says them.
async function askKeys() {
  const query = '{ auditCheckpoint { publicKey } auditLog(filter: { types: ["checkpoint_key_changed"] }, last: 200) { nodes { data } } }';
  const { data } = JSON.parse(await ask('/graphql', { method: 'POST', body: JSON.stringify({ query }) }));
  if (!data) throw new Error('/graphql does not say which keys have signed.');
  return { publicKey: data.auditCheckpoint.publicKey, changes: data.auditLog.nodes.map((e) => e.data) };
}

async function changesInFolder() {
  const changes = [];
  if (!existsSync(join(url, 'events.ndjson'))) return changes;
  for await (const line of linesOf('events.ndjson'))
    if (line.includes('checkpoint_key_changed')) {
      let e = null;
      try {
        e = JSON.parse(line);
      } catch {
        // The events are compared with their sum later.
      }
      if (e?.type === 'checkpoint_key_changed') changes.push(e.data ?? {});
    }
  return changes;
}

function checkpointOf(note, by = key) {
  const [, size, root] = signed(note, '', by);
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeOf(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

// RFC 9162, 2.1.3.2.
function rootByProof(leaf, index, size, path) {
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const hash of path) {
    demand(sn !== 0, 'The proof is too long.');
    if (fn % 2 === 1 || fn === sn) {
      root = nodeOf(hash, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else {
      root = nodeOf(root, hash);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  demand(sn === 0, 'The proof is too short.');
  return root;
}

function nameOf(number, width) {
  const digits = String(number).padStart(Math.ceil(String(number).length / 3) * 3, '0').match(/.{3}/g);
  const path = digits.map((part, i) => (i < digits.length - 1 ? `x${part}` : part)).join('/');
  return width < 256 ? `${path}.p/${width}` : path;
}

async function tilesOf(level, count, of) {
  for (let first = 0; first < count; first += 256) {
    const width = Math.min(256, count - first);
    of(await get(`tile/${level}/${nameOf(first / 256, width)}`), first, width);
  }
}

// Each hash above is that of the tile below.
async function checkTiles(leaves) {
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level++) {
    await tilesOf(level, hashes.length, (tile, first, width) => {
      for (let i = 0; i < width; i++)
        demand(tile.subarray(32 * i, 32 * i + 32).equals(hashes[first + i]), `Level ${level} is wrong at ${first + i}.`);
    });
    const full = Math.floor(hashes.length / 256);
    hashes = Array.from({ length: full }, (_, i) => rootOf(hashes.slice(256 * i, 256 * i + 256)));
  }
}

function checkProof(text, name, keys) {
  const end = text.indexOf('\n\n');
  const [format, extra, index, ...path] = text.slice(0, end).split('\n');
  demand(format === 'c2sp.org/tlog-proof@v1' && extra.startsWith('extra ') && index.startsWith('index '),
    `${name} is no proof.`);
  const note = text.slice(end + 2);
  const { size, root } = checkpointOf(note, signerOf(note, keys) ?? key);
  const leaf = leafOf(Buffer.from(extra.slice(6), 'base64'));
  const computed = rootByProof(leaf, Number(index.slice(6)), size, path.map((hash) => Buffer.from(hash, 'base64')));
  demand(computed.equals(root), `${name} does not lead to the root.`);
}

// RFC 8785: JavaScript writes numbers and texts in this form anyway.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

function word(value) {
  if (value === undefined || value === null || value === '') return '-';
  const text = String(value);
  if (text !== '-' && /^[!-$&-~]+$/.test(text)) return text;
  if (text === '-') return '%2D';
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function entryOf(organisation, e) {
  const parts = [e.data, e.headers].map((part) => Buffer.from(part === null ? '' : canonical(part)));
  const commit = createHmac('sha256', Buffer.from(e.salt, 'hex'));
  for (const part of parts) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    commit.update(length).update(part);
  }
  const { actor_kind: kind, actor_id: id, actor_role: role } = e.headers ?? {};
  return Buffer.from(`messaging-leaf/v1\norg ${word(organisation)}\nindex ${e.index}\nsequence ${e.sequence}\n`
    + `stream ${e.stream} ${e.version}\nevent ${e.id} ${word(e.type)}\ntime ${e.time}\n`
    + `actor ${word(kind)} ${word(id)} ${word(role)}\ncorrelation ${word(e.correlation)}\n`
    + `commit ${commit.digest('hex')}\n`);
}

const linesOf = (name) => createInterface({ input: createReadStream(join(url, name)), crlfDelay: Infinity });

async function sumOf(name) {
  const hash = createHash('sha256');
  for await (const part of createReadStream(join(url, name))) hash.update(part);
  return hash.digest('hex');
}

async function checkFolder() {
  const bytes = await readFile(join(url, 'manifest.json'));
  const manifest = JSON.parse(bytes);
  const keys = keysBefore(manifest.publicKey, await changesInFolder());

  // A key of before proves what its successors have signed.
  key = given && !keys.includes(given.trim()) ? given : manifest.publicKey;
  const [, sum] = signed(await readFile(join(url, 'manifest.note'), 'utf8'), '/archive');
  demand(sum === sha256(bytes).toString('hex'), 'manifest.json is not what was signed.');
  demand(await sumOf('SHA256SUMS') === manifest.sums, 'SHA256SUMS is not what was recorded.');
  let files = 0;
  for await (const line of linesOf('SHA256SUMS')) {
    const [, wanted, name] = line.match(/^([0-9a-f]{64}) {2}([a-z0-9][A-Za-z0-9-]*(?:[./][A-Za-z0-9-]+)*)$/) ?? [];
    demand(name, 'SHA256SUMS has a line that is none.');
    const found = await sumOf(name).catch(() => undefined);
    demand(found, `${name} is missing.`);
    demand(found === wanted, `${name} is not what was recorded.`);
    files++;
  }
  const { size, root } = checkpointOf(await readFile(join(url, 'checkpoint'), 'utf8'));
  demand(size === manifest.treeSize && root.toString('base64') === manifest.root, 'The checkpoint is another one.');
  const hashes = [];
  await tilesOf(0, size, (tile, _, width) => {
    for (let i = 0; i < width; i++) hashes.push(tile.subarray(32 * i, 32 * i + 32));
  });
  let [events, next, erased] = [0, 0, 0];
  for await (const line of linesOf('events.ndjson')) {
    const e = JSON.parse(line);
    demand(e.index >= next && (manifest.scope || e.index === next), `Event ${e.id} is not in its place.`);
    next = e.index + 1;
    events++;
    if (e.salt === null) {
      erased++;
      continue;
    }
    demand(leafOf(entryOf(manifest.organisationId, e)).equals(hashes[e.index] ?? Buffer.alloc(0)),
      `Event ${e.id} (${e.type}, version ${e.version} of stream ${e.stream}) is not what was recorded.`);
  }
  demand(events === manifest.counts.events && (manifest.scope || events === size), 'Events are missing.');
  demand(rootOf(hashes).equals(root), 'The hashes do not lead to the root of the checkpoint.');
  await checkTiles(hashes);
  for (const file of proofs) {
    const note = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n').trimStart();
    const kept = checkpointOf(note, signerOf(note, keys) ?? key);
    demand(kept.size <= size && rootOf(hashes.slice(0, kept.size)).equals(kept.root), `${file} has another root.`);
  }
  console.log(`Proved: ${events} of ${size} events, ${files} files and ${proofs.length} kept checkpoints are what the `
    + `key has signed${erased ? `, but what ${erased} of the events said, which went with their keys` : ''}${given ? '' : `, which is the archive's own: ${key}`}.`);
}

try {
  if (isFolder) {
    await checkFolder();
    process.exit();
  }
  const { publicKey, changes } = await askKeys();
  const keys = keysBefore(publicKey, changes);
  key = keys.includes(given) ? publicKey : given;
  const { size, root } = checkpointOf((await get('checkpoint')).toString());
  const entries = [];
  await tilesOf('entries', size, (tile) => {
    for (let at = 0; at < tile.length; at += 2 + tile.readUInt16BE(at))
      entries.push(tile.subarray(at + 2, at + 2 + tile.readUInt16BE(at)));
  });
  demand(entries.length === size, `There are ${entries.length} entries, and the checkpoint says ${size}.`);
  const hashes = entries.map((entry, i) => {
    demand(entry.toString().split('\n')[2] === `index ${i}`, `The entry number ${i} says another index.`);
    return leafOf(entry);
  });
  demand(rootOf(hashes).equals(root), 'The entries do not lead to the root of the checkpoint.');
  await checkTiles(hashes);
  for (const file of proofs) checkProof(await readFile(file, 'utf8'), file, keys);
  console.log(`Proved: ${size} entries and ${proofs.length} proofs are what the key has signed.`);
} catch (e) {
  console.error(e.message);
  process.exitCode = e instanceof Wrong ? 1 : 2;
}
