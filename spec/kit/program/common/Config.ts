export class Config {
  static readonly SERVER_URL: string = 'ws://192.168.1.10:8080/chat';
  static readonly RECONNECT_DELAY: number = 2000;
  static readonly MAX_RETRY: number = 5;
}
