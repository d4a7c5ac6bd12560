package dev.scaling.concurrency.queue;

import org.jspecify.annotations.Nullable;

/**
 * How many items are handled at a time: the one place where a slot is taken and given back.
 *
 * <p>Safe for use by many threads. Slots that come free otherwise than by being given back here,
 * since others use them too or there are more of them now, are seen with {@link Work#lookAgain}.
 */
@FunctionalInterface
interface Slots {

  /**
   * Takes a slot if one is free. Called under the lock of the queue: must not block, nor run code
   * of others.
   */
  @Nullable
  Slot tryTake();

  /** A slot that is taken. */
  @FunctionalInterface
  interface Slot {

    /**
     * Gives the slot back. Called once, without a lock; the queue looks for free slots afterwards.
     *
     * @param failure why the item was not handled; {@code null} if it was
     */
    void giveBack(@Nullable Throwable failure);
  }
}
