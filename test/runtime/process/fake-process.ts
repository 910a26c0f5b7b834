/**
 * Processes that exist in a test only: what is started, sent and killed is written down.
 *
 * Owns: one list of lives. Never: asserts anything.
 */
import type { ParentMessage, ProcessListener, StartProcess } from "../../../runtime/process/messages.ts";

export interface FakeLife {
  readonly sent: ParentMessage[];
  readonly listener: ProcessListener;
  kills: number;
}

export function fakeProcesses(): { readonly start: StartProcess; readonly lives: FakeLife[]; last(): FakeLife } {
  const lives: FakeLife[] = [];
  return {
    lives,
    last: () => lives.at(-1)!,
    start: (listener) => {
      const life: FakeLife = { sent: [], listener, kills: 0 };
      let isOver = false;
      lives.push(life);
      return {
        pid: 1000 + lives.length,
        send: (message) => life.sent.push(message),
        kill: () => {
          life.kills += 1;
          if (isOver) return;
          isOver = true;
          queueMicrotask(() => listener.onExit({ code: null, signal: "SIGKILL" }));
        },
      };
    },
  };
}
