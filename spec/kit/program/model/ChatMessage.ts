export enum MessageType {
  TEXT = 1,
  FILE = 2,
}

export interface ChatMessage {
  type: MessageType;
  from: string;
  content: string;
  time?: number;
}

export interface ChatListener {
  onConnected(): void;
  onMessage(message: ChatMessage): void;
  onUpload(size: number): void;
  onClosed(code: number, reason: string): void;
}
