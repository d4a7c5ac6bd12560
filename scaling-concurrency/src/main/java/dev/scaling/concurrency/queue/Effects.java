package dev.scaling.concurrency.queue;

import java.util.ArrayList;
import java.util.List;

/** What a change leaves to be done once the lock is free again. */
final class Effects {

  private final List<Task> tasks = new ArrayList<>();
  private final List<Runnable> others = new ArrayList<>();

  void start(Task task) {
    tasks.add(task);
  }

  void then(Runnable other) {
    others.add(other);
  }

  /** Does all but start the tasks, which it returns. */
  List<Task> settle() {
    others.forEach(Runnable::run);
    return tasks;
  }
}
