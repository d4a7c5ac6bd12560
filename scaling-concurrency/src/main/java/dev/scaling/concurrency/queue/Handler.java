package dev.scaling.concurrency.queue;

/** Does the work that one item stands for. */
@FunctionalInterface
public interface Handler<T> {

  /**
   * Handles an item. Runs on the queue's executor and may block; called by as many threads at a
   * time as {@code concurrency} says.
   *
   * @throws Exception for any reason; then the item is a dead letter
   */
  void handle(T item) throws Exception;
}
