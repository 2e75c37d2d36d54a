// MQTT 3.1.1 over a websocket, as much of it as a page needs that only listens, at QoS 0.

const CONNECT = [0x10, 12, 0, 4, ...new TextEncoder().encode("MQTT"), 4, 2, 0, 0, 0, 0]; // a clean session, no keep-alive, no name
const words = new TextDecoder();

// `take(topic, payload)` for every message, `rest()` after the last of what came at once.
export function listen(url, filter, take, rest) {
  const socket = new WebSocket(url, "mqtt");
  let left = new Uint8Array(0);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(new Uint8Array(CONNECT));
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array(left.length + data.byteLength);
    bytes.set(left);
    bytes.set(new Uint8Array(data), left.length);
    let at = 0;
    for (let packet; (packet = next(bytes, at)); at = packet.end) {
      if (packet.type === 2) socket.send(subscription(filter));
      if (packet.type !== 3) continue;
      const begin = packet.begin + 2 + ((bytes[packet.begin] << 8) | bytes[packet.begin + 1]);
      take(words.decode(bytes.subarray(packet.begin + 2, begin)), words.decode(bytes.subarray(begin, packet.end)));
    }
    left = bytes.slice(at);
    rest();
  };
}

// The whole packet that begins there, if it is there.
function next(bytes, at) {
  let [length, begin, shift] = [0, at + 1, 0];
  for (let more = true; more; shift += 7) {
    if (begin >= bytes.length) return null;
    length |= (bytes[begin] & 127) << shift;
    more = bytes[begin++] > 127;
  }
  return begin + length <= bytes.length ? { type: bytes[at] >> 4, begin, end: begin + length } : null;
}

function subscription(filter) {
  const text = new TextEncoder().encode(filter);
  return new Uint8Array([0x82, 5 + text.length, 0, 1, 0, text.length, ...text, 0]);
}
