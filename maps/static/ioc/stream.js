// The websocket of the wall: says hello, acknowledges what was drawn, mends gaps by asking again with
// `since`, comes back after a loss (2 to 60 s, with jitter), and notices when nothing is heard.
// It tells what it heard by calling `on.frame`, `on.beat`, `on.figures`, `on.link`, `on.closed`; it draws nothing.

const ACK_EVERY = 3; // frames: with so many unacknowledged the server waits for us
const ACK_MS = 500; // and none waits longer than this
const STALE_MS = 5000; // the server beats once a second
const DEAD_MS = 20000; // then the connection is dead, whatever the browser believes
const FIRST_MS = 2000;
const LAST_MS = 60000;

export class Stream {
  constructor(url, layers, on) {
    this.url = new URL(url, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.layers = layers;
    this.on = on;
    this.seq = null;
    this.tries = 0;
    this.heardAt = null; // when anything last came, by our own clock
    this.link = "new";
    setInterval(() => this._watch(), 1000);
    addEventListener("online", () => this._again(0));
    this._open();
  }

  _open() {
    const socket = new WebSocket(this.url);
    this.asking = false;
    this.owed = 0;
    this.ackedAt = -ACK_MS;
    this.socket = socket;
    socket.onopen = () => this._hello(this.seq);
    socket.onmessage = (event) => this._take(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this._tell("lost");
      this.on.closed();
      this._again(Math.min(LAST_MS, FIRST_MS * 2 ** this.tries++) * (0.5 + Math.random() / 2));
    };
  }

  _again(wait) {
    clearTimeout(this.timer);
    if (this.socket.readyState <= WebSocket.OPEN) return;
    this.timer = setTimeout(() => this._open(), wait);
  }

  _hello(since) {
    this._say({ type: "hello", layers: this.layers, bbox: null, since });
  }

  _say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  _take(frame) {
    this.heardAt = Date.now();
    if (frame.type === "snapshot" || frame.type === "delta") this._step(frame);
    else if (frame.type === "figures") this.on.figures(frame);
    else if (frame.type === "heartbeat") this.on.beat(frame);
    else if (frame.type === "error") console.warn("the centre did not understand:", frame.detail);
    if (this.seq !== null) this._tell("live");
  }

  _step(frame) {
    if (frame.type === "delta" && frame.from !== this.seq) {
      if (!this.asking) this._hello(this.seq); // a gap: ask again from where we stand, once
      this.asking = true;
      return;
    }
    this.asking = false;
    this.seq = frame.seq;
    this.tries = 0;
    this.on.frame(frame);
    this._acknowledge();
  }

  _acknowledge() {
    this.owed += 1;
    if (this.owed >= ACK_EVERY || performance.now() - this.ackedAt >= ACK_MS) this._ack();
    else this.late ??= setTimeout(() => this._ack(), ACK_MS);
  }

  _ack() {
    clearTimeout(this.late);
    this.late = null;
    this.owed = 0; // frames drawn and not acknowledged
    this.ackedAt = performance.now();
    this._say({ type: "ack", seq: this.seq });
  }

  _watch() {
    if (this.heardAt === null || this.link === "lost") return;
    const silence = Date.now() - this.heardAt;
    if (silence > STALE_MS) this._tell("stale");
    if (silence < DEAD_MS) return;
    const dead = this.socket;
    this._tell("lost");
    this._open();
    dead.close();
  }

  _tell(link) {
    if (link === this.link) return;
    this.link = link;
    this.on.link(link, this.heardAt);
  }
}
