package dev.scaling.concurrency.queue;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;

/** Hands tasks to the executor. */
final class Starter {

  private final Executor executor;

  Starter(Executor executor) {
    this.executor = executor;
  }

  /**
   * Starts tasks, and those that they bring. An executor that runs them on this thread brings them
   * back here instead of nesting them: a thousand items would need a thousand times the stack.
   */
  void start(List<? extends Task> tasks) {
    if (tasks.isEmpty()) {
      return;
    }
    var due = new ArrayDeque<Task>(tasks);
    for (var task = due.poll(); task != null; task = due.poll()) {
      var brought = task.startOn(executor);
      if (!brought.isEmpty()) {
        due.addAll(brought);
      }
    }
  }
}
