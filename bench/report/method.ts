/** How everything was measured, and what is not the same for every client, said to the reader. */
export const method = `
<p>Every measurement is a fresh process with one client in it, first warmed up for 0.8 s, then timed for 0.25 s. In each round every client
does the job right after the others, in rotated order; a ratio is taken round by round and its median shown, so that
what disturbs the machine for a while disturbs all alike. The server is 300 lines on Node's bare sockets, with no
WebSocket library: it counts bytes, sends prepared frames or answers with a kept frame. What came together it answers
with one write; “answered one by one” is a server in C that answers each message at once. The prototype is a throw-away
client without limits, checks and fairness: a measure of what is reachable, in no package.</p>
<p><strong>Compressed</strong> rows move JSON texts that differ, with one context a direction, threshold 0 and each
client’s own default level; with 16 connections the client may use every core, as zlib’s helper threads would.
<strong>The delay</strong> is how late a timer of a millisecond is at most while messages arrive without a pause.</p>
<p><strong>Sending</strong> is timed until the server has acknowledged the last byte. Every client sends bursts of at
most 256 messages or 1 MiB a turn, and waits by its own documented means until a burst is handed over: the callback of
its last send (ohos-websocket, ws, websocket), bufferedAmount (undici), write and drain (faye-websocket), the writable
callback (libwebsockets). <strong>Text is delivered as a string, binary as an ArrayBuffer</strong> where the client
has one (ohos-websocket, ws with binaryType 'arraybuffer', undici); websocket and faye-websocket hand out a Buffer,
libwebsockets pieces of its read buffer, which costs less. “ws, delivering Buffer” is ws as it comes. ws runs without
optional add-ons; websocket brings its native ones along, and uses them. The first message that each client delivers
is compared with what was sent. Fragmentation of sent messages is switched off where a client does it (websocket), and
nobody compresses but in the rows that say so.</p>
`;
