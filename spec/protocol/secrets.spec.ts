import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  blotFields,
  blotQuery,
  blotSubprotocol,
  blotUrl,
  isSecretField,
  type RequestSecrets,
  Secrets,
  withoutCredentials,
} from '../../lib/protocol/secrets.js';

describe('secrets', () => {
  it('blots out the values of the four credential fields, in any case, and nothing else', () => {
    assert.deepEqual(
      blotFields([
        ['Authorization', 'Basic dTpw'],
        ['COOKIE', 'a=b; c=d'],
        ['set-cookie', 'a=b'],
        ['Proxy-Authorization', 'Basic x'],
        ['Cookies', 'a=b'],
        ['Sec-WebSocket-Key', 'abc'],
      ]),
      [
        ['Authorization', '***** ****'],
        ['COOKIE', '**** ***'],
        ['set-cookie', '***'],
        ['Proxy-Authorization', '***** *'],
        ['Cookies', 'a=b'],
        ['Sec-WebSocket-Key', 'abc'],
      ],
    );
  });

  it('in a URL are the user name and the password, and no at sign after the host', () => {
    assert.equal(withoutCredentials('wss://me:secret@host/a@b'), 'wss://host/a@b');
    assert.equal(withoutCredentials('wss://host/a@b'), 'wss://host/a@b');
    assert.equal(withoutCredentials('wss://me:secret@[::1]:8080?a@b'), 'wss://[::1]:8080?a@b');
  });

  it('are user names and passwords in whatever is not quite a URL as well', () => {
    for (const wrong of [
      'ws:me:SECRET@host/',
      'ws:/me:SECRET@host/',
      'ws:\\\\me:SECRET@host/',
      'ws://DOMAIN\\me:SECRET@host/',
      'me:SECRET@host/',
      'ws://me:SEC/SECRET@host/',
      'ws://me:SEC#SECRET@host/',
      'ws://me:SEC?SECRET@host/',
      'ws://a@SECRET@host/',
      'ws://me:SECRET@',
      'ws://me:SECRET\n@host/',
    ]) {
      assert.doesNotMatch(withoutCredentials(wrong), /SEC|me|DOMAIN/, wrong);
    }
  });

  it('are in fields whose names say so', () => {
    for (const name of [
      'X-Api-Key',
      'apikey',
      'X-Auth-Token',
      'X-Amz-Security-Token',
      'X-Session-ID',
      'Client-Secret',
      'X-CSRF-Token',
      'X-authToken',
      'Ocp-Apim-Subscription-Key',
    ])
      assert.ok(isSecretField(name), name);
    for (const name of [
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Accept',
      'Access-Control-Allow-Credentials',
      'Keep-Alive',
      'Host',
      'Author',
      'X-Request-Id',
      'Content-Type',
      'Sec-WebSocket-Protocol',
      'Monkey',
    ])
      assert.ok(!isSecretField(name), name);
  });

  it('in a challenge are its details, not the scheme', () => {
    assert.deepEqual(
      blotFields([
        ['Proxy-Authenticate', 'NTLM TlRMTVNT'],
        ['www-authenticate', 'Basic realm="x y"'],
      ]),
      [
        ['Proxy-Authenticate', 'NTLM ********'],
        ['www-authenticate', 'Basic ******** **'],
      ],
    );
  });

  it('in the value of a field that is a URL are in its query', () => {
    assert.deepEqual(
      blotFields([
        ['Referer', 'https://h/a?b=c'],
        ['location', '/login'],
      ]),
      [
        ['Referer', 'https://h/a?***'],
        ['location', '/login'],
      ],
    );
  });

  it('in a query are its values', () => {
    const queries: [url: string, shown: string][] = [
      ['/chat', '/chat'],
      ['/chat?token=abc&x=1', '/chat?token=***&x=*'],
      ['/chat?abc', '/chat?***'],
      ['/chat?a=b=c;d=é', '/chat?a=***;d=*'],
      ['/?', '/?'],
      ['wss://h/a?b=c#d', 'wss://h/a?b=*#d'],
    ];
    for (const [url, shown] of queries) assert.equal(blotQuery(url), shown);
    assert.equal(blotUrl('wss://me:secret@h/?a=b'), 'wss://h/?a=*');
  });

  it('in a subprotocol are the tokens that it carries', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
    const stars = (text: string): string => '*'.repeat(text.length);
    const carrying: [subprotocol: string, shown: string][] = [
      ['base64url.bearer.authorization.k8s.io.c2VjcmV0', 'base64url.bearer.authorization.k8s.io.********'],
      ['base64url.bearer.phx.c2VjcmV0', 'base64url.bearer.phx.********'],
      ['bearer-abc', 'bearer-***'],
      ['access_token.abc.def', 'access_token.*******'],
      ['openai-insecure-api-key.sk-abc', 'openai-insecure-api-key.******'],
      [jwt, stars(jwt)],
      [`v1.${jwt}`, `v1.${stars(jwt)}`],
      ['0123456789abcdef0123456789abcdef', stars('0123456789abcdef0123456789abcdef')],
    ];
    for (const [subprotocol, shown] of carrying) assert.equal(blotSubprotocol(subprotocol), shown);
    const plain =
      'chat graphql-transport-ws v4.channel.k8s.io v12.stomp ocpp1.6 json.reliable.webpubsub.azure.v1 MBWS.huawei.com ' +
      'TLCP-2.0.0.lightstreamer.com notificationchannel-netapi-rest.openmobilealliance.org aws.iot.securetunneling-2.0 ' +
      'base64.binary.k8s.io openai-beta.realtime-v1 v10.pcp.sap.com mielecloudconnect author keyboard.v1';
    for (const subprotocol of plain.split(' ')) assert.equal(blotSubprotocol(subprotocol), subprotocol);
  });
});

describe('the secrets of a request', () => {
  const none: RequestSecrets = { resource: '/', subprotocols: [], fields: [], host: 'example.test' };
  const basic = `Basic ${btoa('me:open sesame')}`;
  const repeated: [what: string, request: Partial<RequestSecrets>, text: string, shown: string][] = [
    ['a field', { fields: [['Authorization', 'Bearer t0ken']] }, 'no t0ken, T0KEN', 'no *****, #####'],
    ['Basic', { fields: [['Authorization', basic]] }, `got ${basic}`, `got Basic ${'*'.repeat(20)}`],
    ['Basic, decoded', { fields: [['authorization', basic]] }, 'me:open sesame?', '******* ******?'],
    ['the password alone', { fields: [['Authorization', basic]] }, 'me, open%20sesame', 'me, #############'],
    ['a user name without a password', { fields: [['Authorization', `Basic ${btoa('apikey:')}`]] }, 'apikey', '******'],
    ['a cookie', { fields: [['Cookie', 'a=swordfish; b="sturgeon"']] }, 'a=swordfish sturgeon', 'a=********* ********'],
    ['a token of a query', { resource: '/?token=abcd' }, 'abcd', '****'],
    ['a query, decoded', { resource: '/?q=ab%2Bcd%2Fef' }, 'ab+cd/ef', '########'],
    ['a subprotocol', { subprotocols: ['chat', 'bearer-abcd'] }, 'chat, bearer-abcd', 'chat, bearer-****'],
    [
      'a subprotocol, decoded',
      { subprotocols: ['base64url.bearer.authorization.k8s.io.c3dvcmRmaXNo'] },
      'for swordfish',
      'for *********',
    ],
    ['text beyond ASCII', { fields: [['Cookie', 'a=grüße']] }, 'grüße gr\\u00fc\\u00dfe', '***** ###############'],
    ['its bytes', { fields: [['Cookie', 'a=grüße']] }, 'gr%C3%BC%C3%9Fe', '###############'],
    ['what was cut', { fields: [['Cookie', 'a=swordfish']] }, '"my swordf…"', '"my ******…"'],
  ];
  for (const [what, request, text, shown] of repeated) {
    it(`are found when a peer repeats ${what}`, () => {
      assert.equal(Secrets.ofRequest({ ...none, ...request }).blot(text), shown);
    });
  }

  it('are not what everybody may see', () => {
    const secrets = Secrets.ofRequest({
      ...none,
      resource: '/chatroom?transport=websocket&room=chatroom',
      fields: [['Cookie', 'upgrade; host=example.test; v=13']],
    });
    const head = 'HTTP/1.1 101 Switching Protocols, Upgrade: websocket, /chatroom, example.test, 13';
    assert.equal(secrets.blot(head), head);
  });

  it('are found in a message that quotes from the middle of one', () => {
    const secrets = Secrets.ofRequest({ ...none, fields: [['Cookie', 'a=open=sesame']] });
    assert.equal(secrets.blotMessage('got "=sesame" at 9'), 'got "*******" at 9');
    assert.equal(secrets.blotMessage('got "sunshine"'), 'got "sunshine"');
  });

  it('of a proxy may be replaced, the start of one at the end of a cut text as well', () => {
    const secrets = Secrets.ofAuthorization(basic);
    assert.equal(secrets.replace(`${basic}, me:open sesame`, true), 'Basic (redacted), (redacted)');
    assert.equal(secrets.replace('me:open ses', false), '(redacted)');
    assert.equal(secrets.replace('me:open ses', true), 'me:open ses');
    assert.ok(Secrets.ofAuthorization(undefined).isEmpty);
  });
});
