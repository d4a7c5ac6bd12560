package dev.scaling.concurrency.adaptive;

import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who take, wait for and give back slots, chosen by Lincheck's model
 * checker: nobody is beyond the limit, and nobody waits beside a free slot.
 */
@Tag("chaos") // some 20 seconds
@Timeout(240)
final class AdaptiveInterleavingTest {

  @Test
  void callers_areNeverBeyondTheLimit_andNoneWaitsBesideAFreeSlot() {
    options().check(OfTheLimit.class);
  }

  /** The control: who joins the line does not look again for a slot. */
  @Test
  void lostWakeUp_isNoticed() {
    Interleavings.assertNoticed(options(), WithoutASecondLook.class);
  }

  /** The control: a look at the usage and a step apart. */
  @Test
  void lookBeforeTheStep_isNoticed() {
    Interleavings.assertNoticed(options(), WithALookBefore.class);
  }

  private static ModelCheckingOptions options() {
    return Interleavings.of(/* threads= */ 3, /* actorsPerThread= */ 2)
        .iterations(10)
        .invocationsPerIteration(500);
  }

  private static AdaptiveLimitBuilder builder() {
    return AdaptiveLimit.builder("server")
        .initialLimit(1)
        .maximumLimit(1)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .time(VirtualTime.standing());
  }

  /** Callers who share one slot. Public, as the checker wants it. */
  public abstract static class Callers {

    final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    abstract void come();

    abstract void go();

    abstract boolean isSomebodyWaitingInVain();

    final void entered() {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
    }

    @Operation
    public void callIn() {
      come();
    }

    @Operation
    public void leave() {
      go();
    }

    /** Fails if there were two at a time, or one was forgotten. */
    @Validate
    public void orderIsKept() {
      if (most.get() > 1 || isSomebodyWaitingInVain()) {
        throw new IllegalStateException("most " + most);
      }
    }
  }

  /** The real one. */
  public static final class OfTheLimit extends Callers {

    private final AdaptiveLimit limit = builder().build();
    private final Queue<AdaptivePermit> permits = new ConcurrentLinkedQueue<>();

    @Override
    void come() {
      limit.acquireAsync(Priority.NORMAL).thenAccept(permit -> {
        entered();
        permits.add(permit);
      });
    }

    @Override
    void go() {
      var permit = permits.poll();
      if (permit != null) {
        inside.decrementAndGet();
        permit.success();
      }
    }

    @Override
    boolean isSomebodyWaitingInVain() {
      var now = limit.snapshot();
      return now.waiting() > 0 && now.usage() == 0;
    }
  }

  /** A line of one's own in front of the real slots. */
  public static final class WithoutASecondLook extends Callers {

    final Slots slots = new Slots(1);
    private final WaitingRoom room = new WaitingRoom(builder(), waiter -> {});

    @Override
    void come() {
      if (slots.tryTake()) {
        entered();
      } else {
        room.add(new Waiter(Priority.NORMAL)); // and a slot that comes free just now is missed
      }
    }

    @Override
    void go() {
      if (inside.getAndUpdate(before -> Math.max(0, before - 1)) > 0) {
        slots.release();
        if (room.size() > 0 && room.next(slots) != null) {
          entered();
        }
      }
    }

    @Override
    boolean isSomebodyWaitingInVain() {
      return room.size() > 0 && slots.usage() == 0;
    }
  }

  /** A count that is looked at before it is changed. */
  public static final class WithALookBefore extends Callers {

    @Override
    void come() {
      if (inside.get() == 0) {
        entered();
      }
    }

    @Override
    void go() {}

    @Override
    boolean isSomebodyWaitingInVain() {
      return false;
    }
  }
}
