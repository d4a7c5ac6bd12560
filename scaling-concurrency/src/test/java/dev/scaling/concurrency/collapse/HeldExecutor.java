package dev.scaling.concurrency.collapse;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** Keeps tasks until the test runs them, on its own thread. */
final class HeldExecutor implements Executor {

  private final Deque<Runnable> tasks = new ArrayDeque<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  int size() {
    return tasks.size();
  }

  /** Runs the task that has waited longest. */
  void runNext() {
    tasks.remove().run();
  }

  /** Runs all tasks, and those that they bring. */
  void runAll() {
    while (!tasks.isEmpty()) {
      runNext();
    }
  }
}
