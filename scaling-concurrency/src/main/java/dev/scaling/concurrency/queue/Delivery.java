package dev.scaling.concurrency.queue;

import java.util.List;
import java.util.function.Consumer;

/** A call of the dead-letter hook. */
final class Delivery<T> extends Task {

  private final Work<T> work;
  private final Consumer<? super DeadLetter<T>> hook;
  private final DeadLetter<T> letter;

  Delivery(
      Work<T> work, Starter starter, Consumer<? super DeadLetter<T>> hook, DeadLetter<T> letter) {
    super(starter);
    this.work = work;
    this.hook = hook;
    this.letter = letter;
  }

  @Override
  List<Task> perform() {
    try {
      hook.accept(letter);
    } catch (Throwable e) { // errors too: the letters behind it must get their turn
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return work.delivered(e);
    }
    return work.delivered(null);
  }

  /** Calls the hook on this thread: better here than never. */
  @Override
  List<Task> refused(Throwable refusal) {
    return performHere();
  }
}
