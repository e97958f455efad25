/** How a command that runs until it is interrupted learns that it was. */
import process from 'node:process';

/** Resolves at SIGINT or SIGTERM, whichever comes first from now on; the next one ends the process as usual. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
