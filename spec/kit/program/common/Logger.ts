import { hilog } from '@kit.PerformanceAnalysisKit';

export class Logger {
  constructor(private domain: number, private prefix: string = 'ChatDemo') {}

  info(message: string, ...args: Object[]): void {
    hilog.info(this.domain, this.prefix, message, ...args);
  }

  error(message: string, ...args: Object[]): void {
    hilog.error(this.domain, this.prefix, message, ...args);
  }
}

export default new Logger(0xFF00);
