package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.queue.DeadLetter.Reason;
import dev.scaling.concurrency.queue.Slots.Slot;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An accepted item, from then until it was handled or given up. */
final class Turn<T> extends Task {

  final T item;
  final long acceptedNanos;

  private final Work<T> work;
  private final StageHandler<T> handler;
  private final AtomicBoolean ended = new AtomicBoolean();

  private @Nullable Slot slot; // set under the lock of the queue, before the start

  // Of the thread that performs, while it does.
  private boolean endedHere;
  private @Nullable Throwable failureHere;

  Turn(Work<T> work, StageHandler<T> handler, Starter starter, T item, long acceptedNanos) {
    super(starter);
    this.work = work;
    this.handler = handler;
    this.item = item;
    this.acceptedNanos = acceptedNanos;
  }

  /** Notes the slot that it is handled in. */
  void take(Slot taken) {
    slot = taken;
  }

  void giveSlotBack(@Nullable Throwable failure) {
    if (slot != null) {
      slot.giveBack(failure);
    }
  }

  @Override
  List<Task> perform() {
    if (work.isTooOld(this)) { // it waited on for a thread
      return work.end(this, Reason.EXPIRED, null);
    }
    try {
      handler.handle(item).whenComplete((value, failure) -> stageEnded(failure));
    } catch (Throwable e) { // errors too: they must neither lose the item nor keep its slot
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      stageEnded(e);
    }
    return endedHere ? end(failureHere) : List.of();
  }

  @Override
  List<Task> refused(Throwable refusal) {
    return end(refusal);
  }

  private void stageEnded(@Nullable Throwable failure) {
    if (!ended.compareAndSet(false, true)) {
      return; // a stage that says it twice
    }
    if (isPerformedByCaller()) { // perform goes on with it, else the stack would grow
      endedHere = true;
      failureHere = failure;
    } else {
      startNext(end(failure));
    }
  }

  private List<Task> end(@Nullable Throwable failure) {
    if (failure == null) {
      return work.end(this, null, null);
    }
    boolean isWrapped = failure instanceof CompletionException && failure.getCause() != null;
    return work.end(this, Reason.FAILED, isWrapped ? failure.getCause() : failure);
  }
}
