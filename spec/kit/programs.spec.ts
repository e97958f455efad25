/** Programs in five shapes that public programs of the platform have, each in a process of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { consumer } from '../packed/package.js';
import { runNode } from '../packed/run-node.js';
import { closeFrame, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

const imports = `
  import { webSocket } from '@kit.NetworkKit';
  import { BusinessError } from '@kit.BasicServicesKit';
  import { buffer, util } from '@kit.ArkTS';
  import { hilog } from '@kit.PerformanceAnalysisKit';
  const url = process.argv[2];`;

describe('programs of the platform', () => {
  let folder: string;
  let echo: EchoServer;

  before(async () => {
    folder = await consumer();
    echo = await startEchoServer();
  });
  after(() => echo.close());

  /** What a program prints until it ends by itself, without a word on standard error. */
  async function lines(program: string, url: string): Promise<string[]> {
    const args = ['--import', 'ohos-websocket/register', '--input-type=module', '--eval', imports + program, '--', url];
    // With --eval there is no file among the arguments.
    const { status, stdout, stderr } = await runNode(
      folder,
      args.map((arg) => arg.replace('process.argv[2]', 'process.argv[1]')),
    );
    assert.deepEqual([status, stderr], [0, '']);
    return stdout.trimEnd().split('\n');
  }

  it('a manager with a state, a heartbeat of its own, a reconnect, and one object for all connections', async (t) => {
    let came = 0;
    const { url } = await startPeer(t, async (link) => {
      if (++came < 3) return link.reset();
      await link.accept([], text('welcome'));
      await link.serve();
    });
    const program = `
      const State = { IDLE: 0, CONNECTING: 1, CONNECTED: 2 };
      class WebSocketManager {
        static instance = new WebSocketManager();
        ws = webSocket.createWebSocket(); state = State.IDLE; timer = -1; beat = -1; delay = 10; manual = false; attempts = 0;
        connect() {
          if (this.state !== State.IDLE) return;
          this.state = State.CONNECTING;
          this.attempts++;
          this.ws.on('open', () => {
            console.log('open after ' + this.attempts + ' attempts');
            this.state = State.CONNECTED;
            this.delay = 10;
            this.beat = setInterval(() => this.ws.send('ping'), 20);
          });
          this.ws.on('message', (err, value) => {
            console.log('message ' + value);
            if (value === 'ping') this.disconnect();
          });
          this.ws.on('close', (err, result) => { console.log('close ' + JSON.stringify(result)); this.down(); });
          this.ws.on('error', (err) => { console.log('error ' + err.code); this.down(); });
          this.ws.connect(url).then((ok) => console.log('connect ' + ok)).catch(() => this.down());
        }
        down() {
          this.state = State.IDLE;
          clearInterval(this.beat);
          if (this.manual) return;
          clearTimeout(this.timer);
          this.timer = setTimeout(() => this.connect(), this.delay);
          this.delay *= 2;
        }
        disconnect() {
          this.manual = true;
          this.ws.close({ code: 1000, reason: 'manual' }).then(() => console.log('closed'));
        }
      }
      WebSocketManager.instance.connect();`;
    assert.deepEqual(await lines(program, url), [
      ...['connect true', 'error 200', 'connect true', 'error 200', 'connect true'],
      ...[
        'open after 3 attempts',
        'message welcome',
        'message ping',
        'close {"code":1000,"reason":"manual"}',
        'closed',
      ],
    ]);
  });

  it('a bridge with sockets by number, which reports a failure from two places', async (t) => {
    const { url } = await startPeer(t, (link) => link.reset());
    const program = `
      class Bridge {
        sockets = new Map(); base64 = new util.Base64();
        emit(name, params) { console.log(name + ' ' + JSON.stringify(params)); }
        fail(id, err) { if (err) this.emit('failed', { id, code: err.code, data: err.data }); }
        connect(url, protocols, options, id) {
          const ws = webSocket.createWebSocket();
          ws.on('open', () => { this.emit('opened', { id }); this.sendBinary('AQID', id); });
          ws.on('error', (err) => this.fail(id, err));
          ws.on('message', (err, data) => this.emit('message', typeof data === 'string'
            ? { id, data } : { id, data: this.base64.encodeToStringSync(new Uint8Array(data)) }));
          ws.on('message', (err, data) => {
            this.emit('message', { id, size: data.byteLength, data: this.base64.encodeToStringSync(new Uint8Array(data)) });
            this.close(3001, 'done', id);
          });
          ws.on('close', (err, data) => this.emit('closed', { id, ...data }));
          ws.connect(url, { header: options.headers }, (err) => this.fail(id, err));
          this.sockets.set(id, ws);
        }
        sendBinary(text, id) {
          this.sockets.get(id).send(this.base64.decodeSync(text).buffer, (err) => this.fail(id, err));
        }
        close(code, reason, id) { this.sockets.get(id).close({ code, reason }, (err) => this.fail(id, err)); }
      }
      const bridge = new Bridge();
      bridge.connect(url, null, { headers: null }, 1);
      bridge.connect('${echo.url}', null, {}, 2);`;
    assert.deepEqual((await lines(program, url)).sort(), [
      'closed {"id":2,"code":3001,"reason":"done"}',
      'failed {"id":1,"code":200,"data":"0"}',
      'message {"id":2,"size":3,"data":"AQID"}',
      'opened {"id":2}',
    ]);
  });

  it('a service that awaits connect and asks at once, with answers by number', async () => {
    const program = `
      class Service {
        ws = webSocket.createWebSocket(); waiting = new Map(); next = 1;
        async open(url) {
          this.ws.on('message', (err, value) => {
            const { id, question } = JSON.parse(value);
            this.waiting.get(id)?.(question);
          });
          try { return await this.ws.connect(url, { proxy: { host: '', port: 0, exclusionList: [] } }); }
          catch (e) { console.log('no: ' + e.code); return false; }
        }
        ask(question) {
          const id = this.next++;
          return new Promise((resolve, reject) => {
            this.waiting.set(id, resolve);
            this.ws.send(JSON.stringify({ id, question })).catch(reject);
          });
        }
      }
      const service = new Service();
      console.log(await new Service().open('http://nowhere.test'));
      if (await service.open(url)) {
        console.log(await Promise.all([service.ask('one'), service.ask('two'), service.ask('three')]));
        console.log(await service.ws.close());
      }`;
    assert.deepEqual(await lines(program, echo.url), ['no: 2302001', 'false', "[ 'one', 'two', 'three' ]", 'true']);
  });

  it('a page that is left while it connects', async () => {
    const program = `
      class Page {
        ws = null;
        aboutToAppear() {
          this.ws = webSocket.createWebSocket();
          this.ws.on('open', () => console.log('opened'));
          this.ws.on('message', (err, value) => console.log('message ' + value));
          this.ws.on('close', () => console.log('closed'));
          this.ws.on('error', (err) => console.log('error ' + JSON.stringify(err)));
          this.ws.connect(url, (err, ok) => console.log('connect ' + (err ? err.code : ok)));
          this.ws.send('I am here', (err, ok) => console.log('sent ' + (err ? err.code : ok)));
        }
        aboutToDisappear() {
          this.ws.off('open');
          this.ws.off('message');
          this.ws.off('close');
          this.ws.off('nonsense');
          this.ws.close((err, ok) => console.log('gone ' + (err ? err.code : ok)));
          this.ws = null;
        }
      }
      const page = new Page();
      page.aboutToAppear();
      page.aboutToDisappear();`;
    assert.deepEqual(await lines(program, echo.url), ['connect true', 'sent true', 'gone true']);
  });

  it('a recorder that sends pieces of bytes, and a server that says goodbye', async (t) => {
    const sizes: number[] = [];
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      for (let next = await link.frame(); next !== undefined && next.opcode === 2; next = await link.frame()) {
        sizes.push(next.payload.length);
        if (next.payload.toString() === 'end') {
          link.write(text('{"text":"grüße"}'));
          link.end(closeFrame(1011, 'recognized'));
        }
      }
    });
    const program = `
      const ws = webSocket.createWebSocket();
      const pending = [];
      let sent = 0;
      ws.on('headerReceive', (headers) => hilog.info(0x1, 'asr', 'upgrade: %{public}s, key %{private}s', headers['upgrade'], headers));
      ws.on('open', (err, value) => {
        for (let i = 0; i < 20; i++) ws.send(new Uint8Array(640).buffer, (err, ok) => { if (!err && ok) sent++; });
        ws.send(buffer.from('end').buffer, () => hilog.info(0x1, 'asr', '%{public}d pieces', sent));
      });
      ws.on('message', (err, value) => hilog.info(0x1, 'asr', 'heard %{public}s', JSON.parse(value).text));
      ws.on('error', (err) => console.log('error ' + JSON.stringify(err)));
      ws.on('close', (err, { code, reason }) => hilog.warn(0x1, 'asr', 'close %{public}d %{public}s', code, reason));
      const bytes = new util.TextEncoder().encodeInto('end');
      console.log(util.TextDecoder.create('utf-8', { ignoreBOM: true }).decodeToString(bytes), bytes.buffer.byteLength);
      ws.connect(url, { header: { 'Content-Type': 'application/json', 'X-Empty': '', 'X-Null': null }, caPath: '',
        clientCert: { certPath: '', keyPath: '' }, protocol: '', pingInterval: 10, pongTimeout: 30,
        skipServerCertVerification: 'true', minSupportTlsProtocol: webSocket.TlsProtocol.TLS_V_1_2 },
        (err, ok) => { if (err instanceof BusinessError || err) console.log('connect failed', err.code); });`;
    const args = ['--import', 'ohos-websocket/register', '--input-type=module', '--eval'];
    const source = imports.replace('process.argv[2]', 'process.argv[1]') + program;
    const { status, stdout, stderr } = await runNode(folder, [...args, source, '--', url]);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'end 3',
      'I A00001/asr: upgrade: websocket, key <private>',
      'I A00001/asr: 20 pieces',
      'I A00001/asr: heard grüße',
    ]);
    assert.deepEqual([status, stderr], [0, 'W A00001/asr: close 1011 recognized\n']);
    assert.deepEqual(sizes, [...Array<number>(20).fill(640), 3]);
  });
});
