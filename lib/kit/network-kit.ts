/** What `import { webSocket } from '@kit.NetworkKit'` gives; see `register.ts`. The other names are placeholders. */
import { type NotHere, placeholder } from './placeholder.js';

export { webSocket } from './ohos-net-websocket.js';

const notHere = (name: string): NotHere => placeholder(name, '@kit.NetworkKit');

// Namespaces and objects
export const connection = notHere('connection');
export const eap = notHere('eap');
export const ethernet = notHere('ethernet');
export const http = notHere('http');
export const mdns = notHere('mdns');
export const netFirewall = notHere('netFirewall');
export const networkSecurity = notHere('networkSecurity');
export const policy = notHere('policy');
export const sharing = notHere('sharing');
export const socket = notHere('socket');
export const statistics = notHere('statistics');
export const vpn = notHere('vpn');
export const vpnExtension = notHere('vpnExtension');

// Classes, enums and interfaces: types as well
export const VpnExtensionAbility = notHere('VpnExtensionAbility');
export type VpnExtensionAbility = NotHere;
export const VpnExtensionContext = notHere('VpnExtensionContext');
export type VpnExtensionContext = NotHere;
export const Fetch = notHere('Fetch');
export type Fetch = NotHere;
export const FetchResponse = notHere('FetchResponse');
export type FetchResponse = NotHere;
export const Network = notHere('Network');
export type Network = NotHere;
export const NetworkResponse = notHere('NetworkResponse');
export type NetworkResponse = NotHere;
