package dev.scaling.concurrency.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** A handler of stages that the test ends, and an executor whose tasks the test runs. */
final class Held implements Executor {

  /** Items whose handling has begun, in that order. */
  final List<String> begun = new ArrayList<>();

  /** What the hook got. */
  final List<DeadLetter<String>> letters = new ArrayList<>();

  private final Deque<CompletableFuture<Void>> stages = new ArrayDeque<>();
  private final Deque<Runnable> tasks = new ArrayDeque<>();

  CompletionStage<Void> handle(String item) {
    begun.add(item);
    var stage = new CompletableFuture<Void>();
    stages.add(stage);
    return stage;
  }

  /** Ends the item that was begun first. */
  void end() {
    endWithoutRunning();
    runAll();
  }

  void endWithoutRunning() {
    stages.remove().complete(null);
  }

  void fail(Throwable failure) {
    stages.remove().completeExceptionally(failure);
    runAll();
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  int tasks() {
    return tasks.size();
  }

  /** Runs all tasks, and those that they bring. */
  void runAll() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  /** Returns the letters as text: reason and item. */
  List<String> given() {
    return letters.stream().map(letter -> letter.reason() + " " + letter.item()).toList();
  }

  /** Returns a builder of a queue of this handler, executor and hook. */
  BoundedQueueBuilder<String> builder() {
    return BoundedQueue.<String>builderOfStages("things", this::handle)
        .deadLetter(letters::add)
        .executor(this);
  }
}
