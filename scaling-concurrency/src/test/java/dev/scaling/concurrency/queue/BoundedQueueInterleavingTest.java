package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.testkit.VirtualTime;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of puts, ends and closes, chosen by Lincheck's model checker: nothing waits for
 * what is there, and the numbers add up.
 */
@Tag("chaos") // some two minutes
@Timeout(600)
final class BoundedQueueInterleavingTest {

  @Test
  void nothingWaits_forASlotOrARoomThatIsFree() {
    options().check(Sound.class);
  }

  /**
   * The control: a slot that is counted in two steps gets lost, and so do the items that it is for.
   */
  @Test
  void slotThatGetsLost_isNoticed() {
    Interleavings.assertNoticed(options(), Leaking.class);
  }

  private static ModelCheckingOptions options() {
    return Interleavings.of(/* threads= */ 2, /* actorsPerThread= */ 3)
        .iterations(8)
        .invocationsPerIteration(1_000);
  }

  /** A queue whose items end when the test says so. Public, as the checker wants it. */
  public abstract static class Steps {

    private static final int CAPACITY = 1;
    private static final int SLOTS = 2;

    private final ConcurrentLinkedQueue<Turn<?>> begun = new ConcurrentLinkedQueue<>();
    private final Slots slots = slots();
    final Work<Integer> work = new Work<>(
        BoundedQueue.<Integer>builder("things", item -> {})
            .capacity(CAPACITY)
            .slots(slots)
            .deadLetter(letter -> {})
            .time(VirtualTime.standing()),
        this::begin);

    abstract Slots slots();

    /** Puts an item, and leaves it in the line if there is no room. */
    @Operation
    public void put() {
      try {
        work.offer(1, new Producer<>(work, 1, /* isBlocking= */ false, /* maxWait= */ null));
      } catch (IllegalStateException e) {
        if (work.phase() == Work.Phase.OPEN) {
          throw e;
        }
      }
    }

    /** Handles the item that was begun first. */
    @Operation
    public void end() {
      var turn = begun.poll();
      if (turn != null) {
        turn.run();
      }
    }

    /** Fails if something is left that could go on. */
    @Validate
    public void nothingIsLeft() {
      var now = work.snapshot();
      boolean isIdle = now.running() < SLOTS && now.waiting() > 0;
      boolean hasRoom = now.producers() > 0 && now.waiting() < CAPACITY;
      long ends = now.handled() + now.deadLetters() + now.waiting() + now.running();
      if (isIdle
          || hasRoom
          || now.running() + free() != SLOTS
          || now.undelivered() > 0
          || now.accepted() != ends) {
        throw new IllegalStateException(now.toString());
      }
    }

    private void begin(Runnable task) {
      if (task instanceof Turn<?> turn) {
        begun.add(turn);
      } else {
        task.run();
      }
    }

    private int free() {
      int free = 0;
      while (free <= SLOTS && slots.tryTake() != null) {
        free++;
      }
      return free;
    }
  }

  /** The real one. */
  public static final class Sound extends Steps {

    @Override
    Slots slots() {
      return new FixedSlots(2);
    }

    @Operation
    public void close() {
      work.close();
    }
  }

  /** A broken one. */
  public static final class Leaking extends Steps {

    @Override
    Slots slots() {
      return new TwoSteps();
    }
  }

  private static final class TwoSteps implements Slots {

    private volatile int free = 2;

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // that is the point
    public Slot tryTake() {
      if (free < 1) {
        return null;
      }
      free--;
      return failure -> free++;
    }
  }
}
